"""Where an application may have people sent back to, with the code in the address."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import SplitResult, urlsplit

from talkhub.settings import LOOPBACK_HOSTS

MAX_LENGTH = 1000

_PLAIN = re.compile(r"[A-Za-z0-9._~:/?\[\]@!$&'()+,;=%-]+")
"""A URI's characters without `#`, which the browser would not send, and without `*`."""

_HOST = re.compile(r"[A-Za-z0-9.:\[\]-]+")
"""It goes into a header of the consent page, where a semicolon would begin another rule."""

_SCRIPTED = frozenset(
    {"javascript", "vbscript", "data", "blob", "file", "filesystem", "about", "view-source"}
)
_OWN_SCHEME = re.compile(r"[a-z][a-z0-9+.-]+")


def is_acceptable(uri: str) -> bool:
    """Tell whether an application may register this address.

    https, http on the person's own machine, or a scheme of the application's own
    (RFC 8252); nothing that a browser would run or read locally.
    """
    if len(uri) > MAX_LENGTH or not _PLAIN.fullmatch(uri):
        return False
    parts = _split(uri)
    if parts is None or "@" in parts.netloc:
        return False
    if parts.scheme in {"https", "http"}:
        is_safe = parts.scheme == "https" or parts.hostname in LOOPBACK_HOSTS
        return bool(is_safe and parts.hostname and _HOST.fullmatch(parts.netloc))
    is_own = _OWN_SCHEME.fullmatch(parts.scheme) and parts.scheme not in _SCRIPTED
    return bool(is_own and (parts.netloc or parts.path))


def is_registered(uri: str, registered: Iterable[str]) -> bool:
    """Tell whether an address is one of those registered, to the letter.

    But for the port on the loopback, which an application takes as it finds one free.
    """
    known = frozenset(registered)
    if uri in known:
        return True
    # Not to the letter, so it must be fit by itself: a name before the host would be shown to
    # the person as the host, and end the header that it goes into.
    return (
        is_loopback(uri)
        and is_acceptable(uri)
        and any(_without_port(uri) == _without_port(one) for one in known)
    )


def is_loopback(uri: str) -> bool:
    """Tell whether an address leads to a program on the person's own machine."""
    parts = _split(uri)
    return parts is not None and parts.scheme == "http" and parts.hostname in LOOPBACK_HOSTS


def host_of(uri: str) -> str:
    """Return what people are shown of where they will be sent: the host, or the own scheme."""
    parts = urlsplit(uri)
    return parts.netloc if parts.scheme in {"http", "https"} else f"{parts.scheme}:"


def source_of(uri: str) -> str:
    """Return how a content security policy names the address."""
    parts = urlsplit(uri)
    is_web = parts.scheme in {"http", "https"}
    return f"{parts.scheme}://{parts.netloc}" if is_web else f"{parts.scheme}:"


def _split(uri: str) -> SplitResult | None:
    try:
        parts = urlsplit(uri)
        _ = parts.port  # raises for one that is no number
    except ValueError:
        return None
    return parts


def _without_port(uri: str) -> tuple[str, str | None, str, str]:
    parts = urlsplit(uri)
    return parts.scheme, parts.hostname, parts.path, parts.query
