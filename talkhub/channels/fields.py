"""Reading fields of documents whose shape nobody promises: nothing here raises."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from talkhub.channels.base import JSONObject

_UNIX_TIME = re.compile(r"([0-9]{9,13})(\.[0-9]{1,9})?")
_MILLISECONDS_FROM = 10**11
_LONGEST_ISO_TIME = 40
_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
_CLOCKS_DIFFER_BY = timedelta(days=1)
_EVENT_KIND = re.compile(r"[a-z][a-z0-9_.]{0,63}")
_PHONE_DIGITS = re.compile(r"[0-9]{7,15}")


def member(document: object, *path: str | int) -> object:
    """Return what lies at a path of keys and indexes, or None where it leads nowhere."""
    for step in path:
        if isinstance(document, dict) and isinstance(step, str):
            document = document.get(step)
        elif isinstance(document, list) and isinstance(step, int) and step < len(document):
            document = document[step]
        else:
            return None
    return document


def objects(document: object, key: str) -> Iterator[JSONObject]:
    """Yield the objects of a list, passing over everything else in it."""
    values = member(document, key)
    if isinstance(values, list):
        for value in values:
            if isinstance(value, dict):
                yield value


def text(value: object) -> str:
    """Return a text trimmed or a number in digits; anything else is the empty text."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    return ""


def filled(**members: object) -> JSONObject:
    """Return the members that hold something: not None, empty, or false."""
    return {
        name: value
        for name, value in members.items()
        # A nought is something: there are places at latitude 0.
        if value is not False and value not in (None, "", [], {})
    }


def joined(*parts: object, by: str = " ") -> str:
    """Return the texts among some values, in a line."""
    return by.join(filter(None, map(text, parts)))


def sent_at(value: object, received_at: datetime) -> datetime:
    """Return a time given as unix seconds, milliseconds or ISO 8601, in UTC.

    A time that is missing or cannot be true (before 2000, or more than a day ahead of
    our clock) is replaced by `received_at`. So is one without a zone: it could be half a
    day off, and then it would break the order of the conversation.
    """
    written = text(value)
    moment = _unix_time(written) or _iso_time(written)
    if moment is None or not _EARLIEST <= moment <= received_at + _CLOCKS_DIFFER_BY:
        return received_at
    return moment.astimezone(UTC)


def _unix_time(written: str) -> datetime | None:
    if _UNIX_TIME.fullmatch(written) is None:
        return None
    seconds = float(written)
    return datetime.fromtimestamp(seconds / 1000 if seconds >= _MILLISECONDS_FROM else seconds, UTC)


def _iso_time(written: str) -> datetime | None:
    if len(written) > _LONGEST_ISO_TIME:
        return None
    try:
        moment = datetime.fromisoformat(written)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None


def event_kind(name: str) -> str:
    """Return a provider's name for an event if it is a plain word, else `unknown`."""
    return name if _EVENT_KIND.fullmatch(name) else "unknown"


def known_ids(**ids: str) -> tuple[tuple[str, str], ...]:
    """Return the ids that a provider told, as (kind, value), in the order they are given."""
    return tuple((kind, value) for kind, value in ids.items() if value)


def is_phone_digits(value: str) -> bool:
    """Tell whether a text is a whole phone number in digits, as WhatsApp writes it."""
    return _PHONE_DIGITS.fullmatch(value) is not None


def fingerprint(content: bytes) -> str:
    """Return an external id for what carries none."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"
