"""Reads a day from a text, seen from the day on which it was written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final, NamedTuple

_MONTHS: Final = (
    ("janeiro", "january", "enero"),
    ("fevereiro", "february", "febrero"),
    ("marco", "march", "marzo"),
    ("abril", "april", "abril"),
    ("maio", "may", "mayo"),
    ("junho", "june", "junio"),
    ("julho", "july", "julio"),
    ("agosto", "august", "agosto"),
    ("setembro", "september", "septiembre"),
    ("outubro", "october", "octubre"),
    ("novembro", "november", "noviembre"),
    ("dezembro", "december", "diciembre"),
)
_MONTH_NUMBER: Final = {
    name: number for number, names in enumerate(_MONTHS, 1) for name in names
} | {name: number for number, names in enumerate(_MONTHS, 1) for name in [names[0][:3]]}
_WEEKDAYS: Final = {
    name: number
    for number, names in enumerate(
        (
            ("segunda", "monday", "lunes"),
            ("terca", "tuesday", "martes"),
            ("quarta", "wednesday", "miercoles"),
            ("quinta", "thursday", "jueves"),
            ("sexta", "friday", "viernes"),
            ("sabado", "saturday"),
            ("domingo", "sunday"),
        )
    )
    for name in names
}
_AHEAD: Final = {
    "hoje": 0,
    "today": 0,
    "hoy": 0,
    "amanha": 1,
    "tomorrow": 1,
    "depois de amanha": 2,
}
_NUMBERS = re.compile(r"(?<![\d/])(\d{1,2})[/.-](\d{1,2})(?:[/.-](\d{4}|\d{2}))?(?![\d/])")
_NAMED = re.compile(
    rf"\b(\d{{1,2}})(?:o|a)?\s+(?:de\s+)?({'|'.join(sorted(_MONTH_NUMBER, key=len, reverse=True))})"
    r"\b(?:\s+(?:de\s+)?(\d{4}))?"
)
_RELATIVE = re.compile(
    rf"\b(?:{'|'.join(sorted(_AHEAD, key=len, reverse=True))})\b|\b(?:{'|'.join(_WEEKDAYS)})\b"
    r"(?:[- ]feira)?|\bdia (\d{1,2})\b(?!\s*(?:de|/)|/)"
)


def calendar_days(folded: str, said_on: date) -> Iterator[tuple[int, int, int | None, int, int]]:
    """Yield day, month and year (None where it is not said) as they stand, with their place."""
    for pattern in (_NUMBERS, _NAMED):
        for found in pattern.finditer(folded):
            month = found[2] if found[2].isdigit() else str(_MONTH_NUMBER[found[2]])
            year = _year(found[3], said_on)
            if _date(year or 2000, int(month), int(found[1])):  # 2000: a year with all days
                yield int(found[1]), int(month), year, found.start(), found.end()


class Named(NamedTuple):
    """A day, and where it is named."""

    day: date
    start: int
    end: int


def next_day(folded: str, said_on: date, start: int = 0) -> Named | None:
    """Return the first day named from a place on that is not over."""
    named = [
        (first, last, _coming(day, month, year, said_on))
        for day, month, year, first, last in calendar_days(folded, said_on)
    ]
    named += [
        (found.start(), found.end(), _relative(found, said_on))
        for found in _RELATIVE.finditer(folded)
    ]
    for first, last, day in sorted(named, key=lambda item: item[:2]):
        if first >= start and day is not None and day >= said_on:
            return Named(day, first, last)
    return None


def _year(written: str | None, said_on: date) -> int | None:
    if written is None:
        return None
    if len(written) == 4:
        return int(written)
    century = said_on.year // 100 * 100
    # Two digits are a birthday's more often than a far future's.
    return century + int(written) - (100 if int(written) > said_on.year % 100 + 10 else 0)


def _coming(day: int, month: int, year: int | None, said_on: date) -> date | None:
    if year is not None:
        return _date(year, month, day)
    this = _date(said_on.year, month, day)
    return this if this and this >= said_on else _date(said_on.year + 1, month, day)


def _relative(found: re.Match[str], said_on: date) -> date | None:
    if found[1] is not None:
        first = said_on.replace(day=1)
        after = (first + timedelta(days=32)).replace(day=1)
        days = (_date(month.year, month.month, int(found[1])) for month in (first, after))
        return next((day for day in days if day and day >= said_on), None)
    name = found[0]
    if name in _AHEAD:
        return said_on + timedelta(days=_AHEAD[name])
    weekday = _WEEKDAYS[re.split(r"[- ]", name)[0]]
    return said_on + timedelta(days=(weekday - said_on.weekday()) % 7 or 7)


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
