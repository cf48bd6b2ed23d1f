"""The audit trail: who did what to what, and when; for owners and admins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask import Blueprint, Response, request, url_for

from talkhub.blueprints.dashboard.forms import AuditForm
from talkhub.blueprints.dashboard.pages import Frame, read_frame, reading, render_page
from talkhub.blueprints.dashboard.rights.audit_words import families
from talkhub.errors import Forbidden
from talkhub.store.queries.audit import AuditLine, SealedTrail, audit_page, sealed_trail
from talkhub.store.uow import Database


@dataclass(frozen=True, slots=True)
class TrailPage:
    """Everything the page shows; `older` is the address of what was before."""

    frame: Frame
    lines: tuple[AuditLine, ...]
    sealed: SealedTrail
    chosen: AuditForm
    older: str | None
    families: Mapping[str, str]

    @property
    def is_narrowed(self) -> bool:
        """Whether anything but the place is asked for."""
        return bool(self.chosen.model_dump(exclude_none=True, exclude={"before"}))


def register(blueprint: Blueprint, database: Database) -> None:
    """Add the page to the dashboard."""

    @blueprint.get("/privacy/audit")
    def audit() -> Response:
        form = AuditForm.model_validate(request.args.to_dict())
        with reading(database) as uow:
            frame = read_frame(uow)
            if not frame.manages_privacy:
                raise Forbidden("Only owners and admins of the workspace look through its trail.")
            found = audit_page(uow, form.wanted(frame.zone), before=form.before)
            sealed = sealed_trail(uow)
        page = TrailPage(frame, found.lines, sealed, form, _older(form, found.older), families())
        return render_page("dashboard/rights/audit.html", page)


def _older(form: AuditForm, before: int | None) -> str | None:
    if before is None:
        return None
    kept = form.model_dump(mode="json", exclude_none=True) | {"before": before}
    return url_for("dashboard.audit", **kept)
