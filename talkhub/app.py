"""The composition root of the web process."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable
from datetime import timedelta
from functools import wraps
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from flask import Flask, Response, redirect, request
from jinja2 import StrictUndefined
from prometheus_client import CollectorRegistry
from prometheus_flask_exporter import PrometheusMetrics

from talkhub import __version__, extensions, tracing
from talkhub.analysis.meaning import use_encoder
from talkhub.blueprints import (
    alerts,
    api,
    api_keys,
    audit,
    auth,
    call_pages,
    call_records,
    calls,
    consents,
    corrections,
    crm,
    dashboard,
    dead_letters,
    enrichment,
    exports,
    health,
    mcp,
    oauth,
    own_labels,
    people,
    privacy,
    processors,
    replies,
    retention,
    subject_requests,
    tokens,
    webhook_endpoints,
    webhooks,
    workspaces,
    write_back,
)
from talkhub.blueprints.answers import json_answer
from talkhub.blueprints.exporting import ExportDesk
from talkhub.blueprints.gate import Gate
from talkhub.blueprints.oauth import metadata
from talkhub.blueprints.problems import register_problems
from talkhub.blueprints.runtime import Runtime
from talkhub.blueprints.strangers import origin_pattern
from talkhub.blueprints.streams import StreamSeats
from talkhub.blueprints.web import Application, prepare_app
from talkhub.jobs.bell import Bell
from talkhub.logs import configure_logging
from talkhub.outbound.guarded import GuardedClient
from talkhub.security import ALGORITHM, AUDIENCE, ISSUER, TOKEN_LIFETIME
from talkhub.settings import Settings
from talkhub.store.browser_sessions import BrowserSessions
from talkhub.store.hashing_keys import HashingKeys
from talkhub.store.inbox_writer import InboxWriter
from talkhub.store.key_uses import KeyUses
from talkhub.store.request_log import RequestLog
from talkhub.store.revocations import RevokedTokens
from talkhub.store.signing_keys import SigningKeys
from talkhub.store.uow import Database
from talkhub.store.workspace_use import WorkspaceUse
from talkhub.volatile.hints import ChangeHints
from talkhub.volatile.limits import LeasedLimiter
from talkhub.volatile.redis_client import web_client
from talkhub.volatile.remembered import Remembered

BROWSER_BLUEPRINTS = ("auth", "dashboard", "oauth")
"""The blueprints that the card's extensions serve; all others go through the gate."""

EXTRAS = {"talkhub.graphql": "strawberry"}
"""Packages of the API that may be taken out, each with what it needs; nobody imports them."""


def create_app(settings: Settings, *, outbound: GuardedClient | None = None) -> Flask:
    """Return the application of `settings.role`; its settings must be complete.

    Tests give it an `outbound` client that finds their own hosts.
    """
    if settings.database_url is None or settings.redis_url is None:
        raise ValueError("settings must be resolved before the application is made")
    configure_logging(settings.log_level, file=settings.log_file)
    use_encoder(wanted=settings.sentence_encoder)
    client = web_client(settings.redis_url)
    database = Database(
        settings.database_url,
        ring=Bell(settings.bell_url).ring,
        tell=ChangeHints(settings.redis_url, idle_seconds=60 * settings.session_idle_minutes).tell,
        remember=Remembered(settings.redis_url, kind="context").get,
    )
    limiter = LeasedLimiter(client)
    use = WorkspaceUse(database)
    runtime = Runtime(
        settings=settings,
        database=database,
        redis=client,
        limiter=limiter,
        inbox=InboxWriter(database, use),
        revoked=RevokedTokens(database),
        browser_sessions=BrowserSessions(
            database, idle=timedelta(minutes=settings.login_idle_minutes)
        ),
        signing_keys=SigningKeys(database, settings.signing_secrets),
        hashing_keys=HashingKeys(database, settings.keyring),
        key_uses=KeyUses(database),
        requests=RequestLog(database),
        use=use,
        outbound=outbound or GuardedClient(),
        page_metrics=CollectorRegistry(),
        seats=StreamSeats(),
        exports=ExportDesk(settings, database, limiter),
    )
    app = Application(__name__)
    app.jinja_env.undefined = StrictUndefined
    app.extensions["talkhub"] = runtime
    tracing.begin(settings.otlp_endpoint, settings.role)
    app.wsgi_app = tracing.traced(app.wsgi_app)  # type: ignore[method-assign, assignment]
    prepare_app(app, settings)
    register_problems(app)
    _register_blueprints(app, runtime)
    _bind_extensions(app, runtime)
    return app


