"""Who asks, and how a field of the graph is answered by a tool."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import strawberry

from talkhub.errors import Unavailable
from talkhub.graphql.loading import Loaders
from talkhub.names import Scope
from talkhub.security import Principal, require_scope
from talkhub.store.uow import STATEMENT_TIMEOUT_MS, UnitOfWork
from talkhub.tools.catalogue import registry

MOST_SECONDS = STATEMENT_TIMEOUT_MS / 1000
"""After which a request begins nothing more: it may hold many questions, each with its time."""


@dataclass(frozen=True, slots=True)
class Asking:
    """A request: whose it is, and what it reads through."""

    principal: Principal
    uow: UnitOfWork
    loaders: Loaders
    began: float = field(default_factory=time.monotonic)

    def may(self, scope: Scope) -> None:
        """Let this be read, by the rule of the REST API; raises InsufficientScope.

        Raises Unavailable for a request that takes too long already.
        """
        require_scope(self.principal, scope)
        if time.monotonic() - self.began > MOST_SECONDS:
            raise Unavailable("The request takes too long: ask for less at once.")

    def tool(self, name: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Return a tool's answer; what is None was not given."""
        spec = registry.specs[name]
        self.may(spec.scope)
        given = {key: value for key, value in arguments.items() if value is not None}
        # None of the tools that are asked here have their answers built by PostgreSQL.
        return cast("dict[str, Any]", spec.call(self.uow, given))


Info = strawberry.Info[Asking, None]
