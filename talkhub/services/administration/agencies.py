"""Agencies: firms that run workspaces for their clients, and their admins."""

from __future__ import annotations

from dataclasses import dataclass

from talkhub.errors import Conflict, Forbidden, Invalid, LastAdmin, NotFound
from talkhub.services.administration.administering import (
    Acting,
    Administration,
    administering,
    named_login,
)
from talkhub.services.administration.members import end_access, withdraw_invitations_of
from talkhub.store.base import LARGEST_ID
from talkhub.store.statements import members
from talkhub.store.statements import workspaces as statements
from talkhub.store.uow import Database, UnitOfWork

LONGEST_NAME = 80


@dataclass(frozen=True, slots=True)
class Agency:
    """The agency of a workspace, and whether who asks is one of its admins."""

    id: int
    name: str
    is_admin: bool


@dataclass(frozen=True, slots=True)
class AgencyAdmin:
    """Somebody who administers all workspaces of an agency."""

    id: int
    username: str
    name: str


def agency_of(uow: UnitOfWork, who: Acting) -> Agency | None:
    """Return the agency of the workspace that somebody is in; None if it has none."""
    key = {"workspace_id": who.workspace_id, "username": who.subject}
    row = uow.run(statements.FIND_AGENCY, key).mappings().first()
    return None if row is None else Agency(**row)


def agency_admins(uow: UnitOfWork, agency_id: int) -> tuple[AgencyAdmin, ...]:
    """Return who administers an agency, by name."""
    rows = uow.run(statements.AGENCY_ADMINS, {"agency_id": agency_id}).mappings()
    return tuple(AgencyAdmin(**row) for row in rows)


def found_agency(database: Database, who: Acting, name: str, *, admin: str | None = None) -> int:
    """Make an agency of a workspace that belongs to none; its owner becomes the first admin.

    In one that the operator makes it is `admin`, a login; nobody if they name none. Raises
    Forbidden for others, Invalid, and Conflict for a workspace that belongs to one.
    """
    name = name.strip()
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        detail = f"A name has 1 to {LONGEST_NAME} printable characters."
        raise Invalid.at("name", detail=detail, code="name_invalid")
    with administering(database, who) as at:
        at.require_owner("Only the owner of a workspace makes an agency of it.")
        if agency_of(at.uow, who) is not None:
            raise Conflict("This workspace belongs to an agency.")
        agency_id: int = at.uow.run(statements.ADD_AGENCY, {**at.key, "name": name}).scalar_one()
        first = named_login(at, admin, field="admin")
        if first is not None:
            params = {"agency_id": agency_id, "user_id": first}
            at.uow.run(statements.ADD_AGENCY_ADMIN, params)
        at.note("agency.founded", agency_id, {"name": name})
    return agency_id


def add_agency_admin(database: Database, who: Acting, user_id: int) -> None:
    """Have a member administer all workspaces of the agency. Raises Forbidden and NotFound."""
    with administering(database, who) as at:
        agency = _governed(at)
        known = 0 < user_id <= LARGEST_ID
        key = {**at.key, "user_id": user_id}
        member = at.uow.run(members.MEMBER, key).mappings().first() if known else None
        if member is None:
            raise NotFound("Nobody of this workspace has this number.")
        params = {"agency_id": agency.id, "user_id": user_id}
        at.uow.run(statements.ADD_AGENCY_ADMIN, params)
        at.note("agency.admin_added", member["username"])


def remove_agency_admin(database: Database, who: Acting, user_id: int) -> None:
    """Have somebody administer the agency no more; where they belong besides, they stay.

    Raises Forbidden, NotFound, and Conflict for the last one.
    """
    with administering(database, who) as at:
        agency = _governed(at)
        admins = {admin.id: admin for admin in agency_admins(at.uow, agency.id)}
        if user_id not in admins:
            raise NotFound("No admin of the agency has this number.")
        if len(admins) == 1:
            raise LastAdmin("An agency has an admin: make somebody else one first.")
        params = {"agency_id": agency.id, "user_id": user_id}
        left = list(at.uow.run(statements.REMOVE_AGENCY_ADMIN, params).scalars())
        username = admins[user_id].username
        withdraw_invitations_of(at.uow, username, left)
        at.note("agency.admin_removed", username)
    for workspace_id in left:
        end_access(database, Acting(workspace_id, who.subject), username)


def _governed(at: Administration) -> Agency:
    """Return the agency, for one of its admins only; no other changes it meanwhile."""
    agency = agency_of(at.uow, at.who)
    if agency is None or not (agency.is_admin or at.who.is_operator):
        raise Forbidden("Only admins of the agency say who else is one.")
    at.uow.run(statements.LOCK_AGENCY, {"agency_id": agency.id})
    return agency
