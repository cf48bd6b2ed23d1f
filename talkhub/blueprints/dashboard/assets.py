"""Static files under addresses that change with their content and may be kept for ever."""

from __future__ import annotations

from functools import cache, lru_cache
from hashlib import sha256
from pathlib import Path

from flask import Response, request, url_for

STATIC = Path(__file__).parents[2] / "static"
FOR_EVER = "public, max-age=31536000, immutable"


def static_url(name: str) -> str:
    """Return the address of a static file, with a digest of its content."""
    return _address(name, request.script_root)


def keep_for_ever(response: Response) -> Response:
    """Let browsers keep a static file that was asked for by its digest."""
    if request.endpoint == "static" and "v" in request.args and response.status_code == 200:
        response.headers["Cache-Control"] = FOR_EVER
    return response


# A page has a hundred icons, all of one file.
@lru_cache(maxsize=256)
def _address(name: str, _root: str) -> str:
    """Return it as it is under the root of the request that asks."""
    return url_for("static", filename=name, v=_digest(name))


@cache
def _digest(name: str) -> str:
    return sha256((STATIC / name).read_bytes()).hexdigest()[:12]
