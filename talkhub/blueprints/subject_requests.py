"""What people ask for under the law, over REST. Authentication: a token with `privacy:manage`."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any, Literal

from flask import Blueprint, Response, request, url_for
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from talkhub.blueprints.answers import private_answer
from talkhub.blueprints.gate import Gate
from talkhub.blueprints.runtime import Runtime
from talkhub.names import Scope
from talkhub.security import Principal
from talkhub.services.privacy.closing_requests import (
    Closing,
    RequestWish,
    close_request,
    match_request,
    record_request,
    take_request,
)
from talkhub.services.privacy.subject_requests import (
    LONGEST_TEXT,
    RequestKind,
    RequestState,
    SubjectRequest,
    answer_within,
    closed_requests,
    days_to_answer,
    find_request,
    open_requests,
)
from talkhub.store.base import LARGEST_ID
from talkhub.store.uow import UnitOfWork, principal_scope
from talkhub.strict_json import read_json

PATH, DAYS = "/api/v1/subject-requests", "/api/v1/subject-request-days"
ONE = f"{PATH}/<int:request_id>"
SCOPES = [Scope.PRIVACY_MANAGE]

Id = Annotated[str, StringConstraints(min_length=1, max_length=255, pattern=r"^[^\x00]*$")]
Text = Annotated[str, StringConstraints(max_length=LONGEST_TEXT)]
RowId = Annotated[int, Field(ge=1, le=LARGEST_ID)]


class AskedRequests(BaseModel):
    """Which requests are meant, and after which one the page begins."""

    model_config = ConfigDict(extra="forbid")

    state: Literal["open", "closed"] = "open"
    after: RowId | None = None


class NewRequest(BaseModel):
    """What somebody asked for, who asked and how; `user_id` may be an id of nobody known."""

    model_config = ConfigDict(extra="forbid")

    kind: RequestKind
    user_id: Id | None = None
    conversation_id: Id | None = None
    asked_by: Annotated[str, StringConstraints(max_length=255)] | None = None
    channel: Annotated[str, StringConstraints(max_length=60)] | None = None
    details: Text | None = None
    asked_at: AwareDatetime | None = None


class RequestChange(BaseModel):
    """What became of a request: whose it is, that somebody sees to it, or how it ended."""

    model_config = ConfigDict(extra="forbid")

    user_id: Id | None = None
    state: RequestState | None = None
    answer: Text | None = None
    correction_id: RowId | None = None


class DaysRequest(BaseModel):
    """Days by kind; what is not named stays as it is."""

    model_config = ConfigDict(extra="forbid")

    access: int | None = None
    correction: int | None = None
    erasure: int | None = None
    portability: int | None = None
    revocation: int | None = None
    review: int | None = None


def create_blueprint(runtime: Runtime, gate: Gate) -> Blueprint:
    """Return the routes on which requests are recorded, listed and answered."""
    blueprint = Blueprint("subject_requests", __name__)
    database = runtime.database

    @blueprint.get(PATH, endpoint="list")
    @gate.open_to_tokens("list_subject_requests", scopes=SCOPES)
    def list_(principal: Principal) -> Response:
        """List the open requests, what is due first first, or the closed ones."""
        asked = AskedRequests.model_validate(request.args.to_dict())
        listed = open_requests if asked.state == "open" else closed_requests
        with database.read_only(principal_scope(principal)) as uow:
            found = listed(uow, after=asked.after)
        return private_answer({"requests": [_told(it) for it in found]})

    @blueprint.post(PATH, endpoint="record")
    @gate.open_to_tokens("record_subject_request", scopes=SCOPES)
    def record(principal: Principal) -> Response:
        """Record that somebody asked for something."""
        given = NewRequest.model_validate(read_json(request.get_data()))
        with database.unit_of_work(principal_scope(principal)) as uow:
            request_id = record_request(uow, RequestWish(**given.model_dump()))
            response = _answer(uow, request_id, 201)
        response.headers["Location"] = url_for("subject_requests.one", request_id=request_id)
        return response

    @blueprint.get(ONE, endpoint="one")
    @gate.open_to_tokens("show_subject_request", scopes=SCOPES)
    def one(principal: Principal, request_id: int) -> Response:
        """Tell of one request."""
        with database.read_only(principal_scope(principal)) as uow:
            return _answer(uow, request_id)

    @blueprint.patch(ONE, endpoint="change")
    @gate.open_to_tokens("change_subject_request", scopes=SCOPES)
    def change(principal: Principal, request_id: int) -> Response:
        """Match a request with its person, take it up, or end it with its answer."""
        given = RequestChange.model_validate(read_json(request.get_data()))
        with database.unit_of_work(principal_scope(principal)) as uow:
            if given.user_id is not None:
                match_request(uow, request_id, given.user_id)
            if given.state is RequestState.IN_WORK:
                take_request(uow, request_id)
            elif given.state is not None:
                closing = Closing(given.state, given.answer, given.correction_id)
                close_request(uow, request_id, closing)
            return _answer(uow, request_id)

    _add_days(blueprint, runtime, gate)
    return blueprint


def _add_days(blueprint: Blueprint, runtime: Runtime, gate: Gate) -> None:
    database = runtime.database

    @blueprint.get(DAYS, endpoint="days")
    @gate.open_to_tokens("show_subject_request_days", scopes=SCOPES)
    def days(principal: Principal) -> Response:
        """Tell in how many days each kind of request is due."""
        with database.read_only(principal_scope(principal)) as uow:
            return private_answer({"days": days_to_answer(uow)})

    @blueprint.put(DAYS, endpoint="set_days")
    @gate.open_to_tokens("set_subject_request_days", scopes=SCOPES)
    def set_days(principal: Principal) -> Response:
        """Have requests that come from now on due in other numbers of days."""
        given = DaysRequest.model_validate(read_json(request.get_data()))
        with database.unit_of_work(principal_scope(principal)) as uow:
            for kind, number in given.model_dump(exclude_none=True).items():
                answer_within(uow, RequestKind(kind), number)
            return private_answer({"days": days_to_answer(uow)})


def _answer(uow: UnitOfWork, request_id: int, status: int = 200) -> Response:
    return private_answer(_told(find_request(uow, request_id)), status)


def _told(it: SubjectRequest) -> dict[str, Any]:
    return {**asdict(it), "is_overdue": it.is_overdue}
