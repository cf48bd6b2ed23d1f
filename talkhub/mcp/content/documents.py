"""What a resource says: a text with its media type, within a size that a model can read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from talkhub import json_codec
from talkhub.mcp.content.untrusted import CUT, cleaned_value

MARKDOWN = "text/markdown"
JSON = "application/json"

DOCUMENT_LIMIT = 100_000
"""Characters that a document has at most: about 25,000 tokens."""

_MEMBERS_LIMIT = DOCUMENT_LIMIT // 2
"""Leaves room for the members' names and indentation."""


@dataclass(frozen=True, slots=True)
class Document:
    """The text behind an address, and when it changed last, if it is known."""

    text: str
    media_type: str
    modified_at: str | None = None


def json_document(value: dict[str, Any], modified_at: str | None = None) -> Document:
    """Return an object as a document: its texts cleaned, each one escaped by JSON."""
    return Document(json_text(value), JSON, modified_at)


def json_text(value: dict[str, Any]) -> str:
    """Return an object as indented JSON of a bounded size: its largest members give way."""
    shown = cleaned_value(value)
    sizes = {name: len(json_codec.dumps_indented(member)) for name, member in shown.items()}
    for name in sorted(sizes, key=sizes.__getitem__, reverse=True):
        if sum(sizes.values()) <= _MEMBERS_LIMIT:
            break
        shown[name], sizes[name] = CUT, len(CUT)
    return json_codec.dumps_indented(shown)


def markdown_document(parts: Iterable[str], modified_at: str | None = None) -> Document:
    """Return paragraphs as a document."""
    return Document("\n\n".join(parts) + "\n", MARKDOWN, modified_at)


def latest_that_fit(parts: list[str], limit: int = DOCUMENT_LIMIT) -> list[str]:
    """Return the last of the parts, as many as fit in `limit` characters together."""
    room = limit
    for number in range(len(parts) - 1, -1, -1):
        room -= len(parts[number]) + 2
        if room < 0:
            return parts[number + 1 :]
    return parts
