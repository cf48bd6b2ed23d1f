"""Workspaces over REST: what is set of the token's own, who belongs to it, what it uses.

Authentication: a bearer token with `workspace:manage`, which the admin secret gives; deleting
wants `workspace:own` too.
"""

from __future__ import annotations

from dataclasses import asdict

from flask import Blueprint, Response, request, url_for
from pydantic import BaseModel, ConfigDict, Field

from talkhub.blueprints.answers import json_answer, private_answer
from talkhub.blueprints.gate import Gate
from talkhub.blueprints.runtime import Runtime
from talkhub.names import Scope
from talkhub.names.workspaces import Quota
from talkhub.roles import Role
from talkhub.security import Principal
from talkhub.services.administration import agencies, invitations, members, workspaces
from talkhub.services.administration.administering import Acting, overseeing
from talkhub.services.administration.usage import read_usage
from talkhub.store.uow import principal_scope
from talkhub.strict_json import read_json

WORKSPACES = "/api/v1/workspaces"
WORKSPACE = "/api/v1/workspace"
MEMBERS = "/api/v1/members"
INVITATIONS = "/api/v1/invitations"
SCOPES = [Scope.WORKSPACE_MANAGE]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NewWorkspaceRequest(_Body):
    """A workspace to make in the agency of the token's one, and the login that is to own it."""

    slug: str
    name: str
    timezone: str = "America/Sao_Paulo"
    owner: str | None = None


class WorkspaceRequest(_Body):
    """What a workspace is to be called, and where its days begin."""

    name: str
    timezone: str


class AgencyRequest(_Body):
    """What a new agency is called, and the login that is to administer it."""

    name: str
    admin: str | None = None


class CloseRequest(_Body):
    """The name of the workspace that is to be deleted, so that nobody deletes another."""

    name: str


class QuotasRequest(_Body):
    """What a workspace may use; null is no limit."""

    requests_per_minute: int | None = None
    messages_per_month: int | None = None
    people_per_month: int | None = None


class RoleRequest(_Body):
    """What somebody may do."""

    role: Role


class InvitationRequest(RoleRequest):
    """What somebody is to become, and perhaps whom it is for."""

    email: str | None = Field(default=None, max_length=255)


def create_blueprint(runtime: Runtime, gate: Gate) -> Blueprint:
    """Return the routes on which workspaces are administered."""
    blueprint = Blueprint("workspaces", __name__)
    _add_workspaces(blueprint, runtime, gate)
    _add_people(blueprint, runtime, gate)
    _add_use(blueprint, runtime, gate)
    return blueprint


def _add_workspaces(blueprint: Blueprint, runtime: Runtime, gate: Gate) -> None:
    database = runtime.database

    @blueprint.post(WORKSPACES)
    @gate.open_to_tokens("create_workspace", scopes=SCOPES)
    def create(principal: Principal) -> Response:
        """Make a workspace."""
        given = NewWorkspaceRequest.model_validate(read_json(request.get_data()))
        wish = workspaces.NewWorkspace(**given.model_dump())
        made = workspaces.create_workspace(database, _acting(principal), wish)
        return json_answer({"id": made, "slug": wish.slug}, 201)

    @blueprint.post("/api/v1/agency")
    @gate.open_to_tokens("found_agency", scopes=SCOPES)
    def found(principal: Principal) -> Response:
        """Make an agency of the token's workspace, which others can be made in."""
        given = AgencyRequest.model_validate(read_json(request.get_data()))
        made = agencies.found_agency(database, _acting(principal), given.name, admin=given.admin)
        return json_answer({"id": made}, 201)

    @blueprint.get(WORKSPACE)
    @gate.open_to_tokens("get_workspace", scopes=SCOPES)
    def get(principal: Principal) -> Response:
        """Tell what is set of the token's workspace."""
        with overseeing(database) as uow:
            facts = workspaces.workspace_facts(uow, principal.workspace_id)
        return private_answer(asdict(facts))

    @blueprint.put(WORKSPACE)
    @gate.open_to_tokens("change_workspace", scopes=SCOPES)
    def change(principal: Principal) -> Response:
        """Call it otherwise, or have its days begin elsewhere."""
        given = WorkspaceRequest.model_validate(read_json(request.get_data()))
        workspaces.change_workspace(database, _acting(principal), **given.model_dump())
        return Response(status=204)

    @blueprint.delete(WORKSPACE)
    @gate.open_to_tokens("delete_workspace", scopes=[*SCOPES, Scope.WORKSPACE_OWN])
    def delete(principal: Principal) -> Response:
        """Let nobody in any more, and delete all that is in it within minutes."""
        given = CloseRequest.model_validate(read_json(request.get_data()))
        workspaces.close_workspace(database, _acting(principal), typed_name=given.name)
        runtime.revoked.forget()
        return private_answer({"state": "deleting"}, 202)

    @blueprint.get(f"{WORKSPACE}/archive.zip")
    @gate.open_to_tokens("archive_workspace", scopes=[*SCOPES, Scope.DATA_EXPORT])
    def archive(principal: Principal) -> Response:
        """Send everything that is in it as one ZIP."""
        scope = principal_scope(principal)
        return runtime.exports.send_archive(scope, address=request.remote_addr)


