"""Where pages lead: a list behind a number, and back to where someone came from."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from flask import url_for

HOME = "dashboard.overview"
MAX_PATH_LENGTH = 4096
"""Of a page to go back to: an application's request to be let in is the longest."""


def list_path(filters: Mapping[str, str]) -> str:
    """Return the address of the list of conversations under some filters."""
    return url_for("dashboard.conversations", _external=False, **filters)


def export_path(filters: Mapping[str, str]) -> str:
    """Return the address of the same list as a file."""
    return url_for("dashboard.export_conversations", _external=False, **filters)


def own_path(wanted: str | None) -> str:
    r"""Return `wanted` if it is a page of the dashboard, else the overview.

    Whatever a browser might read as another host must not pass: `//host`, `/\host`.
    """
    home = url_for(HOME)
    path = wanted or home
    parts = urlsplit(path)
    is_ours = parts.path == home or parts.path.startswith(f"{home}/")
    is_plain = not (parts.scheme or parts.netloc or "\\" in path or not path.isprintable())
    return path if is_ours and is_plain else home
