"""The audit trail over REST. Authentication: a bearer token with `privacy:manage`."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from flask import Blueprint, Response, request
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from talkhub.blueprints.answers import private_answer
from talkhub.blueprints.gate import Gate
from talkhub.blueprints.runtime import Runtime
from talkhub.names import Scope
from talkhub.security import Principal
from talkhub.store.base import LARGEST_ID
from talkhub.store.queries.analytics import Period
from talkhub.store.queries.audit import AuditFilter, audit_page
from talkhub.store.uow import principal_scope

PATH = "/api/v1/audit"
Text = Annotated[str, StringConstraints(min_length=1, max_length=255, pattern=r"^[^\x00]+$")]


class AskedTrail(BaseModel):
    """Which entries are meant, and before which one the page begins."""

    model_config = ConfigDict(extra="forbid")

    actor: Text | None = None
    action: Text | None = None
    subject: Text | None = None
    start: AwareDatetime | None = None
    end: AwareDatetime | None = None
    before: Annotated[int, Field(ge=1, le=LARGEST_ID)] | None = None

    def wanted(self) -> AuditFilter:
        """Return the filter that this stands for."""
        period = Period(self.start, self.end)
        return AuditFilter(self.actor, self.action, self.subject, period)


def create_blueprint(runtime: Runtime, gate: Gate) -> Blueprint:
    """Return the route on which the trail is looked through."""
    blueprint = Blueprint("audit", __name__)

    @blueprint.get(PATH, endpoint="list")
    @gate.open_to_tokens("list_audit", scopes=[Scope.PRIVACY_MANAGE])
    def list_(principal: Principal) -> Response:
        """List the trail's entries, the newest first, a page at a time."""
        asked = AskedTrail.model_validate(request.args.to_dict())
        with runtime.database.read_only(principal_scope(principal)) as uow:
            page = audit_page(uow, asked.wanted(), before=asked.before)
        entries = [asdict(line) for line in page.lines]
        return private_answer({"entries": entries, "older": page.older})

    return blueprint
