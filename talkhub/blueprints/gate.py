"""The way into API, MCP and webhook routes: who it is, how often, how long it took.

One wrapper around the view instead of five extensions' hooks: the same duties at a tenth
of their cost (docs/decisions/0006). Dashboard and token routes use the extensions.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from functools import wraps
from typing import Concatenate, ParamSpec, Protocol, TypeAlias

from flask import Response, request

from talkhub import metrics
from talkhub.blueprints.problems import problem_response
from talkhub.blueprints.runtime import Runtime
from talkhub.blueprints.tokens import bearer_token
from talkhub.errors import NotFound, RateLimited, SignatureInvalid, Unauthenticated
from talkhub.names import Scope, TokenKind
from talkhub.security import (
    API_KEY_PREFIX,
    AUDIENCE,
    TOOL_SCOPES,
    Principal,
    client_network,
    require_scope,
)
from talkhub.services.api_keys import read_api_key

MAX_CACHED_TOKENS = 10_000
PRINCIPAL_WINDOW_SECONDS = 60
FIRST_PARTY = frozenset({AUDIENCE})
PROGRAMS_TOKENS = frozenset({TokenKind.API, TokenKind.OAUTH})
"""The kinds of signed token that programs send; API keys are not signed."""

P = ParamSpec("P")
Call: TypeAlias = Callable[[], Response]
Audiences: TypeAlias = Callable[[], Collection[str]]


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

    def open_to_providers(self, endpoint: str) -> Wrapper:
        """Wrap a webhook, whose view verifies the sender: only refused senders are limited."""

        def enter(view: Call) -> Response:
            try:
                return view()
            except (SignatureInvalid, NotFound):
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
                def answer() -> Response:
                    principal = self._principal(audiences, scopes or TOOL_SCOPES)
                    self._limit_principal(principal)
                    # Before the body is read: who may not learns nothing of what is wrong in it.
                    for scope in scopes:
                        require_scope(principal, scope)
                    return view(principal, *args, **kwargs)

                return self._timed(endpoint, answer)

            return gated

        return wrap

    def _wrapper(self, endpoint: str, enter: Callable[[Call], Response]) -> Wrapper:
        def wrap(view: Callable[P, Response]) -> Callable[P, Response]:
            @wraps(view)
            def gated(*args: P.args, **kwargs: P.kwargs) -> Response:
                return self._timed(endpoint, lambda: enter(lambda: view(*args, **kwargs)))

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
        self._take(key, limit, PRINCIPAL_WINDOW_SECONDS)

    def _limit_address(self) -> None:
        settings = self._runtime.settings
        self._take(_address_key(), settings.rate_limit_max, settings.rate_limit_window * 60)

    def _refuse_limited_address(self) -> None:
        settings = self._runtime.settings
        window = settings.rate_limit_window * 60
        wait = self._runtime.limiter.known_wait(_address_key(), window_seconds=window)
        _refuse_if_early(wait, settings.rate_limit_max, window)

    def _take(self, key: str, limit: int, window_seconds: int) -> None:
        wait = self._runtime.limiter.take(key, limit=limit, window_seconds=window_seconds)
        _refuse_if_early(wait, limit, window_seconds)

    @staticmethod
    def _timed(endpoint: str, answer: Callable[[], Response]) -> Response:
        started = time.perf_counter()
        try:
            response = answer()
        except Exception as error:  # noqa: BLE001 -- the outermost edge: every error is answered
            response = problem_response(error)
        timer = metrics.http_timer(request.method, endpoint, response.status_code)
        timer(time.perf_counter() - started)
        return response


def _is_meant_for(principal: Principal, audiences: Audiences) -> bool:
    # First-party tokens are taken everywhere. An endpoint's own address may have to be made
    # from the request, which takes longer than everything else here.
    return principal.audience in FIRST_PARTY or principal.audience in audiences()


def _address_key() -> str:
    return f"address:{client_network(request.remote_addr or '')}"


def _refuse_if_early(wait: int, limit: int, window_seconds: int) -> None:
    if wait:
        detail = f"More than {limit} requests in {window_seconds} seconds."
        raise RateLimited(detail, retry_after=wait)
