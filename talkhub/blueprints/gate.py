"""The way into API, MCP and webhook routes: who it is, how often, how long it took.

One wrapper around the view instead of five extensions' hooks: the same duties at a tenth
of their cost (docs/decisions/0006). Dashboard and token routes use the extensions.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from functools import wraps
from typing import Concatenate, NamedTuple, ParamSpec, Protocol, TypeAlias

from flask import Response, request

from talkhub import clock, metrics
from talkhub.blueprints.problems import problem_response
from talkhub.blueprints.runtime import Runtime
from talkhub.blueprints.tokens import bearer_token
from talkhub.blueprints.web import REQUEST_ID_KEY
from talkhub.errors import NotFound, SignatureInvalid, Unauthenticated
from talkhub.names import RequestChannel, Scope, TokenKind
from talkhub.names.workspaces import UsageKind
from talkhub.security import (
    API_KEY_PREFIX,
    AUDIENCE,
    TOOL_SCOPES,
    Principal,
    client_network,
    require_scope,
)
from talkhub.services.access.api_keys import read_api_key
from talkhub.store.request_log import LONGEST_PRINCIPAL, NotedRequest
from talkhub.volatile.limits import refuse_if_early

MAX_CACHED_TOKENS = 10_000
PRINCIPAL_WINDOW_SECONDS = 60
FIRST_PARTY = frozenset({AUDIENCE})
PROGRAMS_TOKENS = frozenset({TokenKind.API, TokenKind.OAUTH})
"""The kinds of signed token that programs send; API keys are not signed."""

CALLED_KEY = "talkhub.called"
"""Where a view says, as a Called, what the log shall name in the place of its route."""

_LIMITS_KEY = "talkhub.limits"

P = ParamSpec("P")
Call: TypeAlias = Callable[[], Response]
Audiences: TypeAlias = Callable[[], Collection[str]]


class Called(NamedTuple):
    """What a request called; how that ended, where the response's status does not say it."""

    channel: RequestChannel
    name: str
    status: int | None = None


class _Limit(NamedTuple):
    """What a request was counted under: how many of these a window takes."""

    name: str
    key: str
    requests: int
    window_seconds: int


class Wrapper(Protocol):
    """What puts a view behind the gate."""

    def __call__(self, view: Callable[P, Response]) -> Callable[P, Response]:
        """Return the gated view."""


_hit = metrics.cache_lookups.labels("token", "hit").inc
_miss = metrics.cache_lookups.labels("token", "miss").inc