def _add_people(blueprint: Blueprint, runtime: Runtime, gate: Gate) -> None:
    database = runtime.database

    @blueprint.get(MEMBERS)
    @gate.open_to_tokens("list_members", scopes=SCOPES)
    def list_members(principal: Principal) -> Response:
        """List who belongs to the workspace."""
        with overseeing(database) as uow:
            found = members.list_members(uow, principal.workspace_id)
        return private_answer({"members": [asdict(one) for one in found]})

    @blueprint.put(f"{MEMBERS}/<int:user_id>")
    @gate.open_to_tokens("change_role", scopes=SCOPES)
    def change_role(principal: Principal, user_id: int) -> Response:
        """Let a member do more or less, at once."""
        given = RoleRequest.model_validate(read_json(request.get_data()))
        members.change_role(database, _acting(principal), user_id, given.role)
        runtime.revoked.forget()
        runtime.browser_sessions.forget()
        return Response(status=204)

    @blueprint.delete(f"{MEMBERS}/<int:user_id>")
    @gate.open_to_tokens("remove_member", scopes=SCOPES)
    def remove(principal: Principal, user_id: int) -> Response:
        """Take a member out, at once."""
        members.remove_member(database, _acting(principal), user_id)
        runtime.revoked.forget()
        runtime.browser_sessions.forget()
        return Response(status=204)

    @blueprint.get(INVITATIONS)
    @gate.open_to_tokens("list_invitations", scopes=SCOPES)
    def list_invitations(principal: Principal) -> Response:
        """List the invitations that may still be accepted."""
        with overseeing(database) as uow:
            found = invitations.list_invitations(uow, principal.workspace_id)
        return private_answer({"invitations": [asdict(one) for one in found]})

    @blueprint.post(INVITATIONS)
    @gate.open_to_tokens("invite", scopes=SCOPES)
    def invite(principal: Principal) -> Response:
        """Make a link that lets whoever opens it first in; it is shown this once."""
        given = InvitationRequest.model_validate(read_json(request.get_data()))
        made = invitations.invite(database, _acting(principal), role=given.role, email=given.email)
        path = f"/dashboard/invitations/{made.token}"
        document = {"id": made.id, "path": path, "expires_at": made.expires_at}
        response = private_answer(document, 201)
        response.headers["Location"] = url_for("workspaces.list_invitations")
        return response

    @blueprint.delete(f"{INVITATIONS}/<int:invitation_id>")
    @gate.open_to_tokens("withdraw_invitation", scopes=SCOPES)
    def withdraw(principal: Principal, invitation_id: int) -> Response:
        """Take an invitation back."""
        invitations.withdraw_invitation(database, _acting(principal), invitation_id)
        return Response(status=204)


def _add_use(blueprint: Blueprint, runtime: Runtime, gate: Gate) -> None:
    database = runtime.database

    @blueprint.get("/api/v1/usage")
    @gate.open_to_tokens("get_usage", scopes=SCOPES)
    def usage(principal: Principal) -> Response:
        """Tell what the workspace used today and this month, and what it may."""
        with database.read_only(principal_scope(principal)) as uow:
            return private_answer(asdict(read_usage(uow)))

    @blueprint.put("/api/v1/quotas")
    @gate.open_to_tokens("set_quotas", scopes=SCOPES)
    def quotas(principal: Principal) -> Response:
        """Limit what the workspace uses."""
        given = QuotasRequest.model_validate(read_json(request.get_data()))
        wished = {quota: getattr(given, quota.value) for quota in Quota}
        workspaces.set_quotas(database, _acting(principal), wished)
        return Response(status=204)


def _acting(principal: Principal) -> Acting:
    """Return who administers: only the admin secret gives tokens that reach here."""
    return Acting(
        principal.workspace_id,
        principal.subject,
        is_operator=True,
        address=request.remote_addr,
    )
