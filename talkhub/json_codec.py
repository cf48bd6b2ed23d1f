"""JSON as the database sees it: ISO 8601 times, no spaces, strings for all keys."""

from typing import Any

import orjson

_OPTIONS = orjson.OPT_NON_STR_KEYS | orjson.OPT_UTC_Z


def dumps(value: object) -> bytes:
    """Return `value` as JSON bytes. Column names may be SQLAlchemy's `quoted_name`."""
    return orjson.dumps(value, option=_OPTIONS)


def dumps_text(value: object) -> str:
    """Return `value` as JSON text, for a JSONB parameter."""
    return orjson.dumps(value, option=_OPTIONS).decode()


def dumps_indented(value: object) -> str:
    """Return `value` as JSON text for people and language models to read."""
    return orjson.dumps(value, option=_OPTIONS | orjson.OPT_INDENT_2).decode()


def loads(text: str | bytes | memoryview) -> Any:
    """Return what PostgreSQL's JSON text says."""
    return orjson.loads(text)


def embedded(body: bytes) -> orjson.Fragment:
    """Return JSON that `dumps` writes into a larger document as it is."""
    return orjson.Fragment(body)
