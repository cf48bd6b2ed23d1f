"""Workspaces: whose they are, made, renamed, given quotas, and closed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from talkhub import clock
from talkhub.errors import Conflict, Forbidden, Invalid, NotFound
from talkhub.names.workspaces import Quota
from talkhub.roles import Role
from talkhub.services.access.auth import DEFAULT_WORKSPACE_ID
from talkhub.services.administration.administering import (
    Acting,
    administering,
    named_login,
    overseeing,
)
from talkhub.services.administration.agencies import Agency, agency_of
from talkhub.services.audit import audit_in
from talkhub.store.statements import members
from talkhub.store.statements import workspaces as statements
from talkhub.store.statements.accounts import SET_SESSION_IDLE
from talkhub.store.statements.families import WORKSPACE_BY_SLUG
from talkhub.store.uow import Database, UnitOfWork, system_scope

LONGEST_NAME = 80
LARGEST_QUOTA = 1_000_000_000
_SLUG = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_KEPT_SLUGS = ("closed-",)


@dataclass(frozen=True, slots=True)
class OwnWorkspace:
    """A workspace that somebody belongs to, and as what."""

    id: int
    slug: str
    name: str
    timezone: str
    role: str
    agency: str | None


@dataclass(frozen=True, slots=True)
class WorkspaceFacts:
    """What a workspace is called, which time zone it is in, and what it may use."""

    id: int
    slug: str
    name: str
    timezone: str
    agency_id: int | None
    agency: str | None
    requests_per_minute: int | None
    messages_per_month: int | None
    people_per_month: int | None


@dataclass(frozen=True, slots=True)
class NewWorkspace:
    """A workspace as it is wished for. The login that is to own it is the operator's to name."""

    slug: str
    name: str
    timezone: str
    owner: str | None = None


def workspaces_of(uow: UnitOfWork, username: str) -> tuple[OwnWorkspace, ...]:
    """Return the workspaces that somebody belongs to, by name."""
    rows = uow.run(statements.WORKSPACES_OF_PERSON, {"username": username}).mappings()
    return tuple(OwnWorkspace(**row) for row in rows)


def workspace_facts(uow: UnitOfWork, workspace_id: int) -> WorkspaceFacts:
    """Return what is set of a workspace; raises NotFound for one that is closed."""
    row = uow.run(statements.WORKSPACE, {"workspace_id": workspace_id}).mappings().first()
    if row is None:
        raise NotFound("There is no such workspace.")
    return WorkspaceFacts(**row)


def workspace_by_slug(database: Database, slug: str) -> int:
    """Return the workspace with a short name, for the operator; raises NotFound."""
    with overseeing(database) as uow:
        found = uow.run(WORKSPACE_BY_SLUG, {"slug": slug}).scalar()
    if found is None:
        raise NotFound("There is no workspace with this short name.")
    return int(found)


def create_workspace(database: Database, who: Acting, wish: NewWorkspace) -> int:
    """Make a workspace in the agency of the one that somebody is in, who becomes its owner.

    One that the operator makes belongs to whom they name; nobody owns it before an invited owner
    comes if they name none. Raises Forbidden for whoever is no admin of that agency, Invalid, and
    Conflict for a short name that is taken.
    """
    name, timezone = _fit_name(wish.name), wish.timezone
    if _SLUG.fullmatch(wish.slug) is None or wish.slug.startswith(_KEPT_SLUGS):
        detail = "A short name has 1 to 63 small letters, digits and hyphens between them."
        raise Invalid.at("slug", detail=detail, code="slug_invalid")
    with administering(database, who) as at:
        agency = agency_of(at.uow, who)
        if agency is None or not (agency.is_admin or who.is_operator):
            raise Forbidden("Only admins of an agency make workspaces, within it.")
        # Whoever becomes one of its admins meanwhile waits, and then finds the new workspace.
        at.uow.run(statements.LOCK_AGENCY, {"agency_id": agency.id})
        _require_timezone(at.uow, timezone)
        params = {
            "slug": wish.slug,
            "name": name,
            "timezone": timezone,
            "agency_id": agency.id,
        }
        made = at.uow.run(statements.ADD_WORKSPACE, params).scalar()
        if made is None:
            raise Conflict("This short name is taken.")
        key = {"workspace_id": made}
        owner = named_login(at, wish.owner, field="owner")
        if owner is not None:
            at.uow.run(members.ADD_MEMBER, {**key, "user_id": owner, "role": Role.OWNER})
        at.uow.run(statements.ADMIT_AGENCY_ADMINS, {**key, "agency_id": agency.id})
        for workspace_id in (who.workspace_id, made):
            audit_in(
                at.uow,
                workspace_id,
                actor=who.subject,
                action="workspace.created",
                subject=wish.slug,
                address=who.address,
            )
    return int(made)


