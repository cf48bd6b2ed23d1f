"""What holds for every request: its id, its size, security headers, no cross-site writes."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import structlog
from flask import Flask, Request, request
from flask.sessions import NullSession, SessionInterface
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import MapAdapter, Rule

from talkhub.blueprints.bodies import FORM_BYTES, SlowBodies
from talkhub.blueprints.path_texts import read_paths
from talkhub.errors import Forbidden
from talkhub.settings import Settings
from talkhub.strict_json import MAX_BODY_BYTES

if TYPE_CHECKING:  # these exist for type checkers only
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

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
]
_OPENER = ("Cross-Origin-Opener-Policy", "same-origin")
_SHARED_OPENER = ("Cross-Origin-Opener-Policy", "unsafe-none")
_HTTPS_ONLY = ("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
_POPUP_PATHS = frozenset({"/dashboard/authorize", "/dashboard/login"})
"""What applications open in a window of their own, to hear from it when it comes back to them."""

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
REQUEST_ID_KEY = "talkhub.request_id"
_CHANGED_KEY = "talkhub.changed_headers"
"""Where a view says by name which of these headers its answer has otherwise; None is not at all."""

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class _NoSessions(SessionInterface):
    """Stands in for Flask's sessions, which nobody uses: one for all, and it takes nothing."""

    _session: ClassVar = NullSession()

    def open_session(self, app: Flask, request: Request) -> NullSession:  # noqa: ARG002
        return self._session


class _LateRule(Rule):
    """A route whose addresses are written by code that is made when somebody first writes one.

    Made for each of hundreds of routes, of which few ever lead anywhere, it took four fifths of
    an application's start.
    """

    def _compile_builder(
        self,
        append_unknown: bool = True,  # noqa: FBT001, FBT002 -- Werkzeug's own
    ) -> Callable[..., tuple[str, str]]:
        built: list[Callable[..., tuple[str, str]]] = []

        def build(rule: Rule, /, **values: object) -> tuple[str, str]:
            if not built:
                built.append(super(_LateRule, self)._compile_builder(append_unknown))
            return built[0](rule, **values)

        return build


class Application(Flask):
    """Flask without what none of our views needs, and each request would pay for."""

    session_interface = _NoSessions()
    url_rule_class = _LateRule

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Return a view or hook as it is: none is a coroutine, and Flask asks that of each."""
        return func

    def create_url_adapter(self, request: Request | None) -> MapAdapter | None:
        """Return what Flask does, with nothing looked up that only host matching needs."""
        if request is None:
            return super().create_url_adapter(request)
        return MapAdapter(
            self.url_map,
            server_name=request.host.lower(),
            script_name=request.root_path + "/",
            subdomain="",
            url_scheme=request.scheme,
            path_info=_decoded(request.environ, "PATH_INFO"),
            default_method=request.method,
            query_args=_decoded(request.environ, "QUERY_STRING"),
        )


def prepare_app(app: Flask, settings: Settings) -> None:
    """Register what applies to every request."""
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    read_paths(app)
    application = _with_headers(SlowBodies(app.wsgi_app, settings.web_threads))
    if settings.trusted_proxies:
        count = settings.trusted_proxies
        application = ProxyFix(application, x_for=count, x_proto=count, x_host=count)
    app.wsgi_app = application  # type: ignore[method-assign, assignment]


def _with_headers(application: WSGIApplication) -> WSGIApplication:
    """Give every request an id and every response its headers.

    Below Flask, where they are joined to a list: Flask's hooks would write them into a
    response one by one, at twenty times the cost.
    """

    def dressed(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        given = environ.get("HTTP_X_REQUEST_ID", "")
        request_id = given if _REQUEST_ID.fullmatch(given) else secrets.token_hex(8)
        environ[REQUEST_ID_KEY] = request_id
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        is_secure = environ["wsgi.url_scheme"] == "https"
        opener = _SHARED_OPENER if environ.get("PATH_INFO") in _POPUP_PATHS else _OPENER
        headers = [*_HEADERS, opener, _HTTPS_ONLY] if is_secure else [*_HEADERS, opener]
        is_whole = False

        def start(
            status: str, own: list[tuple[str, str]], *error: Any
        ) -> Callable[[bytes], object]:
            nonlocal is_whole
            is_whole = any(name == "Content-Length" for name, _ in own)
            changed = environ.get(_CHANGED_KEY)
            dressing = headers if changed is None else _changed(headers, changed)
            named = ("X-Request-Id", request_id)
            return start_response(status, [*own, *dressing, named], *error)

        answer = application(environ, start)
        return _collected(answer) if is_whole else answer

    return dressed


def _changed(
    headers: list[tuple[str, str]], changed: Mapping[str, str | None]
) -> list[tuple[str, str]]:
    wanted = ((name, changed.get(name, value)) for name, value in headers)
    return [(name, value) for name, value in wanted if value is not None]


def _decoded(environ: WSGIEnvironment, name: str) -> str:
    """Return a part of the address, whose bytes WSGI hands over as Latin-1."""
    text: str = environ.get(name, "")
    return text.encode("latin1").decode(errors="replace")


def _collected(answer: Iterable[bytes]) -> list[bytes]:
    """Return an answer as a list: granian sends that at once, and all else piece by piece."""
    try:
        return list(answer)
    finally:
        close = getattr(answer, "close", None)
        if close is not None:
            close()


def let_form_lead_to(source: str) -> None:
    """Let a form of this page be answered by a redirect to another site.

    Browsers hold a form to `form-action` on its way through redirects, too.
    """
    own = "form-action 'self'"
    policy = CONTENT_SECURITY_POLICY.replace(own, f"{own} {source}")
    request.environ[_CHANGED_KEY] = {"Content-Security-Policy": policy}


def show_no_page() -> None:
    """Let the answer be a picture alone: opened by itself, nothing in it runs or loads."""
    policy = "default-src 'none'; sandbox"
    request.environ[_CHANGED_KEY] = {"Content-Security-Policy": policy}


def let_page_listen(*, embedded_by: Iterable[str] | None = None) -> None:
    """Let a page use the microphone; with `embedded_by`, let these sites show it in theirs."""
    changed: dict[str, str | None] = {
        "Permissions-Policy": "camera=(), geolocation=(), microphone=(self)"
    }
    if embedded_by is not None:
        nobody = "frame-ancestors 'none'"
        ancestors = " ".join(["frame-ancestors 'self'", *embedded_by])
        changed["Content-Security-Policy"] = CONTENT_SECURITY_POLICY.replace(nobody, ancestors)
        changed["X-Frame-Options"] = None  # it knows no list: frame-ancestors says it all
    request.environ[_CHANGED_KEY] = changed


def take_forms_only() -> None:
    """Refuse larger bodies than a form's, where strangers may try a secret or send one."""
    request.max_content_length = FORM_BYTES


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
