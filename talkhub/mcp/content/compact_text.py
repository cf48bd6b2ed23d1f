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
            if each is None or each in ("", [], {}):
                continue
            if isinstance(each, dict | list):
                below = list(_lines(each, indent + "  ", items=items, characters=characters))
                if below:
                    yield f"{indent}{name}:"
                    yield from below
            else:
                yield f"{indent}{name}: {_word(each, characters)}"
    elif isinstance(value, list):
        if all(isinstance(each, str | int | float) for each in value):
            more = ", …" if len(value) > items else ""
            yield indent + ", ".join(_word(each, characters) for each in value[:items]) + more
            return
        for each in value[:items]:
            lines = list(_lines(each, "", items=items, characters=characters))
            yield from (
                f"{indent}{'- ' if not number else '  '}{line}" for number, line in enumerate(lines)
            )
        if len(value) > items:
            yield f"{indent}- … {len(value) - items} more"
    else:
        yield indent + _word(value, characters)


def _word(value: object, characters: int) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = " ".join(str(value).split())
    return text if len(text) <= characters else text[: characters - 1] + "…"
