"""What programs asked of API and MCP: how often, how it ended and how long it took."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from flask import Blueprint, Response, request, url_for

from talkhub.blueprints.dashboard.forms import (
    Name,
    PlaceText,
    UnsentIfEmpty,
    read_place,
    write_place,
)
from talkhub.blueprints.dashboard.pages import Frame, read_frame, reading, render_page
from talkhub.blueprints.runtime import Runtime
from talkhub.errors import Forbidden
from talkhub.store.queries.conversations import Position
from talkhub.store.queries.requests import (
    LOOKED_AT,
    PAGE,
    CallFigures,
    Ending,
    RequestFilter,
    RequestLine,
    latest_requests,
    requests_by_name,
)

PERIODS = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(days=7)}


class RequestsForm(UnsentIfEmpty):
    """The page's address; `name` is a tool or route, `principal` the name of a token or key."""

    period: Literal["hour", "day", "week"] = "day"
    name: Name | None = None
    principal: Name | None = None
    ending: Ending | None = None
    before: PlaceText | None = None


@dataclass(frozen=True, slots=True)
class RequestsPage:
    """Everything the page shows; the first of `calls` are all requests that are meant."""

    frame: Frame
    form: RequestsForm
    calls: tuple[CallFigures, ...]
    requests: tuple[RequestLine, ...]
    older: str | None
    most: int = LOOKED_AT

    @property
    def all(self) -> CallFigures:
        """What all of them come to."""
        return self.calls[0]

    @property
    def names(self) -> list[str]:
        """The names to choose from: those of the period, and the chosen one."""
        found = {call.name for call in self.calls} | {self.form.name}
        return sorted(name for name in found if name is not None)


def register(blueprint: Blueprint, runtime: Runtime) -> None:
    """Add the page to the dashboard, for owners and admins."""

    @blueprint.get("/requests")
    def requests() -> Response:
        form = RequestsForm.model_validate(request.args.to_dict())
        with reading(runtime.database) as uow:
            frame = read_frame(uow)
            if not frame.operates:
                raise Forbidden("Only owners and admins of the workspace see what was asked.")
            wanted = RequestFilter(
                since=frame.now - PERIODS[form.period],
                name=form.name,
                principal=form.principal,
                ending=form.ending,
            )
            calls = requests_by_name(uow, wanted)
            place = read_place(form.before)
            before = (place.last_message_at, place.id) if place else None
            found = latest_requests(uow, wanted, before=before)
        page = RequestsPage(frame, form, calls, found, _older(form, found))
        return render_page("dashboard/operating/requests.html", page)


def _older(form: RequestsForm, found: tuple[RequestLine, ...]) -> str | None:
    if len(found) < PAGE:
        return None
    said = form.model_dump(mode="json", exclude_none=True, exclude={"before"})
    place = write_place(Position(found[-1].requested_at, found[-1].id))
    return url_for("dashboard.requests", **said, before=place)
