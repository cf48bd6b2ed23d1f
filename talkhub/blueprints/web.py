"""What holds for every request: its id, its size, security headers, no cross-site writes."""

from __future__ import annotations

import re
import secrets

import structlog
from flask import Flask, Response, g, request
from werkzeug.middleware.proxy_fix import ProxyFix

from talkhub.errors import Forbidden
from talkhub.settings import Settings
from talkhub.strict_json import MAX_BODY_BYTES

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
_HEADERS = [
    ("Content-Security-Policy", CONTENT_SECURITY_POLICY),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), geolocation=(), microphone=()"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
]
_HSTS = ("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def prepare_app(app: Flask, settings: Settings) -> None:
    """Register what applies to every request."""
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    if settings.trusted_proxies:
        count = settings.trusted_proxies
        proxied = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=count)
        app.wsgi_app = proxied  # type: ignore[method-assign]
    app.before_request(_identify)
    app.after_request(_finish)


def _identify() -> None:
    given = request.headers.get("X-Request-Id", "")
    request_id = given if _REQUEST_ID.fullmatch(given) else secrets.token_hex(8)
    g.request_id = request_id
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=request_id)


def _finish(response: Response) -> Response:
    headers = response.headers
    headers.extend(_HEADERS)
    headers["X-Request-Id"] = g.request_id
    if request.scheme == "https":
        headers.add(*_HSTS)
    return response


def refuse_cross_site_writes() -> None:
    """Refuse a browser's write that another site started. For routes that use cookies.

    Every current browser says by `Sec-Fetch-Site` where a request comes from; without
    it the `Origin` must be ours. Callers without either are no browsers.
    """
    if request.method in _SAFE_METHODS:
        return
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin")
    if site is not None:
        is_ours = site in {"same-origin", "none"}
    else:
        is_ours = origin is None or origin == request.host_url.rstrip("/")
    if not is_ours:
        raise Forbidden("This request was started by another site.")
