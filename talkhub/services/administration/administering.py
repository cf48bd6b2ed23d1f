"""Who administers a workspace, and the transaction in which they do: one at a time for each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from talkhub.errors import Forbidden, Invalid, NotFound
from talkhub.roles import Role
from talkhub.services.audit import audit_in
from talkhub.store.statements import members, workspaces
from talkhub.store.uow import Database, UnitOfWork, system_scope

ADMINISTERING = frozenset({Role.OWNER, Role.ADMIN})


@dataclass(frozen=True, slots=True)
class Acting:
    """Somebody in a workspace. The operator, who has the admin secret, acts as an owner."""

    workspace_id: int
    subject: str
    is_operator: bool = False
    address: str | None = None


@dataclass(frozen=True, slots=True)
class Administration:
    """A transaction that sees all workspaces, for somebody who administers one of them."""

    uow: UnitOfWork
    who: Acting
    role: Role

    @property
    def key(self) -> dict[str, object]:
        """What names the workspace in statements."""
        return {"workspace_id": self.who.workspace_id}

    def require_owner(self, refusal: str) -> None:
        """Raise Forbidden, with `refusal`, for admins."""
        if self.role is not Role.OWNER:
            raise Forbidden(refusal)

    def note(
        self, action: str, subject: object, detail: Mapping[str, object] | None = None
    ) -> None:
        """Write down in the workspace's trail what was done."""
        audit_in(
            self.uow,
            self.who.workspace_id,
            actor=self.who.subject,
            action=action,
            subject=str(subject)[:255],
            address=self.who.address,
            detail=detail,
        )


@contextmanager
def administering(database: Database, who: Acting) -> Iterator[Administration]:
    """Open the transaction in which an owner or admin changes a workspace.

    Raises Forbidden for others, by what they are now, and NotFound for a workspace that is closed.
    """
    with database.unit_of_work(system_scope("the administration of a workspace")) as uow:
        if uow.run(workspaces.LOCK_WORKSPACE, {"workspace_id": who.workspace_id}).first() is None:
            raise NotFound("There is no such workspace.")
        role = Role.OWNER if who.is_operator else role_in(uow, who.workspace_id, who.subject)
        if role not in ADMINISTERING:
            raise Forbidden("Only owners and admins administer the workspace.")
        yield Administration(uow, who, role)


def named_login(at: Administration, named: str | None, *, field: str) -> int | None:
    """Return the number of whoever administers, or of the login that the operator named in `field`.

    None if the operator named nobody: what they call themselves over REST is only a label, which
    a stranger may have as a login. Raises Invalid for a login that there is not.
    """
    username = named if at.who.is_operator else at.who.subject
    if username is None:
        return None
    found = at.uow.run(members.PERSON, {"username": username}).scalar()
    if found is None:
        raise Invalid.at(field, detail="There is no such login.", code="login_unknown")
    return int(found)


@contextmanager
def overseeing(database: Database) -> Iterator[UnitOfWork]:
    """Open a transaction that reads what lies above workspaces: who belongs to which."""
    with database.read_only(system_scope("who belongs to which workspace")) as uow:
        yield uow


def role_in(uow: UnitOfWork, workspace_id: int, subject: str) -> Role | None:
    """Return what somebody is in a workspace; None if they do not belong to it."""
    found = uow.run(members.ROLE, {"workspace_id": workspace_id, "username": subject}).scalar()
    return None if found is None else Role(found)