def change_workspace(database: Database, who: Acting, *, name: str, timezone: str) -> None:
    """Call a workspace otherwise, and have its days begin elsewhere. Raises Invalid."""
    params = {"name": _fit_name(name), "timezone": timezone}
    with administering(database, who) as at:
        _require_timezone(at.uow, timezone)
        at.uow.run(statements.CHANGE_WORKSPACE, {**at.key, **params})
        at.note("workspace.changed", params["name"], {"timezone": params["timezone"]})


def set_quotas(database: Database, who: Acting, quotas: Mapping[Quota, int | None]) -> None:
    """Limit what a workspace uses; None is no limit of its own.

    For the admins of its agency, and for its owners where it has none. Raises Forbidden, Invalid.
    """
    for quota, value in quotas.items():
        if value is not None and not 0 < value <= LARGEST_QUOTA:
            detail = f"A quota is a number from 1 to {LARGEST_QUOTA}."
            raise Invalid.at(quota.value, detail=detail, code="quota_invalid")
    with administering(database, who) as at:
        agency = None if who.is_operator else agency_of(at.uow, who)
        if not may_set_quotas(agency, is_owner=at.role is Role.OWNER):
            raise Forbidden("The admins of the agency set quotas; without one, the owners.")
        params = {quota.value: quotas.get(quota) for quota in Quota}
        at.uow.run(statements.SET_QUOTAS, {**at.key, **params})
        at.note("workspace.quotas_set", who.workspace_id, params)


def may_set_quotas(agency: Agency | None, *, is_owner: bool) -> bool:
    """Tell whether somebody decides how much a workspace may use; the operator is in no agency."""
    return is_owner if agency is None else agency.is_admin


def close_workspace(database: Database, who: Acting, *, typed_name: str) -> None:
    """Let nobody and nothing into a workspace any more; the schedule deletes what is in it.

    For owners, who type its name. Raises Forbidden, Invalid for another name, and Conflict for
    the default workspace, which the environment's secrets belong to.
    """
    with administering(database, who) as at:
        at.require_owner("Only owners delete a workspace.")
        if who.workspace_id == DEFAULT_WORKSPACE_ID:
            raise Conflict("The default workspace belongs to the installation and stays.")
        if typed_name.strip() != workspace_facts(at.uow, who.workspace_id).name:
            detail = "This is not the name of the workspace."
            raise Invalid.at("name", detail=detail, code="name_differs")
        at.note("workspace.closed", who.workspace_id)
        at.uow.run(statements.SHUT_DOORS, at.key)
        at.uow.run(statements.CLOSE_WORKSPACE, at.key)


def set_session_idle(database: Database, workspace_id: int, minutes: int | None) -> None:
    """Let a workspace's sessions end after a silence of its own; None goes by the setting again."""
    with database.unit_of_work(system_scope("a workspace's silence between sessions")) as uow:
        uow.run(SET_SESSION_IDLE, {"workspace_id": workspace_id, "minutes": minutes})


def _fit_name(name: str) -> str:
    name = name.strip()
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        detail = f"A name has 1 to {LONGEST_NAME} printable characters."
        raise Invalid.at("name", detail=detail, code="name_invalid")
    return name


def _require_timezone(uow: UnitOfWork, timezone: str) -> None:
    """Raise Invalid for a zone that Python or PostgreSQL does not know: both reckon in it."""
    is_known = timezone in clock.known_zones() and (
        uow.run(statements.KNOWS_TIMEZONE, {"timezone": timezone}).first() is not None
    )
    if not is_known:
        detail = "A time zone is named like America/Sao_Paulo."
        raise Invalid.at("timezone", detail=detail, code="timezone_invalid")
