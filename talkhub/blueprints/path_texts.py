"""What stands in paths, as PostgreSQL takes it."""

from __future__ import annotations

from flask import Flask
from werkzeug.routing import UnicodeConverter

from talkhub.services.fitting import without_nul


class _PathText(UnicodeConverter):
    """A part of a path. What holds a NUL finds nothing, and fails nothing."""

    def to_python(self, value: str) -> str:
        return without_nul(value)


def read_paths(app: Flask) -> None:
    """Have every route's texts read so; to be called before the routes are added."""
    app.url_map.converters |= {"default": _PathText, "string": _PathText}
