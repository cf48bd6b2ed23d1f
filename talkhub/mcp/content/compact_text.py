"""An answer as short text: for chatbots, whose models read little and pay for all of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

LIMIT: Final = 2_000

_TIGHTNESS: Final = ((30, 400), (12, 240), (6, 160), (4, 100), (3, 60), (2, 30))
"""How many items of a list and characters of a text are kept, tried from left to right."""


def compact_text(answer: object, *, limit: int = LIMIT) -> str:
    """Return an answer as lines of `name: value`, in at most `limit` characters.

    What says nothing is left out. What is long is cut where it stands, so that something
    of everything remains; dots tell that there was more.
    """
    text = ""
    for items, characters in _TIGHTNESS:
        text = "\n".join(_lines(answer, "", items=items, characters=characters))
        if len(text) <= limit:
            return text
    return text[: limit - 1] + "…"


def _lines(value: object, indent: str, *, items: int, characters: int) -> Iterator[str]:
    if isinstance(value, dict):
        for name, each in value.items():
            yield from _member(name, each, indent, items=items, characters=characters)
    elif isinstance(value, list):
        for each in value[:items]:
            lines = _lines(each, "", items=items, characters=characters)
            for number, line in enumerate(lines):
                yield f"{indent}{'  ' if number else '- '}{line}"
        if len(value) > items:
            yield f"{indent}- … {len(value) - items} more"
    else:
        yield indent + _word(value, characters)


def _member(name: str, value: object, indent: str, *, items: int, characters: int) -> Iterator[str]:
    if value is None or value in ("", [], {}):
        return
    if isinstance(value, list) and not any(isinstance(each, dict | list) for each in value):
        words = [_word(each, characters) for each in value[:items]]
        more = ["…"] if len(value) > items else []
        yield f"{indent}{name}: {', '.join(words + more)}"
    elif isinstance(value, dict | list):
        below = list(_lines(value, indent + "  ", items=items, characters=characters))
        if below:
            yield f"{indent}{name}:"
            yield from below
    else:
        yield f"{indent}{name}: {_word(value, characters)}"


def _word(value: object, characters: int) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = " ".join(str(value).split())
    return text if len(text) <= characters else text[: characters - 1] + "…"
