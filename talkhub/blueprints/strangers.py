"""Which sites may call from a browser, and under which names the service is called."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from flask import request

from talkhub.blueprints.public_address import hostname
from talkhub.errors import Forbidden
from talkhub.settings import LOOPBACK_HOSTS, Settings


class Strangers:
    """Refuses what a foreign web page makes a browser send.

    On a loopback address a page could reach us under a name of its own (DNS rebinding),
    so there only our own names are answered to. Behind a proxy any name may be ours.
    """

    def __init__(self, settings: Settings) -> None:
        own = settings.public_url
        origins = (*settings.allowed_origins, own) if own else settings.allowed_origins
        self._origins = [origin_pattern(origin) for origin in origins]
        self._names = LOOPBACK_HOSTS | {urlsplit(own).hostname} if own else LOOPBACK_HOSTS
        self._is_local = (
            settings.host in LOOPBACK_HOSTS
            and not settings.trusted_proxies
            and settings.env != "production"
        )

    def refuse(self) -> None:
        """Raise Forbidden for a foreign Origin or, on loopback, a foreign Host."""
        # Not `host_url`, which takes as long as everything else here and in the envelope.
        if self._is_local and hostname(request.host) not in self._names:
            raise Forbidden("Call this as localhost, or say in PUBLIC_URL how it is called.")
        # Nor `headers`, which makes an exception of each header that was not sent.
        origin = request.environ.get("HTTP_ORIGIN")
        if origin is None or origin == request.host_url.rstrip("/"):
            return
        if not any(allowed.fullmatch(origin) for allowed in self._origins):
            raise Forbidden("Browsers may not call from this origin; see ALLOWED_ORIGINS.")


def origin_pattern(origin: str) -> re.Pattern[str]:
    """Return what matches an allowed origin, whole; `*` stands for labels of a host.

    `*` alone is any origin: who calls brings a token, and no cookie is read.
    """
    if origin == "*":
        return re.compile(".*")
    return re.compile("^" + re.escape(origin).replace(r"\*", r"[A-Za-z0-9.-]+") + "$")
