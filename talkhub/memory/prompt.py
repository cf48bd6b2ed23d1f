"""What is known of a person as a block of text for a language model.

Whatever people wrote stands on a line of its own, escaped: nothing in it can end the block,
begin a heading or look like one of our own lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from talkhub.memory.cleaning import cleaned
from talkhub.memory.facts.kinds import FactKind
from talkhub.memory.wording import Wording

LONGEST_EXCERPT: Final = 600
_LONGEST_NAME: Final = 120
_BETWEEN_FACTS: Final = "·"
_ESCAPES: Final = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\uff1c": "&lt;", "\uff1e": "&gt;", '"': "'"}
)
_ESCAPED: Final = re.compile(f"[{''.join(map(chr, _ESCAPES))}]")
# It, and what looks like it, in what people wrote.
_DOTS: Final = str.maketrans(dict.fromkeys("\u00b7\u0387\u2022\u2027\u2219\u22c5\u30fb\uff65", "-"))


@dataclass(frozen=True, slots=True)
class Line:
    """A message as the block tells it."""

    role: str
    said_on: date
    text: str


@dataclass(frozen=True, slots=True)
class Held:
    """A fact as the block tells it; `before` is what held until then, if anything did."""

    kind: str
    value: str
    since: date
    before: str | None
    is_of_a_model: bool


def safe(text: str, limit: int = LONGEST_EXCERPT) -> str:
    """Return what somebody wrote as a part of one line that nothing in it can leave."""
    short = " ".join(cleaned(text[: 4 * limit], 4 * limit).split())
    if len(short) > limit:
        short = f"{short[: limit - 1]}…"
    # Looking first takes a fraction of what translating takes, and few texts hold any.
    return short.translate(_ESCAPES) if _ESCAPED.search(short) else short


def facts_line(words: Wording, facts: Mapping[str, object]) -> str:
    """Return named facts as one line; those without a value are left out.

    A value cannot go on as a further fact: what stands between facts does not stand in it.
    """
    parts = [
        f"{words.labels[name]}: {_fact(value)}"
        for name, value in facts.items()
        if value not in (None, "", [], {})
    ]
    return f"- {f' {_BETWEEN_FACTS} '.join(parts)}" if parts else ""


def _fact(value: object) -> str:
    return safe(str(value).translate(_DOTS), _LONGEST_NAME)


def held_line(words: Wording, held: Held) -> str:
    """Return a fact as one line: since when, what it is, and its value in quotation marks."""
    before = f' ({words.before}: "{_fact(held.before)}")' if held.before else ""
    mark = f" {_BETWEEN_FACTS} {words.labels['llm']}" if held.is_of_a_model else ""
    kind = words.kinds.get(held.kind, words.kinds[FactKind.NOTE])
    return f'- {held.since.strftime(words.day)} {kind}: "{_fact(held.value)}"{before}{mark}'


def past_line(
    words: Wording, day: date, *, about: Iterable[str | None], text: str, lead: str = ""
) -> str:
    """Return something of the past as one line: the day, what it was about, and a quotation."""
    when = f"{lead} {day.strftime(words.day)}".strip()
    named = ", ".join(_fact(each) for each in about if each)
    said = f': "{safe(text)}"' if text else ""
    return f"- {when}{f' {named}' if named else ''}{said}"


def message_line(words: Wording, line: Line) -> str:
    """Return a message as one line: when, who, and what in quotation marks."""
    role = words.roles.get(line.role, words.roles["user"])
    return f'- {line.said_on.strftime(words.day)} {role}: "{safe(line.text)}"'


def block(
    words: Wording, sections: Iterable[tuple[str, Sequence[str]]], *, today: str, query: str
) -> str:
    """Return the block of sections that have a line; `query` is what the excerpts answer."""
    lines = [f'<{words.tag} versao="1" data="{today}">', words.notice]
    for title, told in sections:
        if told:
            asked = f': "{safe(query, _LONGEST_NAME)}"' if query and title == words.relevant else ""
            lines += [f"## {title}{asked}", *told]
    return "\n".join([*lines, f"</{words.tag}>"])