def spare_what_stays() -> None:
    """Look no more for garbage in what is there now: it stays until the process ends.

    Doing so every few requests took a twentieth of their time, and a fifth of a second now and
    then. They leave next to none that needs a search.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def _register_blueprints(app: Flask, runtime: Runtime) -> None:
    role = runtime.settings.role
    gate = Gate(runtime)
    app.register_blueprint(health.create_blueprint(runtime, gate, f"talkhub-{role}"))
    if role in {"all", "api"}:
        app.register_blueprint(api.create_blueprint(runtime, gate))
        app.register_blueprint(mcp.create_blueprint(runtime, gate))
        app.register_blueprint(api_keys.create_blueprint(runtime, gate))
        app.register_blueprint(webhook_endpoints.create_blueprint(runtime, gate))
        app.register_blueprint(alerts.create_blueprint(runtime, gate))
        app.register_blueprint(dead_letters.create_blueprint(runtime, gate))
        app.register_blueprint(write_back.create_blueprint(runtime, gate))
        app.register_blueprint(crm.create_blueprint(runtime, gate))
        app.register_blueprint(people.create_blueprint(runtime, gate))
        app.register_blueprint(privacy.create_blueprint(runtime, gate))
        app.register_blueprint(audit.create_blueprint(runtime, gate))
        app.register_blueprint(retention.create_blueprint(runtime, gate))
        app.register_blueprint(consents.create_blueprint(runtime, gate))
        app.register_blueprint(subject_requests.create_blueprint(runtime, gate))
        app.register_blueprint(processors.create_blueprint(runtime, gate))
        app.register_blueprint(enrichment.create_blueprint(runtime, gate))
        app.register_blueprint(replies.create_blueprint(runtime, gate))
        app.register_blueprint(corrections.create_blueprint(runtime, gate))
        app.register_blueprint(exports.create_blueprint(runtime, gate))
        app.register_blueprint(own_labels.create_blueprint(runtime, gate))
        app.register_blueprint(workspaces.create_blueprint(runtime, gate))
        app.register_blueprint(call_pages.create_blueprint(runtime, gate))
        app.register_blueprint(call_records.create_blueprint(runtime, gate))
        app.register_blueprint(auth.create_blueprint(runtime))
        app.register_blueprint(oauth.create_blueprint(runtime))
        app.register_blueprint(metadata.create_blueprint(runtime, gate))
        for extra in EXTRAS.items():
            if all(map(find_spec, extra)):
                module = import_module(f"{extra[0]}.blueprint")
                app.register_blueprint(module.create_blueprint(runtime, gate))
    if role != "webhook":  # agents' browsers go on where their page is
        app.register_blueprint(calls.create_blueprint(runtime, gate))
    if role in {"all", "webhook"}:
        app.register_blueprint(webhooks.create_blueprint(runtime, gate))
    if role in {"all", "dashboard"}:
        app.register_blueprint(dashboard.create_blueprint(runtime))
        app.add_url_rule("/", "root", lambda: redirect("/dashboard"))
    else:
        app.add_url_rule("/", "root", lambda: _name_service(role))


def _name_service(role: str) -> Response:
    document = {"service": f"talkhub-{role}", "version": __version__, "health": "/health"}
    return json_answer(document)


def _bind_extensions(app: Flask, runtime: Runtime) -> None:
    settings = runtime.settings
    app.config.update(
        JWT_ALGORITHM=ALGORITHM,
        JWT_DECODE_ALGORITHMS=[ALGORITHM],
        JWT_ENCODE_ISSUER=ISSUER,
        JWT_DECODE_ISSUER=ISSUER,
        JWT_ENCODE_AUDIENCE=AUDIENCE,
        JWT_DECODE_AUDIENCE=AUDIENCE,
        JWT_ACCESS_TOKEN_EXPIRES=TOKEN_LIFETIME,
        RATELIMIT_STORAGE_URI=settings.redis_url,
        RATELIMIT_STORAGE_OPTIONS={"socket_timeout": 0.2, "socket_connect_timeout": 0.2},
        RATELIMIT_STRATEGY="moving-window",
        RATELIMIT_KEY_PREFIX="moving-window",
        RATELIMIT_IN_MEMORY_FALLBACK_ENABLED=True,
    )
    extensions.jwt.init_app(app)
    tokens.teach(extensions.jwt)
    served = [name for name in BROWSER_BLUEPRINTS if name in app.blueprints]
    _bind_only_to(app, served, lambda: extensions.limiter.init_app(app))
    allowed = settings.allowed_origins
    # flask-cors would read `https://*.example.com` as an unanchored regular expression.
    origins = "*" if "*" in allowed else [origin_pattern(origin) for origin in allowed]
    called = [name for name in ("api", "graphql", "mcp", "auth", "oauth") if name in app.blueprints]
    if origins:
        _bind_only_to(
            app,
            called,
            lambda: extensions.cors.init_app(app, origins=origins, send_wildcard=True),
            adapt=_for_browsers,
        )
    _bind_only_to(app, served, lambda: _measure_pages(app, runtime))


def _measure_pages(app: Flask, runtime: Runtime) -> None:
    PrometheusMetrics(  # type: ignore[no-untyped-call]
        app, path=None, group_by="endpoint", registry=runtime.page_metrics
    )


def _for_browsers(hook: Callable[[Response], Response]) -> Callable[[Response], Response]:
    """Answer CORS where an Origin asks for it: programs send none and need not wait for it."""

    @wraps(hook)
    def answer(response: Response) -> Response:
        return hook(response) if "HTTP_ORIGIN" in request.environ else response

    return answer


def _bind_only_to(
    app: Flask,
    blueprints: Iterable[str],
    bind: Callable[[], object],
    *,
    adapt: Callable[[Any], Any] = lambda hook: hook,
) -> None:
    """Bind an extension, then move the hooks it registers to the blueprints it serves.

    Registered for every request, the extensions cost more than everything else that a
    webhook or tool call does (docs/decisions/0006).
    """
    hooks: list[dict[str | None, list[Any]]] = [
        app.before_request_funcs,
        app.after_request_funcs,
        app.teardown_request_funcs,
    ]
    before = [list(registered[None]) for registered in hooks]
    bind()
    for registered, known in zip(hooks, before, strict=True):
        added = [adapt(hook) for hook in registered[None] if hook not in known]
        registered[None][:] = known
        for name in blueprints:
            registered[name].extend(added)
