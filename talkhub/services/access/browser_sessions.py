"""Begin, list, move and end the sessions of people's browsers."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from talkhub.security import client_network
from talkhub.services.access.auth import Person
from talkhub.services.audit import audit_in
from talkhub.store.browser_sessions import Visitor
from talkhub.store.statements import browser_sessions as statements
from talkhub.store.uow import Database, UnitOfWork, system_scope

MAX_USER_AGENT = 255


@dataclass(frozen=True, slots=True)
class Device:
    """What a browser says of itself, and the address that it calls from."""

    user_agent: str
    address: str


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A browser in which somebody is signed in, as they are shown it."""

    id: int
    method: str
    user_agent: str
    address: str
    began_at: datetime
    last_active_at: datetime
    workspace: str


def begin_session(
    database: Database, person: Person, device: Device, *, method: str, lifetime: timedelta
) -> str:
    """Sign a browser in and return the id that its cookie is to carry.

    `method` is how the person proved who they are.
    """
    token_id = secrets.token_hex(16)
    with database.unit_of_work(system_scope("the browsers of a person")) as uow:
        uow.run(
            statements.BEGIN_SESSION,
            {
                "token_id": token_id,
                "user_id": person.user_id,
                "workspace_id": person.workspace_id,
                "method": method,
                "user_agent": device.user_agent[:MAX_USER_AGENT],
                "address": client_network(device.address),
                "lifetime": lifetime,
            },
        )
        audit_in(
            uow,
            person.workspace_id,
            actor=person.username,
            action="browser_session.began",
            subject=None,
            address=device.address,
            detail={"method": method},
        )
    return token_id


def open_sessions(database: Database, visitor: Visitor, *, idle: timedelta) -> list[OpenSession]:
    """Return the browsers in which a person is signed in, the last used first."""
    with database.read_only(system_scope("the browsers of a person")) as uow:
        params = {"user_id": visitor.user_id, "idle": idle}
        rows = uow.run(statements.SESSIONS_OF_USER, params).mappings().all()
    return [OpenSession(**row) for row in rows]


def move_session(database: Database, visitor: Visitor, workspace_id: int) -> bool:
    """Let a browser look at another workspace of its person; False if it is none of theirs.

    Whoever calls it in a web process forgets what that remembers of browser sessions.
    """
    with database.unit_of_work(system_scope("the browsers of a person")) as uow:
        params = {"id": visitor.session_id, "workspace_id": workspace_id}
        return uow.run(statements.MOVE_SESSION, params).first() is not None


def end_session(database: Database, visitor: Visitor, session_id: int, *, address: str) -> bool:
    """End one of a person's sessions, for themselves; False if there is nothing to end."""
    with database.unit_of_work(system_scope("the browsers of a person")) as uow:
        params = {"id": session_id, "user_id": visitor.user_id}
        is_ended = uow.run(statements.END_SESSION, params).first() is not None
        if is_ended:
            _audit_end(uow, visitor, 1, address)
    return is_ended


def end_other_sessions(database: Database, visitor: Visitor, *, address: str) -> int:
    """End all of a person's sessions but the one that asks for it; return how many."""
    with database.unit_of_work(system_scope("the browsers of a person")) as uow:
        ended = end_sessions_of(uow, visitor.user_id, but=visitor.session_id)
        if ended:
            _audit_end(uow, visitor, ended, address)
    return ended


def end_sessions_of(uow: UnitOfWork, user_id: int, *, but: int | None = None) -> int:
    """End a user's sessions, except one perhaps, in a unit of work that sees all workspaces.

    Returns how many were open. They are refused everywhere within three seconds; the trail is
    written by the caller, who knows why.
    """
    params = {"user_id": user_id, "but": but}
    return len(uow.run(statements.END_SESSIONS_OF_USER, params).all())


def _audit_end(uow: UnitOfWork, visitor: Visitor, count: int, address: str) -> None:
    audit_in(
        uow,
        visitor.workspace_id,
        actor=visitor.username,
        action="browser_session.ended",
        subject=None,
        address=address,
        detail={"sessions": count},
    )
