"""Who is signed in in a browser, and what they may right now."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import timedelta

from talkhub.names import Scope
from talkhub.roles import Role, scopes_of
from talkhub.security import client_network
from talkhub.store.statements.browser_sessions import FIND_VISITOR
from talkhub.store.uow import Database, system_scope

REMEMBERED_SECONDS = 3.0
"""So much later at most, every process knows that a session ended or a role changed."""

PRECISION = timedelta(minutes=1)
"""Of the moment in which somebody last did something: not every click is a write."""

MAX_REMEMBERED = 10_000


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody signed in in a browser: the workspace they look at, their role and scopes there.

    `lacks_second_factor` says that the workspace requires one and they have none.
    """

    session_id: int
    token_id: str
    user_id: int
    username: str
    name: str
    workspace_id: int
    role: Role
    scopes: frozenset[Scope]
    lacks_second_factor: bool = False


@dataclass(frozen=True, slots=True)
class _Found:
    visitor: Visitor
    at: float
    active_at: float


class BrowserSessions:
    """The sessions of one process, each read again after three seconds.

    One that ended, fell idle or expired is nobody's, and so is that of a user who was
    disabled or has no role in its workspace any more.
    """

    def __init__(self, database: Database, *, idle: timedelta) -> None:
        self._database = database
        self._idle = idle
        self._found: dict[str, _Found] = {}

    def find(self, token_id: str, *, address: str, is_active: bool) -> Visitor | None:
        """Return whose session has this id; None if it does not live.

        `is_active` says that the person did something, which keeps the session from falling
        idle. Raises Unavailable if the database cannot say.
        """
        now = time.monotonic()
        known = self._found.get(token_id)
        if known is not None and now - known.at < REMEMBERED_SECONDS:
            is_noted = now - known.active_at < PRECISION.total_seconds()
            if is_noted or not is_active:
                return known.visitor
        found = self._read(token_id, address=address, is_active=is_active)
        if found is None:
            self._found.pop(token_id, None)
            return None
        if len(self._found) >= MAX_REMEMBERED:
            self._found.clear()
        self._found[token_id] = found
        return found.visitor

    def forget(self) -> None:
        """Read every session again with its next request: this process changed one itself."""
        self._found = {}

    def _read(self, token_id: str, *, address: str, is_active: bool) -> _Found | None:
        asked_at = time.monotonic()
        params = {
            "token_id": token_id,
            "address": client_network(address),
            "is_active": is_active,
            "idle": self._idle,
            "precision": PRECISION,
        }
        scope = system_scope("who is signed in in a browser")
        rows = self._database.single(scope.prologue(), FIND_VISITOR, params)
        if not rows:
            return None
        (session_id, user_id, username, name, workspace_id, role_name, lacks, silent), *_ = rows
        role = Role(role_name)
        visitor = Visitor(
            session_id=session_id,
            token_id=token_id,
            user_id=user_id,
            username=username,
            name=name,
            workspace_id=workspace_id,
            role=role,
            scopes=scopes_of(role),
            lacks_second_factor=lacks,
        )
        return _Found(visitor, asked_at, asked_at - float(silent))
