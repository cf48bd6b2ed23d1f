"""The one reader of JSON from outside: exact for callers, lenient for providers' events.

Both readers parse with orjson, which is fast but keeps the last of duplicate keys, turns
wide integers into floats and lets U+0000 through. Cheap checks tell whether a document
could hold any of that; only such a document is read again by the exact and slow `json`.
"""

from __future__ import annotations

import codecs
import json
import math
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, NoReturn, TypeAlias

import orjson

from talkhub.errors import BadRequest, Invalid, TooLarge

JSONValue: TypeAlias = dict[str, object] | list[object] | str | int | float | bool | None

MAX_BODY_BYTES = 10 * 1024 * 1024
MAX_DEPTH = 64
MAX_VALUES = 50_000
"""Twice what a transcript of 5,000 messages holds: objects, lists and what stands in them."""

MAX_REPORTED_FAULTS = 20

_INT64_MIN, _INT64_MAX = -(2**63), 2**63 - 1
_LONGEST_INT64 = len(str(_INT64_MIN))
_LONGEST_POINTER_TOKEN = 64
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
# Matches in one pass whatever the body is: it gives nothing back, and needs no closing quote.
_TEXT = re.compile(rb'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def read_json(raw: bytes) -> JSONValue:
    """Return the document a caller sent, or refuse it with the places of its faults.

    Raises TooLarge, BadRequest for what is not JSON or is nested deeper than
    `MAX_DEPTH`, and Invalid for more than `MAX_VALUES`, duplicate keys, numbers that do
    not fit into 64 bits and characters PostgreSQL cannot store. No value is echoed.
    """
    body = _within_size(raw)
    try:
        document: JSONValue = orjson.loads(body)
    except orjson.JSONDecodeError:
        return _read_exactly(body)
    texts, has_wide_number = _survey(document)
    # A key lost to a duplicate is missing in the document, but not in the body.
    if has_wide_number or _may_hold_nul(body) or _written_texts(body) != texts:
        return _read_exactly(body)
    return document


def read_event(raw: bytes) -> JSONValue:
    """Return the document a provider sent, with what cannot be stored made storable.

    U+0000 and lone surrogates become U+FFFD, numbers beyond 64 bits become their text,
    the last of duplicate keys counts: a refused event would only be sent again, for
    days. Raises TooLarge, Invalid for more than `MAX_VALUES`, and BadRequest for what is
    not JSON or is nested deeper than `MAX_DEPTH`.
    """
    body = _within_size(raw)
    try:
        document: JSONValue = orjson.loads(body)
    except orjson.JSONDecodeError:
        return _read_leniently(body)
    _, has_wide_number = _survey(document)
    if has_wide_number or _may_hold_nul(body):
        return _read_leniently(body)
    return document


def _within_size(raw: bytes) -> bytes:
    if len(raw) > MAX_BODY_BYTES:
        raise TooLarge(f"The body is larger than {MAX_BODY_BYTES // 1024**2} MiB.")
    # Most bodies are told by their bytes alone; many marks need a look at where they stand.
    if raw.count(b",") + _openings(raw) > MAX_VALUES:
        _refuse_crowded(raw)
    return raw.removeprefix(codecs.BOM_UTF8)


def _refuse_crowded(body: bytes) -> None:
    """Refuse too many values: each follows a comma or an opening, which texts may hold too."""
    most_texts = 2 * MAX_VALUES  # a value brings one more at most, its key
    rest, texts = _TEXT.subn(b"", body, count=most_texts + 1)
    commas, openings = rest.count(b","), _openings(rest)
    if openings > MAX_DEPTH * (commas + 1):
        raise _too_deep()  # without commas between them they stand in each other
    if texts > most_texts or commas + openings > MAX_VALUES:
        raise Invalid(f"The JSON holds more than {MAX_VALUES:,} values.")


def _openings(body: bytes) -> int:
    return body.count(b"[") + body.count(b"{")


def _survey(document: object) -> tuple[int, bool]:
    """Return how many texts, keys included, there are, and whether a number is too wide.

    A wide float counts as such: it may be an integer that orjson could not hold. So does
    -2**63, which is what -2**63 - 1 becomes. Raises BadRequest for too deep a nesting.
    """
    texts, has_wide_number = 0, False
    level: list[dict[str, object] | list[object]] = [[document]]
    for _ in range(MAX_DEPTH + 1):
        below: list[dict[str, object] | list[object]] = []
        for container in level:
            items: Iterable[object] = container
            texts += len(container)
            if isinstance(container, dict):
                texts += len(container)
                items = container.values()
            for item in items:
                if isinstance(item, str):
                    continue
                texts -= 1  # counting what is no text is less work: most items are
                if isinstance(item, (dict, list)):
                    below.append(item)
                elif isinstance(item, (int, float)) and not _INT64_MIN < item <= _INT64_MAX:
                    has_wide_number = True
        if not below:
            return texts, has_wide_number
        level = below
    raise _too_deep()


def _may_hold_nul(body: bytes) -> bool:
    # JSON allows U+0000 only as an escape. Looking for one byte first is four times as fast.
    return b"\\" in body and b"\\u0000" in body


def _written_texts(body: bytes) -> int | None:
    """Return how many texts, keys included, a JSON body spells; None if that is unclear."""
    quotes = body.count(b'"')
    if b"\\" in body:
        # Only where no backslash is itself escaped is every \" an escaped quote.
        if b"\\\\" in body:
            return None
        quotes -= body.count(b'\\"')
    return quotes // 2


def _too_deep() -> BadRequest:
    return BadRequest(f"The JSON is nested deeper than {MAX_DEPTH} levels.")


@dataclass(frozen=True, slots=True)
class _Fault:
    """What is wrong at a place; in a parsed document it stands for the value there."""

    code: str
    detail: str


_DUPLICATE_KEY = _Fault("duplicate_key", "This key stands here more than once.")
_NUMBER_TOO_WIDE = _Fault("number_too_wide", "This number does not fit into 64 bits.")
_UNSTORABLE_TEXT = _Fault("unstorable_text", "This text holds U+0000 or a lone surrogate.")


def _read_exactly(body: bytes) -> JSONValue:
    document = _parse(body, wide=lambda _: _NUMBER_TOO_WIDE, collect=_mark_duplicates)
    faults = list(islice(_faults(document, ""), MAX_REPORTED_FAULTS))
    if faults:
        raise Invalid("The JSON holds something that cannot be taken.", errors=faults)
    return document


def _read_leniently(body: bytes) -> JSONValue:
    document: JSONValue = _storable(_parse(body, wide=str, collect=dict))
    return document


def _parse(
    body: bytes,
    *,
    wide: Callable[[str], object],
    collect: Callable[[list[tuple[str, object]]], dict[str, object]],
) -> JSONValue:
    """Parse by the standard library; `wide` gives the stand-in for a number too wide."""

    def parse_int(digits: str) -> object:
        # Measured first: Python itself refuses to convert more than 4300 digits.
        if len(digits) > _LONGEST_INT64:
            return wide(digits)
        number = int(digits)
        return number if _INT64_MIN <= number <= _INT64_MAX else wide(digits)

    def parse_float(digits: str) -> object:
        number = float(digits)
        return number if math.isfinite(number) else wide(digits)

    try:
        document: JSONValue = json.loads(
            body.decode("utf-8"),
            parse_int=parse_int,
            parse_float=parse_float,
            parse_constant=_refuse_constant,
            object_pairs_hook=collect,
        )
    except UnicodeDecodeError as error:
        raise BadRequest("The body is not UTF-8.") from error
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise BadRequest(f"The body is not JSON: it breaks off at {place}.") from error
    except RecursionError as error:
        raise _too_deep() from error
    _survey(document)
    return document


def _refuse_constant(name: str) -> NoReturn:
    raise BadRequest(f"The body is not JSON: {name} is not a JSON number.")


def _mark_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    document = dict(pairs)
    if len(document) < len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                document[key] = _DUPLICATE_KEY
            seen.add(key)
    return document


def _faults(value: object, pointer: str) -> Iterator[dict[str, str]]:
    """Yield the faults at and below a place. The depth is known to be small."""
    if isinstance(value, _Fault):
        yield {"pointer": pointer, "detail": value.detail, "code": value.code}
    elif isinstance(value, str):
        if _UNSTORABLE.search(value):
            yield from _faults(_UNSTORABLE_TEXT, pointer)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _faults(item, f"{pointer}/{index}")
    elif isinstance(value, dict):
        for key, item in value.items():
            place = f"{pointer}/{_pointer_token(key)}"
            yield from _faults(key, place)
            yield from _faults(item, place)


def _pointer_token(key: str) -> str:
    """Return a key as RFC 6901 writes it, storable and cut to a readable length."""
    token = _UNSTORABLE.sub(_REPLACEMENT, key[:_LONGEST_POINTER_TOKEN])
    return token.replace("~", "~0").replace("/", "~1")


def _storable(value: Any) -> Any:
    """Return a copy in which every text can be stored. The depth is known to be small."""
    if isinstance(value, str):
        return _UNSTORABLE.sub(_REPLACEMENT, value)
    if isinstance(value, list):
        return [_storable(item) for item in value]
    if isinstance(value, dict):
        return {_UNSTORABLE.sub(_REPLACEMENT, key): _storable(item) for key, item in value.items()}
    return value
