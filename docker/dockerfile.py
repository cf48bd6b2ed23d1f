"""Reads a Dockerfile and its .dockerignore as far as ours use them."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path

_INSTRUCTION = re.compile(r"^([A-Z]+)\s+(.*)$", re.DOTALL)


@dataclass
class Stage:
    """One FROM and what follows it."""

    base: str
    name: str
    steps: list[tuple[str, str]] = field(default_factory=list)

    def last(self, instruction: str) -> str:
        """Return the argument of an instruction's last occurrence."""
        return [argument for found, argument in self.steps if found == instruction][-1]

    def command(self, instruction: str) -> list[str]:
        """Return the words of a CMD or ENTRYPOINT, or of a HEALTHCHECK's CMD."""
        text = self.last(instruction)
        words: list[str] = json.loads(text[text.index("[") :])
        return words

    def environment(self) -> dict[str, str]:
        """Return what ENV sets."""
        pairs = [word for found, text in self.steps if found == "ENV" for word in shlex.split(text)]
        return dict(pair.split("=", 1) for pair in pairs)


def read_stages(text: str) -> list[Stage]:
    """Return the stages; build arguments in FROM are filled in with their defaults."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ")
    stages: list[Stage] = []
    defaults: dict[str, str] = {}
    for line in joined.splitlines():
        found = _INSTRUCTION.match(line.strip())
        if found is None:
            continue
        instruction, argument = found[1], " ".join(found[2].split())
        if instruction == "FROM":
            base, _, name = argument.partition(" AS ")
            for key, value in defaults.items():
                base = base.replace(f"${{{key}}}", value)
            stages.append(Stage(base, name))
        elif stages:
            stages[-1].steps.append((instruction, argument))
        elif instruction == "ARG":
            key, _, value = argument.partition("=")
            defaults[key] = value
    return stages


def is_sent(path: str, rules: list[str]) -> bool:
    """Tell whether .dockerignore lets the builder have a file: the last rule that fits decides."""
    sent = True
    for rule in rules:
        pattern = rule.removeprefix("!").removeprefix("**/")
        parts = path.split("/")
        beginnings = ["/".join(parts[:count]) for count in range(1, len(parts) + 1)]
        candidates = [*beginnings, *parts] if "**/" in rule else beginnings
        if any(
            fnmatch(one, pattern) and one.count("/") == pattern.count("/") for one in candidates
        ):
            sent = rule.startswith("!")
    return sent


def ignore_rules(text: str) -> list[str]:
    """Return a .dockerignore's rules."""
    lines = (line.strip() for line in text.splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def context(root: Path) -> list[str]:
    """Return the files that a build of `root` sends, by their paths in it."""
    rules = ignore_rules((root / ".dockerignore").read_text())
    tops = {rule.removeprefix("!").split("/")[0] for rule in rules if rule.startswith("!")}
    paths = [path for top in tops for path in _files(root / top)]
    relative = (path.relative_to(root).as_posix() for path in paths)
    return sorted(path for path in relative if is_sent(path, rules))


def _files(path: Path) -> list[Path]:
    return [path] if path.is_file() else [found for found in path.rglob("*") if found.is_file()]
