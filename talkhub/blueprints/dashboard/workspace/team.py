"""The people of a workspace: invited, made more or less, taken out, by owners and admins."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, redirect, url_for
from pydantic import BaseModel, ConfigDict, Field
from werkzeug.wrappers import Response

from talkhub.blueprints.dashboard.pages import Frame, read_frame, reading, render_page
from talkhub.blueprints.dashboard.shown_once import (
    Made,
    forget,
    made_just_now,
    redirect_to_show,
)
from talkhub.blueprints.dashboard.visitors import visitor
from talkhub.blueprints.dashboard.workspace.administration import acting, fault, refuse_others, sent
from talkhub.blueprints.runtime import Runtime
from talkhub.encryption import Keyring
from talkhub.errors import Conflict, Invalid
from talkhub.roles import Role
from talkhub.services.administration import invitations, members
from talkhub.services.administration.administering import overseeing
from talkhub.services.administration.agencies import (
    Agency,
    AgencyAdmin,
    add_agency_admin,
    agency_admins,
    agency_of,
    remove_agency_admin,
)
from talkhub.services.administration.invitations import OpenInvitation
from talkhub.services.administration.members import Member


class RoleForm(BaseModel):
    """What somebody is to become."""

    model_config = ConfigDict(extra="forbid")

    role: Role


class InvitationForm(RoleForm):
    """What somebody who is invited is to become, and perhaps whom it is for."""

    email: str = Field(default="", max_length=255)


@dataclass(frozen=True, slots=True)
class TeamPage:
    """Everything the page shows; `made` is a link on the one occasion to show it."""

    frame: Frame
    me: int
    members: tuple[Member, ...]
    invitations: tuple[OpenInvitation, ...]
    roles: tuple[Role, ...]
    agency: Agency | None
    admins: tuple[AgencyAdmin, ...]
    made: Made | None
    refused: str

    def may_change(self, member: Member) -> bool:
        """Tell whether who looks decides about a member."""
        is_theirs = Role.OWNER in self.roles or member.role != Role.OWNER
        return is_theirs and not member.via_agency

    @property
    def may_add_admins(self) -> bool:
        """Whether who looks says who else administers the agency."""
        return self.agency is not None and self.agency.is_admin

    @property
    def others(self) -> tuple[Member, ...]:
        """Those who do not administer the agency yet."""
        known = {admin.id for admin in self.admins}
        return tuple(member for member in self.members if member.id not in known)


def register(blueprint: Blueprint, runtime: Runtime) -> None:
    """Add the team to the dashboard, for owners and admins."""
    keyring = runtime.settings.keyring

    @blueprint.get("/team")
    def team() -> Response:
        response = _page(runtime, made=made_just_now(keyring))
        forget(response, path=url_for("dashboard.team"))
        return response

    _add_invitations(blueprint, runtime, keyring)
    _add_members(blueprint, runtime)
    _add_agency(blueprint, runtime)


def _add_invitations(blueprint: Blueprint, runtime: Runtime, keyring: Keyring) -> None:
    database = runtime.database

    @blueprint.post("/team/invitations")
    def invite() -> Response:
        form = InvitationForm.model_validate(sent())
        try:
            made = invitations.invite(database, acting(), role=form.role, email=form.email)
        except (Invalid, Conflict) as refused:
            return _page(runtime, refused=fault(refused), status=refused.status)
        link = url_for("dashboard.invitation", token=made.token, _external=True)
        return redirect_to_show(
            Made(form.email, link), path=url_for("dashboard.team"), keyring=keyring
        )

    @blueprint.post("/team/invitations/<int:invitation_id>/withdraw")
    def withdraw_invitation(invitation_id: int) -> Response:
        invitations.withdraw_invitation(database, acting(), invitation_id)
        return _back(runtime)


def _add_members(blueprint: Blueprint, runtime: Runtime) -> None:
    database = runtime.database

    @blueprint.post("/team/<int:user_id>")
    def change_role(user_id: int) -> Response:
        form = RoleForm.model_validate(sent())
        try:
            members.change_role(database, acting(), user_id, form.role)
        except Conflict as refused:
            return _page(runtime, refused=fault(refused), status=409)
        return _back(runtime)

    @blueprint.post("/team/<int:user_id>/remove")
    def remove_member(user_id: int) -> Response:
        try:
            members.remove_member(database, acting(), user_id)
        except Conflict as refused:
            return _page(runtime, refused=fault(refused), status=409)
        return _back(runtime)


def _add_agency(blueprint: Blueprint, runtime: Runtime) -> None:
    database = runtime.database

    @blueprint.post("/team/agency")
    def add_to_agency() -> Response:
        add_agency_admin(database, acting(), int(sent().get("user_id") or 0))
        return _back(runtime)

    @blueprint.post("/team/agency/<int:user_id>/remove")
    def remove_from_agency(user_id: int) -> Response:
        try:
            remove_agency_admin(database, acting(), user_id)
        except Conflict as refused:
            return _page(runtime, refused=fault(refused), status=409)
        return _back(runtime)


def _back(runtime: Runtime) -> Response:
    """Show the team again; this process knows at once who may what."""
    runtime.revoked.forget()
    runtime.browser_sessions.forget()
    return redirect(url_for("dashboard.team"), 303)


def _page(
    runtime: Runtime, *, made: Made | None = None, refused: str = "", status: int = 200
) -> Response:
    with reading(runtime.database) as uow:
        frame = read_frame(uow)
        refuse_others(frame)
    who = visitor()
    with overseeing(runtime.database) as uow:
        agency = agency_of(uow, acting())
        page = TeamPage(
            frame=frame,
            me=who.user_id,
            members=members.list_members(uow, who.workspace_id),
            invitations=invitations.list_invitations(uow, who.workspace_id),
            roles=tuple(role for role in Role if frame.owns_workspace or role is not Role.OWNER),
            agency=agency,
            admins=agency_admins(uow, agency.id) if agency is not None else (),
            made=made,
            refused=refused,
        )
    return render_page("dashboard/workspace/team.html", page, status=status)
