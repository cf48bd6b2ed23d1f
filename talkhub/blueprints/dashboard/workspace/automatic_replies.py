"""How the workspace wants automatic replies, what they are found in, and the latest ones."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, redirect, request, url_for
from pydantic import BaseModel, ConfigDict, ValidationError
from werkzeug.wrappers import Response

from talkhub.blueprints.dashboard.i18n import gettext as _
from talkhub.blueprints.dashboard.pages import Frame, read_frame, reading, render_page, writing
from talkhub.blueprints.replies import SettingsRequest
from talkhub.blueprints.runtime import Runtime
from talkhub.errors import Conflict, Forbidden, Invalid
from talkhub.replies.passages import SourceFormat
from talkhub.services.answering.reply_settings import (
    ReplySettings,
    set_settings,
    settings_of,
    threshold_of,
)
from talkhub.services.answering.sources import Source, delete_source, import_source, list_sources
from talkhub.services.answering.verdicts import Reply, list_replies
from talkhub.store.uow import UnitOfWork

LATEST_SHOWN = 20


@dataclass(frozen=True, slots=True)
class RepliesPage:
    """Everything the page shows. `refused` says what of a form was not taken.

    `model` is empty where nobody has named one.
    """

    frame: Frame
    settings: ReplySettings
    threshold: float
    sources: list[Source]
    latest: list[Reply]
    refused: str
    model: str


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid")


class SourceForm(_Form):
    """What the form of a source sends."""

    name: str
    format: SourceFormat
    text: str


def register(blueprint: Blueprint, runtime: Runtime) -> None:
    """Add the page to the dashboard, for owners and admins."""
    database, model = runtime.database, runtime.settings.language_model

    def show(refused: str = "") -> Response:
        with reading(database) as uow:
            page = _page(uow, refused, model)
        return render_page("dashboard/workspace/automatic_replies.html", page)

    def refuse() -> Response:
        response = show(_("Isto não foi aceito: confira os campos e o texto da fonte."))
        response.status_code = Invalid.status
        return response

    @blueprint.get("/replies", endpoint="automatic_replies")
    def page() -> Response:
        return show()

    @blueprint.post("/replies", endpoint="set_automatic_replies")
    def change() -> Response:
        try:
            with writing(database) as uow:
                _refuse_others(read_frame(uow))
                # A browser sends empty fields too: those are what is not set.
                given = {name: text for name, text in request.form.items() if text}
                wanted = SettingsRequest.model_validate(given).as_settings()
                set_settings(uow, wanted, has_model=bool(model), address=request.remote_addr)
        except (Invalid, ValidationError):
            return refuse()
        return _back()

    @blueprint.post("/replies/sources", endpoint="import_reply_source")
    def add() -> Response:
        try:
            with writing(database) as uow:
                _refuse_others(read_frame(uow))
                form = SourceForm.model_validate(request.form.to_dict())
                import_source(uow, form.name, form.text, form.format)
        except (Conflict, Invalid, ValidationError):
            return refuse()
        return _back()

    @blueprint.post("/replies/sources/<int:source_id>/delete", endpoint="delete_reply_source")
    def delete(source_id: int) -> Response:
        with writing(database) as uow:
            _refuse_others(read_frame(uow))
            delete_source(uow, source_id)
        return _back()


def _back() -> Response:
    return redirect(url_for("dashboard.automatic_replies"), 303)


def _page(uow: UnitOfWork, refused: str, model: str | None) -> RepliesPage:
    frame = read_frame(uow)
    _refuse_others(frame)
    settings = settings_of(uow)
    return RepliesPage(
        frame=frame,
        settings=settings,
        threshold=threshold_of(uow, settings),
        sources=list_sources(uow),
        latest=list_replies(uow, limit=LATEST_SHOWN),
        refused=refused,
        model=model or "",
    )


def _refuse_others(frame: Frame) -> None:
    if not frame.manages_replies:
        raise Forbidden("Only owners and admins of the workspace decide what is answered for it.")
