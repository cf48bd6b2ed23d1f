"""One request of a person, and what is done about it; for owners and admins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from flask import Blueprint, redirect, request, url_for
from pydantic import Field, ValidationError
from werkzeug.wrappers import Response

from talkhub.blueprints.dashboard.forms import UnsentIfEmpty
from talkhub.blueprints.dashboard.i18n import gettext as _
from talkhub.blueprints.dashboard.pages import Frame, read_frame, reading, render_page
from talkhub.blueprints.dashboard.rights.subject_requests import REFUSAL, Said, managing
from talkhub.blueprints.dashboard.shown_corrections import ShownCorrection, standing_corrections
from talkhub.errors import Forbidden, Invalid
from talkhub.services.fitting import without_nul
from talkhub.services.privacy.closing_requests import (
    DONE_BY_A_COPY,
    DONE_BY_ERASING,
    RECEIPT_MISSING,
    Closing,
    close_request,
    match_request,
    take_request,
)
from talkhub.services.privacy.subject_requests import (
    LONGEST_TEXT,
    RequestKind,
    RequestState,
    SubjectRequest,
    find_request,
)
from talkhub.store.base import LARGEST_ID
from talkhub.store.uow import Database


class ClosingForm(UnsentIfEmpty):
    """How a request ends, as it is typed."""

    state: Literal[RequestState.DONE, RequestState.REFUSED]
    answer: str | None = Field(default=None, max_length=LONGEST_TEXT)
    correction_id: int | None = None


class MatchForm(UnsentIfEmpty):
    """Whom a request is about."""

    user_id: Said = ""


@dataclass(frozen=True, slots=True)
class RequestPage:
    """Everything the page shows; `corrections` are those of the conversation to be reviewed."""

    frame: Frame
    request: SubjectRequest
    corrections: list[ShownCorrection]
    refused: str = ""
    longest: int = LONGEST_TEXT

    @property
    def is_done_by_a_copy(self) -> bool:
        """Whether the copy of the person's data answers it."""
        return self.request.kind in DONE_BY_A_COPY

    @property
    def is_done_by_erasing(self) -> bool:
        """Whether erasing the person answers it."""
        return self.request.kind in DONE_BY_ERASING

    @property
    def is_review(self) -> bool:
        """Whether it asks for somebody to look at what the analysis said."""
        return self.request.kind is RequestKind.REVIEW


def register(blueprint: Blueprint, database: Database) -> None:
    """Add the page to the dashboard, and what is done on it."""

    @blueprint.get("/privacy/requests/<int:request_id>", endpoint="subject_request")
    def show(request_id: int) -> Response:
        return _page(database, request_id)

    @blueprint.post("/privacy/requests/<int:request_id>/take")
    def take_subject_request(request_id: int) -> Response:
        with managing(database) as uow:
            take_request(uow, request_id)
        return _back(request_id)

    @blueprint.post("/privacy/requests/<int:request_id>/match")
    def match_subject_request(request_id: int) -> Response:
        try:
            with managing(database) as uow:
                form = MatchForm.model_validate(request.form.to_dict())
                match_request(uow, request_id, form.user_id)
        except (ValidationError, Invalid):
            message = _("Não há pessoa com este identificador.")
            return _page(database, request_id, refused=message, status=422)
        return _back(request_id)

    @blueprint.post("/privacy/requests/<int:request_id>/close")
    def close_subject_request(request_id: int) -> Response:
        typed = {name: without_nul(value) for name, value in request.form.items()}
        try:
            with managing(database) as uow:
                form = ClosingForm.model_validate(typed)
                closing = Closing(RequestState(form.state), form.answer, form.correction_id)
                close_request(uow, request_id, closing)
        except (ValidationError, Invalid) as problem:
            message = _("Escreva o que foi respondido, ou escolha a correção que foi feita.")
            if isinstance(problem, Invalid) and problem.first_code == RECEIPT_MISSING:
                message = _(
                    "Esta pessoa ainda não foi apagada: apague-a, o que encerra o pedido com o"
                    " recibo, ou encerre-o como recusado."
                )
            return _page(database, request_id, refused=message, status=422)
        return _back(request_id)


def _back(request_id: int) -> Response:
    return redirect(url_for("dashboard.subject_request", request_id=request_id), 303)


def _page(database: Database, request_id: int, *, refused: str = "", status: int = 200) -> Response:
    with reading(database) as uow:
        frame = read_frame(uow)
        if not frame.manages_privacy:
            raise Forbidden(REFUSAL)
        found = find_request(uow, min(request_id, LARGEST_ID))
        talk = found.conversation_id
        corrections = standing_corrections(uow, talk) if talk is not None else []
        page = RequestPage(frame, found, corrections, refused)
    return render_page("dashboard/rights/subject_request.html", page, status=status)
