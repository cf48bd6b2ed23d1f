"""Where a list goes on, written so that nobody reads anything into it. Pure."""

from __future__ import annotations

import base64
import binascii
import struct
from datetime import UTC, datetime, timedelta

from talkhub.store.base import LARGEST_ID
from talkhub.store.queries.keysets import Begun

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_CONVERSATION = struct.Struct(">cqq")
_PERSON = struct.Struct(">cq")
_KINDS = {_CONVERSATION: b"c", _PERSON: b"p"}


class UnreadableCursor(ValueError):
    """A cursor is none that this list gave."""


def write_conversation_cursor(place: Begun | None) -> str | None:
    """Return the cursor of a place in the list of conversations."""
    if place is None:
        return None
    return _write(_CONVERSATION, (place.at - _EPOCH) // _MICROSECOND, place.id)


def read_conversation_cursor(text: str | None) -> Begun | None:
    """Return the place that a cursor means; raises UnreadableCursor."""
    if text is None:
        return None
    microseconds, row_id = _read(_CONVERSATION, text)
    try:
        return Begun(_EPOCH + microseconds * _MICROSECOND, row_id)
    except OverflowError as error:
        raise UnreadableCursor from error


def write_person_cursor(profile_id: int | None) -> str | None:
    """Return the cursor of a place in the list of people."""
    return None if profile_id is None else _write(_PERSON, profile_id)


def read_person_cursor(text: str | None) -> int | None:
    """Return the place that a cursor means; raises UnreadableCursor."""
    return None if text is None else _read(_PERSON, text)[0]


def _write(form: struct.Struct, *numbers: int) -> str:
    packed = form.pack(_KINDS[form], *numbers)
    return base64.urlsafe_b64encode(packed).rstrip(b"=").decode()


def _read(form: struct.Struct, text: str) -> tuple[int, ...]:
    try:
        packed = base64.b64decode(text + "=" * (-len(text) % 4), altchars="-_", validate=True)
        kind, *numbers = form.unpack(packed)
    except (binascii.Error, struct.error, ValueError) as error:
        raise UnreadableCursor from error
    if kind != _KINDS[form] or not 0 <= numbers[-1] <= LARGEST_ID:
        raise UnreadableCursor
    return tuple(numbers)
