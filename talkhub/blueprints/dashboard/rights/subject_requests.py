"""What people asked for under the law, by the day it is due; for owners and admins."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from flask import Blueprint, redirect, request, url_for
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from werkzeug.wrappers import Response

from talkhub.blueprints.dashboard.forms import Day, UnsentIfEmpty
from talkhub.blueprints.dashboard.i18n import gettext as _
from talkhub.blueprints.dashboard.pages import (
    Frame,
    read_frame,
    reading,
    render_page,
    writing_if,
)
from talkhub.blueprints.dashboard.rights.request_words import request_kinds
from talkhub.errors import Forbidden, Invalid
from talkhub.services.fitting import without_nul
from talkhub.services.privacy.closing_requests import RequestWish, record_request
from talkhub.services.privacy.subject_requests import (
    LONGEST_TEXT,
    MOST_DAYS,
    PAGE,
    RequestKind,
    SubjectRequest,
    answer_within,
    closed_requests,
    days_to_answer,
    open_requests,
    requests_of,
)
from talkhub.services.reporting.calendar_steps import midnight
from talkhub.store.base import LARGEST_ID
from talkhub.store.queries.person_pages import known_ids
from talkhub.store.uow import Database, UnitOfWork

REFUSAL = "Only owners and admins of the workspace see to what people ask for."
Said = Annotated[str, StringConstraints(max_length=255)]


class RequestsForm(UnsentIfEmpty):
    """The page's address: which requests, and of which conversation a new one is a review.

    Of a `person` all requests are listed, and a new one is theirs.
    """

    state: Literal["open", "closed"] = "open"
    after: Annotated[int, Field(ge=1, le=LARGEST_ID)] | None = None
    person: Annotated[int, Field(ge=1, le=LARGEST_ID)] | None = None
    conversation: Said | None = None


class RequestForm(UnsentIfEmpty):
    """A new request as it is typed; without a day it was asked just now."""

    kind: RequestKind
    user_id: Said | None = None
    conversation_id: Said | None = None
    asked_by: Said | None = None
    channel: Annotated[str, StringConstraints(max_length=60)] | None = None
    details: Annotated[str, StringConstraints(max_length=LONGEST_TEXT)] | None = None
    asked_on: Day | None = None

    def wish(self, zone: ZoneInfo) -> RequestWish:
        """Return what was asked for; a day is its beginning, so that none is gained."""
        typed = self.model_dump(exclude={"asked_on"})
        return RequestWish(**typed, asked_at=self._asked_at(zone))

    def _asked_at(self, zone: ZoneInfo) -> datetime | None:
        return midnight(self.asked_on, zone) if self.asked_on else None


class DaysForm(BaseModel):
    """In how many days each kind is answered, as it is typed."""

    model_config = ConfigDict(extra="forbid")

    access: int
    correction: int
    erasure: int
    portability: int
    revocation: int
    review: int


@dataclass(frozen=True, slots=True)
class RequestsPage:
    """Everything the page shows; `typed` is what the form of a new request begins with."""

    frame: Frame
    form: RequestsForm
    requests: list[SubjectRequest]
    kinds: Mapping[str, str]
    days: Mapping[RequestKind, int]
    typed: Mapping[str, str]
    refused: str = ""
    most_days: int = MOST_DAYS
    longest: int = LONGEST_TEXT

    @property
    def next_page(self) -> str | None:
        """The address of what follows, if anything may."""
        if len(self.requests) < PAGE or self.form.person is not None:
            return None
        after = self.requests[-1].id
        return url_for("dashboard.subject_requests", state=self.form.state, after=after)


def register(blueprint: Blueprint, database: Database) -> None:
    """Add the page to the dashboard."""

    @blueprint.get("/privacy/requests")
    def subject_requests() -> Response:
        return _page(database, RequestsForm.model_validate(request.args.to_dict()))

    @blueprint.post("/privacy/requests")
    def record_subject_request() -> Response:
        typed = {name: without_nul(value) for name, value in request.form.items()}
        try:
            with managing(database) as uow:
                wish = RequestForm.model_validate(typed).wish(read_frame(uow).zone)
                request_id = record_request(uow, wish)
        except ValidationError:
            message = _("Diga o que foi pedido e sobre quem; o dia como dia.")
        except Invalid as error:
            message = _fault(error.first_code)
        else:
            return redirect(url_for("dashboard.subject_request", request_id=request_id), 303)
        return _page(database, RequestsForm(), typed=typed, refused=message, status=422)

    @blueprint.post("/privacy/requests/days")
    def set_request_days() -> Response:
        try:
            with managing(database) as uow:
                wanted = DaysForm.model_validate(request.form.to_dict())
                for kind, days in wanted.model_dump().items():
                    answer_within(uow, RequestKind(kind), days)
        except (ValidationError, Invalid):
            message = _("Há um prazo fora do que é possível.")
            return _page(database, RequestsForm(), refused=message, status=422)
        return redirect(url_for("dashboard.subject_requests"), 303)


def managing(database: Database) -> AbstractContextManager[UnitOfWork]:
    """Begin what only those may who see to people's rights."""
    return writing_if(database, attrgetter("manages_privacy"), refusal=REFUSAL)


def _page(
    database: Database,
    form: RequestsForm,
    *,
    typed: Mapping[str, str] | None = None,
    refused: str = "",
    status: int = 200,
) -> Response:
    with reading(database) as uow:
        frame = read_frame(uow)
        if not frame.manages_privacy:
            raise Forbidden(REFUSAL)
        found = _found(uow, form)
        begun = _about(uow, form) if typed is None else typed
        page = RequestsPage(
            frame, form, found, request_kinds(), days_to_answer(uow), begun, refused
        )
    return render_page("dashboard/rights/subject_requests.html", page, status=status)


def _found(uow: UnitOfWork, form: RequestsForm) -> list[SubjectRequest]:
    if form.person is not None:
        return requests_of(uow, form.person)
    listed = open_requests if form.state == "open" else closed_requests
    return listed(uow, after=form.after)


def _about(uow: UnitOfWork, form: RequestsForm) -> dict[str, str]:
    """Return what is known of a new request before anybody types."""
    if form.conversation is not None:
        return {"kind": RequestKind.REVIEW, "conversation_id": form.conversation}
    ids = known_ids(uow, form.person) if form.person is not None else ()
    return {"user_id": ids[0].user_id} if ids else {}


def _fault(code: str) -> str:
    names = {
        "at_invalid": _("Este dia ainda não chegou, ou é de antes da lei."),
        "conversation_unknown": _("Esta pessoa não tem esta conversa."),
    }
    return names.get(code, _("Diga sobre quem é o pedido."))
