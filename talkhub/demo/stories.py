"""What people write in the demo: the content of `stories.json`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from talkhub.names import MessageRole


@dataclass(frozen=True, slots=True)
class Story:
    """A conversation with gaps: `{nome}`, `{pedido}` and the names of Content.values."""

    name: str
    lines: tuple[tuple[MessageRole, str], ...]


@dataclass(frozen=True, slots=True)
class Content:
    """The stories, the names of people, what fills the gaps, and how busy each hour is."""

    stories: tuple[Story, ...]
    first_names: tuple[str, ...]
    last_names: tuple[str, ...]
    values: dict[str, tuple[str, ...]]
    hours: tuple[int, ...]


def read_content() -> Content:
    """Return what the file beside this module holds."""
    document: dict[str, Any] = json.loads(Path(__file__).with_name("stories.json").read_text())
    return Content(
        stories=tuple(
            Story(story["name"], tuple((MessageRole(role), text) for role, text in story["lines"]))
            for story in document["stories"]
        ),
        first_names=tuple(document["first_names"]),
        last_names=tuple(document["last_names"]),
        values={name: tuple(values) for name, values in document["values"].items()},
        hours=tuple(document["hours"]),
    )
