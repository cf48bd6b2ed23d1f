"""Who calls TalkHub over the protocol, and what they reach."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import cast

from talkhub.mcp.call import Call
from talkhub.names import Scope
from talkhub.security import Principal, require_scope
from talkhub.store.uow import Database, UnitOfWork, principal_scope


@dataclass(frozen=True, slots=True)
class Caller:
    """A principal and the way to its workspace's rows; `wants_compact_text` is its choice.

    `refused` has the status that REST would answer to what a model is told as a result.
    """

    principal: Principal
    database: Database
    wants_compact_text: bool = False
    refused: list[int] = field(default_factory=list, compare=False)

    @property
    def key(self) -> str:
        """What tells this caller from every other one."""
        return f"{self.principal.workspace_id}:{self.principal.subject}"

    def may(self, scope: str) -> bool:
        """Tell whether the token allows this."""
        return scope in self.principal.scopes

    def require(self, scope: str) -> None:
        """Raise Forbidden unless the token allows this."""
        require_scope(self.principal, Scope(scope))

    def read_only(self) -> AbstractContextManager[UnitOfWork]:
        """Open a unit of work on the caller's workspace that cannot write."""
        return self.database.read_only(principal_scope(self.principal))

    def unit_of_work(self) -> AbstractContextManager[UnitOfWork]:
        """Open a unit of work on the caller's workspace."""
        return self.database.unit_of_work(principal_scope(self.principal))


def caller_of(call: Call) -> Caller:
    """Return the caller of a call; every transport of ours makes one of this class."""
    return cast("Caller", call.caller)