class Gate:
    """Lets requests of one web process in, or answers them with a problem."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._verified: dict[str, Principal] = {}

    def open_to_anyone(self, endpoint: str) -> Wrapper:
        """Wrap a view that needs no token: limited by address."""

        def enter(view: Call) -> Response:
            self._limit_address()
            return view()

        return self._wrapper(endpoint, enter)

    def open_to_verified(self, endpoint: str) -> Wrapper:
        """Wrap what verifies its sender itself, as webhooks do: only refused ones are limited."""

        def enter(view: Call) -> Response:
            try:
                return view()
            except (SignatureInvalid, Unauthenticated, NotFound):
                self._limit_address()
                raise

        return self._wrapper(endpoint, enter)

    def open_to_probes(self, endpoint: str) -> Wrapper:
        """Wrap what load balancers ask all the time: only timed."""
        return self._wrapper(endpoint, lambda view: view())

    def open_to_tokens(
        self,
        endpoint: str,
        *,
        audiences: Audiences = lambda: FIRST_PARTY,
        scopes: Collection[Scope] = (),
    ) -> Callable[[Callable[Concatenate[Principal, P], Response]], Callable[P, Response]]:
        """Wrap a view that takes the principal of a token or API key: limited by it, timed.

        A token for an audience that is not named is refused, and one that lacks a scope;
        FIRST_PARTY is always to be among them.
        Where none is named, a caller without a token is told to ask for all that tools take.
        """

        def wrap(view: Callable[Concatenate[Principal, P], Response]) -> Callable[P, Response]:
            @wraps(view)
            def gated(*args: P.args, **kwargs: P.kwargs) -> Response:
                principal: Principal | None = None

                def answer() -> Response:
                    nonlocal principal
                    caller = self._principal(audiences, scopes or TOOL_SCOPES)
                    self._limit_principal(caller)
                    principal = caller
                    # Before the body is read: who may not learns nothing of what is wrong in it.
                    for scope in scopes:
                        require_scope(principal, scope)
                    return view(principal, *args, **kwargs)

                response, seconds = self._timed(endpoint, answer)
                # Strangers have no log of their own; who is beyond a limit could fill theirs.
                if principal is not None:
                    route = Called(RequestChannel.REST, endpoint)
                    called = request.environ.get(CALLED_KEY, route)
                    status = called.status or response.status_code
                    self._runtime.requests.note(_logged(principal, called, status, seconds))
                return response

            return gated

        return wrap

    def _wrapper(self, endpoint: str, enter: Callable[[Call], Response]) -> Wrapper:
        def wrap(view: Callable[P, Response]) -> Callable[P, Response]:
            @wraps(view)
            def gated(*args: P.args, **kwargs: P.kwargs) -> Response:
                return self._timed(endpoint, lambda: enter(lambda: view(*args, **kwargs)))[0]

            return gated

        return wrap

    def _principal(self, audiences: Audiences, scopes: Collection[str]) -> Principal:
        """Return who sends this request; raise Unauthenticated, counting it by its address."""
        try:
            return self._verify(bearer_token(), audiences)
        except Unauthenticated as error:
            self._limit_address()
            error.extra["scope"] = " ".join(sorted(scopes))
            raise

    def _verify(self, token: str | None, audiences: Audiences) -> Principal:
        if token is None:
            raise Unauthenticated(
                "Send `Authorization: Bearer <token>`; POST /api/v1/auth/token gives you one."
            )
        principal = self._verified.get(token)
        if (
            principal is None
            or principal.expires_at <= time.time()
            or not _is_meant_for(principal, audiences)
        ):
            _miss()
            try:
                principal = self._read(token, audiences())
            except Unauthenticated:
                self._verified.pop(token, None)  # what is over is as unknown as what never was
                raise
            if len(self._verified) >= MAX_CACHED_TOKENS:
                self._verified.clear()
            self._verified[token] = principal
        else:
            _hit()
        if principal.token_id in self._runtime.revoked:
            raise Unauthenticated(
                "The token was revoked; POST /api/v1/auth/token gives you another."
            )
        if principal.api_key_id is not None:
            self._runtime.key_uses.note(principal.workspace_id, principal.api_key_id)
        return principal

    def _read(self, token: str, audiences: Collection[str]) -> Principal:
        if not token.startswith(API_KEY_PREFIX):
            principal = self._runtime.read_token(token, audiences=audiences)
            if principal.kind not in PROGRAMS_TOKENS:
                # A page's cookie is guarded as one: same site, no script, out with the logout.
                raise Unauthenticated(
                    "This token opens the dashboard's pages only;"
                    " POST /api/v1/auth/token gives you another."
                )
            return principal
        if token not in self._verified:
            # Anyone can make up keys with a right checksum; each would cost a query.
            self._refuse_limited_address()
        principal = read_api_key(self._runtime.database, token)
        if principal.audience not in audiences:
            raise Unauthenticated("API keys are not taken here.")
        return principal

    def _limit_principal(self, principal: Principal) -> None:
        limit = self._runtime.settings.rate_limit_principal
        key = f"principal:{principal.workspace_id}:{principal.subject}"
        self._take(_Limit("token", key, limit, PRINCIPAL_WINDOW_SECONDS))
        use = self._runtime.use
        quota = use.requests_per_minute(principal.workspace_id)
        if quota is not None:
            key = f"workspace:{principal.workspace_id}"
            self._take(_Limit("workspace", key, quota, PRINCIPAL_WINDOW_SECONDS))
        use.note(principal.workspace_id, UsageKind.REQUESTS)

    def _limit_address(self) -> None:
        settings = self._runtime.settings
        window = settings.rate_limit_window * 60
        self._take(_Limit("address", _address_key(), settings.rate_limit_max, window))

    def _refuse_limited_address(self) -> None:
        settings = self._runtime.settings
        window = settings.rate_limit_window * 60
        wait = self._runtime.limiter.known_wait(_address_key(), window_seconds=window)
        refuse_if_early(wait, settings.rate_limit_max, window)

    def _take(self, limit: _Limit) -> None:
        request.environ.setdefault(_LIMITS_KEY, []).append(limit)
        wait = self._runtime.limiter.take(
            limit.key, limit=limit.requests, window_seconds=limit.window_seconds
        )
        refuse_if_early(wait, limit.requests, limit.window_seconds)

    def _tell_limits(self, response: Response) -> None:
        """Say what the request was counted under, and what is left, as the IETF's draft has it."""
        policies, standings = [], []
        for name, key, requests, window_seconds in request.environ.get(_LIMITS_KEY, ()):
            left, reset = self._runtime.limiter.standing(
                key, limit=requests, window_seconds=window_seconds
            )
            policies.append(f'"{name}";q={requests};w={window_seconds}')
            standings.append(f'"{name}";r={left};t={reset}')
        if policies:
            response.headers.add("RateLimit-Policy", ", ".join(policies))
            response.headers.add("RateLimit", ", ".join(standings))

    def _timed(self, endpoint: str, answer: Callable[[], Response]) -> tuple[Response, float]:
        started = time.perf_counter()
        try:
            response = answer()
        except Exception as error:  # noqa: BLE001 -- the outermost edge: every error is answered
            response = problem_response(error)
        self._tell_limits(response)
        seconds = time.perf_counter() - started
        metrics.http_timer(request.method, endpoint, response.status_code)(seconds)
        return response, seconds


def _logged(principal: Principal, called: Called, status: int, seconds: float) -> NotedRequest:
    return NotedRequest(
        workspace_id=principal.workspace_id,
        requested_at=clock.now(),
        channel=called.channel,
        name=called.name,
        principal_kind=principal.kind,
        principal=principal.subject[:LONGEST_PRINCIPAL],
        status=status,
        duration_ms=round(1000 * seconds, 3),
        request_id=request.environ[REQUEST_ID_KEY],
    )


def _is_meant_for(principal: Principal, audiences: Audiences) -> bool:
    # First-party tokens are taken everywhere. An endpoint's own address may have to be made
    # from the request, which takes longer than everything else here.
    return principal.audience in FIRST_PARTY or principal.audience in audiences()


def _address_key() -> str:
    return f"address:{client_network(request.remote_addr or '')}"
