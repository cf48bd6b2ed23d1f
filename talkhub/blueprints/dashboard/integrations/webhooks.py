"""The workspace's webhook endpoints and their log: made, tested, replayed, ended."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from flask import Blueprint, redirect, request, url_for
from pydantic import BaseModel, ConfigDict, Field
from werkzeug.wrappers import Response

from talkhub.blueprints.dashboard.i18n import gettext as _
from talkhub.blueprints.dashboard.pages import (
    Frame,
    read_frame,
    reading,
    render_page,
    writing,
)
from talkhub.blueprints.dashboard.shown_once import (
    Made,
    forget,
    made_just_now,
    redirect_to_show,
)
from talkhub.blueprints.runtime import Runtime
from talkhub.encryption import Keyring
from talkhub.errors import Conflict, Forbidden, Invalid, NotFound
from talkhub.names import EndpointState
from talkhub.outbound.guarded import GuardedClient
from talkhub.services.telling import webhooks
from talkhub.services.telling.webhooks import EVENTS, NewSecret
from talkhub.store.base import LARGEST_ID
from talkhub.store.queries.webhooks import (
    PAGE,
    DeliveryLine,
    EndpointLine,
    list_deliveries,
    list_endpoints,
)
from talkhub.store.uow import UnitOfWork


@dataclass(frozen=True, slots=True)
class WebhooksPage:
    """Everything the page shows; `made` is a secret on the one occasion to show it."""

    frame: Frame
    endpoints: tuple[EndpointLine, ...]
    events: tuple[str, ...]
    made: Made | None = None
    message: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class EndpointPage:
    """One endpoint with a page of its log; `older` is where the next page begins."""

    frame: Frame
    endpoint: EndpointLine
    deliveries: tuple[DeliveryLine, ...]
    older: int | None


class LogForm(BaseModel):
    """The log's address."""

    model_config = ConfigDict(extra="forbid")

    before: int | None = Field(default=None, ge=1, le=LARGEST_ID)


class ReplayForm(BaseModel):
    """What is to be delivered again: one message, or what failed in a time of the workspace's."""

    model_config = ConfigDict(extra="forbid")

    delivery_id: int | None = Field(default=None, ge=1, le=LARGEST_ID)
    start: datetime | None = None
    end: datetime | None = None


def register(blueprint: Blueprint, runtime: Runtime) -> None:
    """Add the webhooks to the dashboard, for owners and admins."""
    keyring = runtime.settings.keyring
    client = replace(runtime.outbound, reaches_loopback=runtime.settings.webhooks_reach_loopback)
    _register_endpoints(blueprint, runtime, client, keyring)
    _register_log(blueprint, runtime, client)


def _register_endpoints(
    blueprint: Blueprint, runtime: Runtime, client: GuardedClient, keyring: Keyring
) -> None:
    def shown(made: NewSecret) -> Response:
        path = url_for("dashboard.webhooks")
        return redirect_to_show(Made(made.url, made.secret), path=path, keyring=keyring)

    @blueprint.get("/webhooks", endpoint="webhooks")
    def show_all() -> Response:
        response = _list(runtime, made=made_just_now(keyring))
        forget(response, path=url_for("dashboard.webhooks"))
        return response

    @blueprint.post("/webhooks", endpoint="create_webhook")
    def create() -> Response:
        url, events = request.form.get("url", ""), request.form.getlist("events")
        try:
            with _managing(runtime) as uow:
                made = webhooks.create_endpoint(
                    uow, client, url=url, events=events, keyring=keyring
                )
        except Invalid:
            message = _("Informe um endereço https público e marque pelo menos um evento.")
            return _list(runtime, message=message, url=url, status=422)
        except Conflict:
            message = _("O limite de endereços deste espaço foi atingido.")
            return _list(runtime, message=message, url=url, status=409)
        return shown(made)

    @blueprint.post("/webhooks/<int:endpoint_id>/rotate", endpoint="rotate_webhook")
    def rotate(endpoint_id: int) -> Response:
        with _managing(runtime) as uow:
            made = webhooks.rotate_secret(uow, endpoint_id, keyring=keyring)
        return shown(made)

    @blueprint.post("/webhooks/<int:endpoint_id>/delete", endpoint="delete_webhook")
    def delete(endpoint_id: int) -> Response:
        with _managing(runtime) as uow:
            webhooks.delete_endpoint(uow, endpoint_id)
        return redirect(url_for("dashboard.webhooks"), 303)


