"""Arrays as PostgreSQL writes them: one text is read in a fraction of what thousands take."""

from __future__ import annotations

from collections.abc import Sequence

from talkhub import json_codec


def array_text(values: Sequence[str]) -> str:
    """Return texts as one array."""
    text = '","'.join(values)
    if "\\" in text or text.count('"') > 2 * (len(values) - 1):
        quoted = (value.replace("\\", "\\\\").replace('"', '\\"') for value in values)
        text = '","'.join(quoted)
    return f'{{"{text}"}}' if values else "{}"


def arrays_text(arrays: Sequence[Sequence[int]]) -> str:
    """Return arrays of numbers as an array of texts; as one array all would have one length."""
    inner = json_codec.dumps_text(arrays)[2:-2].replace("],[", '}","{')
    return f'{{"{{{inner}}}"}}' if arrays else "{}"
