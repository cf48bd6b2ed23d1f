"""Webhook endpoints over REST. Authentication: a bearer token with `webhooks:manage`."""

from __future__ import annotations

from dataclasses import asdict, replace

from flask import Blueprint, Response, request, url_for
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from talkhub.blueprints.answers import private_answer
from talkhub.blueprints.gate import Gate
from talkhub.blueprints.runtime import Runtime
from talkhub.errors import NotFound
from talkhub.names import EndpointState, OutboundState, Scope
from talkhub.security import Principal
from talkhub.services.telling import webhooks
from talkhub.services.telling.webhooks import NewSecret
from talkhub.store.base import LARGEST_ID
from talkhub.store.queries.webhooks import find_delivery, list_deliveries, list_endpoints
from talkhub.store.uow import principal_scope
from talkhub.strict_json import read_json

PATH = "/api/v1/webhook-endpoints"
ONE = f"{PATH}/<int:endpoint_id>"
SCOPES = [Scope.WEBHOOKS_MANAGE]
MAX_IDS = 1000


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class EndpointRequest(_Body):
    """What a new endpoint is to be."""

    url: str
    events: list[str]


class EndpointChange(_Body):
    """What of an endpoint is to change."""

    url: str | None = None
    events: list[str] | None = None
    state: EndpointState | None = None


class ReplayRequest(_Body):
    """What is to be delivered again: messages by their ids, or those of a time."""

    delivery_ids: list[int] | None = Field(default=None, max_length=MAX_IDS)
    start: AwareDatetime | None = None
    end: AwareDatetime | None = None
    only_failed: bool = True


class LogPage(_Body):
    """Which page of a log is wanted."""

    before: int | None = Field(default=None, ge=1, le=LARGEST_ID)
    state: OutboundState | None = None


def create_blueprint(runtime: Runtime, gate: Gate) -> Blueprint:
    """Return the routes on which endpoints are made, looked after and ended."""
    blueprint = Blueprint("webhook_endpoints", __name__)
    _register_endpoints(blueprint, runtime, gate)
    _register_log(blueprint, runtime, gate)
    return blueprint


def _register_endpoints(blueprint: Blueprint, runtime: Runtime, gate: Gate) -> None:
    database, keyring = runtime.database, runtime.settings.keyring
    client = replace(runtime.outbound, reaches_loopback=runtime.settings.webhooks_reach_loopback)

    @blueprint.get(PATH, endpoint="list")
    @gate.open_to_tokens("list_webhook_endpoints", scopes=SCOPES)
    def list_(principal: Principal) -> Response:
        """List the workspace's endpoints and how they fare; never their secrets."""
        with database.read_only(principal_scope(principal)) as uow:
            found = list_endpoints(uow)
        return private_answer({"webhook_endpoints": [asdict(line) for line in found]})

    @blueprint.post(PATH)
    @gate.open_to_tokens("create_webhook_endpoint", scopes=SCOPES)
    def create(principal: Principal) -> Response:
        """Make an endpoint; the answer is the only place where its secret stands."""
        scope = principal_scope(principal)
        given = EndpointRequest.model_validate(read_json(request.get_data()))
        with database.unit_of_work(scope) as uow:
            made = webhooks.create_endpoint(
                uow, client, url=given.url, events=given.events, keyring=keyring
            )
        return _made(made)

    @blueprint.patch(ONE)
    @gate.open_to_tokens("change_webhook_endpoint", scopes=SCOPES)
    def change(principal: Principal, endpoint_id: int) -> Response:
        """Change an endpoint's address, events or state."""
        scope = principal_scope(principal)
        given = EndpointChange.model_validate(read_json(request.get_data()))
        with database.unit_of_work(scope) as uow:
            webhooks.change_endpoint(
                uow, client, endpoint_id, url=given.url, events=given.events, state=given.state
            )
            (found,) = list_endpoints(uow, endpoint_id)
        return private_answer(asdict(found))

    @blueprint.delete(ONE)
    @gate.open_to_tokens("delete_webhook_endpoint", scopes=SCOPES)
    def delete(principal: Principal, endpoint_id: int) -> Response:
        """End an endpoint."""
        with database.unit_of_work(principal_scope(principal)) as uow:
            webhooks.delete_endpoint(uow, endpoint_id)
        return Response(status=204)

    @blueprint.post(f"{ONE}/rotate")
    @gate.open_to_tokens("rotate_webhook_secret", scopes=SCOPES)
    def rotate(principal: Principal, endpoint_id: int) -> Response:
        """Give an endpoint a new secret; the old one signs beside it for a day."""
        with database.unit_of_work(principal_scope(principal)) as uow:
            made = webhooks.rotate_secret(uow, endpoint_id, keyring=keyring)
        return _made(made)


def _register_log(blueprint: Blueprint, runtime: Runtime, gate: Gate) -> None:
    database = runtime.database

    @blueprint.post(f"{ONE}/test")
    @gate.open_to_tokens("test_webhook_endpoint", scopes=SCOPES)
    def test(principal: Principal, endpoint_id: int) -> Response:
        """Have `webhook.test` delivered; the log tells how it went."""
        with database.unit_of_work(principal_scope(principal)) as uow:
            delivery_id = webhooks.send_test(uow, endpoint_id)
        response = private_answer({"delivery_id": delivery_id}, 202)
        response.headers["Location"] = url_for(
            "webhook_endpoints.delivery", endpoint_id=endpoint_id, delivery_id=delivery_id
        )
        return response

    @blueprint.post(f"{ONE}/replay")
    @gate.open_to_tokens("replay_webhooks", scopes=SCOPES)
    def replay(principal: Principal, endpoint_id: int) -> Response:
        """Deliver messages again, with the ids that they had."""
        scope = principal_scope(principal)
        given = ReplayRequest.model_validate(read_json(request.get_data()))
        with database.unit_of_work(scope) as uow:
            count = webhooks.replay(
                uow,
                endpoint_id,
                ids=given.delivery_ids,
                start=given.start,
                end=given.end,
                only_failed=given.only_failed,
            )
        return private_answer({"replayed": count}, 202)

    @blueprint.get(f"{ONE}/deliveries")
    @gate.open_to_tokens("list_webhook_deliveries", scopes=SCOPES)
    def deliveries(principal: Principal, endpoint_id: int) -> Response:
        """List what an endpoint was or is to be sent, the newest first."""
        scope = principal_scope(principal)
        page = LogPage.model_validate(request.args.to_dict())
        with database.read_only(scope) as uow:
            found = list_deliveries(uow, _known(endpoint_id), before=page.before, state=page.state)
        return private_answer({"deliveries": [asdict(line) for line in found]})

    @blueprint.get(f"{ONE}/deliveries/<int:delivery_id>")
    @gate.open_to_tokens("find_webhook_delivery", scopes=SCOPES)
    def delivery(principal: Principal, endpoint_id: int, delivery_id: int) -> Response:
        """Tell a message's body and its attempts."""
        with database.read_only(principal_scope(principal)) as uow:
            found = find_delivery(uow, _known(endpoint_id), _known(delivery_id))
        if found is None:
            raise NotFound("There is no such message.")
        tries = [asdict(line) for line in found.tries]
        return private_answer({**asdict(found.message), "payload": found.payload, "tries": tries})


def _known(id_: int) -> int:
    if id_ > LARGEST_ID:
        raise NotFound("There is no such endpoint or message.")
    return id_


def _made(made: NewSecret) -> Response:
    document = {"id": made.endpoint_id, "url": made.url, "secret": made.secret}
    response = private_answer(document, 201)
    response.headers["Location"] = url_for("webhook_endpoints.list")
    return response
