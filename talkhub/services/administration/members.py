"""The people of a workspace: what each may do, changed and taken back at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import RowMapping

from talkhub.errors import ByAgency, LastOwner, NotFound
from talkhub.roles import Role
from talkhub.services.access.oauth_grants import revoke_grant_and_tokens
from talkhub.services.administration.administering import Acting, Administration, administering
from talkhub.store.base import LARGEST_ID
from talkhub.store.statements import members as statements
from talkhub.store.uow import Database, UnitOfWork, workspace_scope

RANKS = list(Role)
"""From the one who may most on."""

_OWNERS_ONLY = "Only owners decide who is an owner."


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who belongs to a workspace; `via_agency` as an admin of its agency."""

    id: int
    username: str
    name: str
    role: str
    via_agency: bool
    created_at: datetime
    is_disabled: bool


def list_members(uow: UnitOfWork, workspace_id: int) -> tuple[Member, ...]:
    """Return who belongs to a workspace, owners first."""
    rows = uow.run(statements.MEMBERS, {"workspace_id": workspace_id}).mappings()
    return tuple(Member(**row) for row in rows)


def change_role(database: Database, who: Acting, user_id: int, role: Role) -> None:
    """Let a member do more or less.

    Where it is less, what they are signed in with ends, and whom they invited cannot come any more.

    Raises NotFound, Forbidden, and Conflict where nobody would own the workspace.
    """
    with administering(database, who) as at:
        member = _direct_member(at, user_id)
        former = Role(member["role"])
        if Role.OWNER in {former, role}:
            at.require_owner(_OWNERS_ONLY)
        at.uow.run(statements.SET_ROLE, {**at.key, "user_id": user_id, "role": role})
        _keep_an_owner(at)
        is_less = RANKS.index(role) > RANKS.index(former)
        if is_less:
            withdraw_invitations_of(at.uow, member["username"], [who.workspace_id])
        at.note("member.role_changed", member["username"], {"from": former, "to": role})
    if is_less:
        end_access(database, who, str(member["username"]))


def remove_member(database: Database, who: Acting, user_id: int) -> None:
    """Take a member out of the workspace.

    All that they are signed in with there ends, and whom they invited cannot come any more.
    Raises like `change_role`.
    """
    with administering(database, who) as at:
        member = _direct_member(at, user_id)
        if member["role"] == Role.OWNER:
            at.require_owner(_OWNERS_ONLY)
        at.uow.run(statements.REMOVE_MEMBER, {**at.key, "user_id": user_id})
        _keep_an_owner(at)
        withdraw_invitations_of(at.uow, member["username"], [who.workspace_id])
        at.note("member.removed", member["username"], {"role": member["role"]})
    end_access(database, who, str(member["username"]))


def withdraw_invitations_of(uow: UnitOfWork, username: str, workspace_ids: Sequence[int]) -> None:
    """Take back the invitations that somebody made, in the transaction in which they lose power."""
    params = {"workspace_ids": list(workspace_ids), "username": username}
    uow.run(statements.WITHDRAW_INVITATIONS_OF, params)


def end_access(database: Database, who: Acting, subject: str) -> None:
    """End somebody's logins in a workspace, and the applications that they let in."""
    with database.unit_of_work(workspace_scope(who.workspace_id, who.subject)) as uow:
        key = {"workspace_id": who.workspace_id, "subject": subject}
        for family in list(uow.run(statements.FAMILIES_OF_PERSON, key).scalars()):
            revoke_grant_and_tokens(uow, family, address=who.address)


def _direct_member(at: Administration, user_id: int) -> RowMapping:
    known = 0 < user_id <= LARGEST_ID
    key = {**at.key, "user_id": user_id}
    row = at.uow.run(statements.MEMBER, key).mappings().first() if known else None
    if row is None:
        raise NotFound("Nobody of this workspace has this number.")
    if row["via_agency"]:
        raise ByAgency("This person belongs here as an admin of the agency.")
    return row


def _keep_an_owner(at: Administration) -> None:
    """Refuse what leaves nobody to own the workspace; whoever changes it waits for its lock."""
    if not at.uow.run(statements.COUNT_OWNERS, at.key).scalar_one():
        raise LastOwner("A workspace has an owner: make somebody else one first.")
