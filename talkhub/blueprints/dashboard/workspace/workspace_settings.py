"""What is set of a workspace: its name, time zone and quotas; taken along, and deleted."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, redirect, request, url_for
from pydantic import BaseModel, ConfigDict, Field
from werkzeug.wrappers import Response

from talkhub.blueprints.dashboard.i18n import gettext as _
from talkhub.blueprints.dashboard.pages import Frame, read_frame, reading, render_page
from talkhub.blueprints.dashboard.visitors import visitor
from talkhub.blueprints.dashboard.workspace.administration import (
    ZONES,
    acting,
    fault,
    refuse_others,
    sent,
)
from talkhub.blueprints.runtime import Runtime
from talkhub.errors import Conflict, Invalid, Unauthenticated
from talkhub.extensions import limiter
from talkhub.names.workspaces import Quota
from talkhub.services.access.auth import DEFAULT_WORKSPACE_ID
from talkhub.services.access.browser_sessions import move_session
from talkhub.services.access.passwords import prove_password
from talkhub.services.administration.administering import overseeing
from talkhub.services.administration.agencies import agency_of
from talkhub.services.administration.usage import Usage, Used, read_usage
from talkhub.services.administration.workspaces import (
    WorkspaceFacts,
    change_workspace,
    close_workspace,
    may_set_quotas,
    set_quotas,
    workspace_facts,
    workspaces_of,
)
from talkhub.store.uow import workspace_scope

ATTEMPTS = "5 per minute"


class SettingsForm(BaseModel):
    """What the workspace is to be called, and where its days begin."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(default="", max_length=255)
    timezone: str = Field(default="", max_length=64)


class QuotasForm(BaseModel):
    """What the workspace may use; nothing is no limit."""

    model_config = ConfigDict(extra="forbid")

    requests_per_minute: str = Field(default="", max_length=20)
    messages_per_month: str = Field(default="", max_length=20)
    people_per_month: str = Field(default="", max_length=20)

    def quotas(self) -> dict[Quota, int | None]:
        """Return them as numbers; what is none is a number that no quota can be."""
        typed = {quota: getattr(self, quota.value).strip() for quota in Quota}
        return {
            quota: None if not text else int(text) if text.isascii() and text.isdigit() else -1
            for quota, text in typed.items()
        }


class DeleteForm(BaseModel):
    """The name of the workspace and the password of who deletes it."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(default="", max_length=255)
    password: str = Field(default="", max_length=1024)


@dataclass(frozen=True, slots=True)
class SettingsPage:
    """Everything the page shows; `refused` is said in the card that was filled in."""

    frame: Frame
    facts: WorkspaceFacts
    usage: Usage
    sets_quotas: bool
    card: str
    refused: str
    zones: tuple[str, ...] = ZONES

    @property
    def is_deletable(self) -> bool:
        """Whether who looks may delete it."""
        return self.frame.owns_workspace and self.facts.id != DEFAULT_WORKSPACE_ID

    @property
    def lines(self) -> list[tuple[str, Used]]:
        """What is used, by its name."""
        return [
            (_("Mensagens"), self.usage.messages),
            (_("Pessoas"), self.usage.people),
            (_("Eventos recebidos (UTC)"), self.usage.events),
            (_("Chamadas à API e ao MCP (UTC)"), self.usage.requests),
        ]


def register(blueprint: Blueprint, runtime: Runtime) -> None:
    """Add the settings of a workspace to the dashboard, for owners and admins."""
    database = runtime.database

    @blueprint.get("/settings")
    def settings() -> Response:
        return _page(runtime)

    @blueprint.post("/settings", endpoint="change_settings")
    def change() -> Response:
        form = SettingsForm.model_validate(sent())
        try:
            change_workspace(database, acting(), name=form.name, timezone=form.timezone.strip())
        except Invalid as refused:
            return _page(runtime, "name", fault(refused), status=422)
        return redirect(url_for("dashboard.settings"), 303)

    @blueprint.post("/settings/quotas", endpoint="set_quotas")
    def quotas() -> Response:
        form = QuotasForm.model_validate(sent())
        try:
            set_quotas(database, acting(), form.quotas())
        except Invalid as refused:
            return _page(runtime, "use", fault(refused), status=422)
        return redirect(url_for("dashboard.settings"), 303)

    _add_ways_out(blueprint, runtime)


def _add_ways_out(blueprint: Blueprint, runtime: Runtime) -> None:
    database = runtime.database

    # By POST: taking everything along is written down, and no link does that.
    @blueprint.post("/settings/archive", endpoint="archive_workspace")
    def archive() -> Response:
        with reading(database) as uow:
            refuse_others(read_frame(uow))
        who = visitor()
        scope = workspace_scope(who.workspace_id, who.username)
        return runtime.exports.send_archive(scope, address=request.remote_addr)

    @blueprint.post("/settings/delete", endpoint="delete_workspace")
    @limiter.limit(ATTEMPTS)
    def delete() -> Response:
        form = DeleteForm.model_validate(sent())
        who = visitor()
        try:
            prove_password(database, who, form.password, address=request.remote_addr or "")
            close_workspace(database, acting(), typed_name=form.name)
        except Unauthenticated:
            return _page(runtime, "delete", _("A senha não confere."), status=422)
        except (Invalid, Conflict) as refused:
            return _page(runtime, "delete", fault(refused), status=refused.status)
        with overseeing(database) as uow:
            left = workspaces_of(uow, who.username)
        if left:
            move_session(database, who, left[0].id)
        runtime.browser_sessions.forget()
        runtime.revoked.forget()
        return redirect(url_for("dashboard.workspaces"), 303)


def _page(runtime: Runtime, card: str = "", refused: str = "", *, status: int = 200) -> Response:
    with reading(runtime.database) as uow:
        frame = read_frame(uow)
        refuse_others(frame)
        usage = read_usage(uow)
    with overseeing(runtime.database) as uow:
        facts = workspace_facts(uow, visitor().workspace_id)
        agency = agency_of(uow, acting())
    sets_quotas = may_set_quotas(agency, is_owner=frame.owns_workspace)
    page = SettingsPage(frame, facts, usage, sets_quotas, card, refused)
    return render_page("dashboard/workspace/settings.html", page, status=status)