def _register_log(blueprint: Blueprint, runtime: Runtime, client: GuardedClient) -> None:
    @blueprint.get("/webhooks/<int:endpoint_id>", endpoint="webhook")
    def show(endpoint_id: int) -> Response:
        return _log(runtime, endpoint_id, LogForm.model_validate(request.args.to_dict()))

    @blueprint.post("/webhooks/<int:endpoint_id>/test", endpoint="test_webhook")
    def test(endpoint_id: int) -> Response:
        with _managing(runtime) as uow:
            webhooks.send_test(uow, endpoint_id)
        return _back(endpoint_id)

    @blueprint.post("/webhooks/<int:endpoint_id>/state", endpoint="switch_webhook")
    def switch(endpoint_id: int) -> Response:
        is_wanted = request.form.get("state") == EndpointState.ACTIVE
        state = EndpointState.ACTIVE if is_wanted else EndpointState.DISABLED
        with _managing(runtime) as uow:
            webhooks.change_endpoint(uow, client, endpoint_id, state=state)
        return _back(endpoint_id)

    @blueprint.post("/webhooks/<int:endpoint_id>/replay", endpoint="replay_webhook")
    def replay(endpoint_id: int) -> Response:
        given = {name: value for name, value in request.form.items() if value}
        form = ReplayForm.model_validate(given)
        with _managing(runtime) as uow:
            zone = read_frame(uow).zone
            webhooks.replay(
                uow,
                endpoint_id,
                ids=None if form.delivery_id is None else [form.delivery_id],
                start=_in_zone(form.start, zone),
                end=_in_zone(form.end, zone),
            )
        return _back(endpoint_id)


def _in_zone(moment: datetime | None, zone: ZoneInfo) -> datetime | None:
    """Read a form's time, which names no zone, as one of the workspace."""
    return moment if moment is None or moment.tzinfo else moment.replace(tzinfo=zone)


def _back(endpoint_id: int) -> Response:
    return redirect(url_for("dashboard.webhook", endpoint_id=endpoint_id), 303)


@contextmanager
def _managing(runtime: Runtime) -> Iterator[UnitOfWork]:
    with writing(runtime.database) as uow:
        _refuse_others(read_frame(uow))
        yield uow


def _refuse_others(frame: Frame) -> None:
    if not frame.manages_webhooks:
        raise Forbidden("Only owners and admins of the workspace manage its webhooks.")


def _list(
    runtime: Runtime,
    *,
    made: Made | None = None,
    message: str = "",
    url: str = "",
    status: int = 200,
) -> Response:
    with reading(runtime.database) as uow:
        frame = read_frame(uow)
        _refuse_others(frame)
        page = WebhooksPage(frame, list_endpoints(uow), EVENTS, made, message, url)
    return render_page("dashboard/integrations/webhooks.html", page, status=status)


def _log(runtime: Runtime, endpoint_id: int, form: LogForm) -> Response:
    with reading(runtime.database) as uow:
        frame = read_frame(uow)
        _refuse_others(frame)
        found = list_endpoints(uow, endpoint_id) if endpoint_id <= LARGEST_ID else ()
        if not found:
            raise NotFound("There is no such endpoint.")
        deliveries = list_deliveries(uow, endpoint_id, before=form.before)
    older = deliveries[-1].id if len(deliveries) == PAGE else None
    return render_page(
        "dashboard/integrations/webhook.html", EndpointPage(frame, found[0], deliveries, older)
    )
