"""CRMs and their rules over REST. Authentication: a bearer token with `webhooks:manage`."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

from flask import Blueprint, Response, request, url_for
from pydantic import BaseModel, ConfigDict, Field

from talkhub.blueprints.answers import private_answer
from talkhub.blueprints.crm_webhooks import webhook_url
from talkhub.blueprints.gate import Gate
from talkhub.blueprints.runtime import Runtime
from talkhub.names import EndpointState, Scope
from talkhub.names.crm import CRMHearing, CRMKind
from talkhub.outbound.guarded import GuardedClient
from talkhub.outbound.senders.base import Hosts
from talkhub.security import Principal
from talkhub.services.connecting import connectors
from talkhub.services.connecting.connectors import ConnectorChange, ConnectorLine
from talkhub.services.connecting.rules import CRMRule, add_rule, delete_rule, list_rules
from talkhub.services.connecting.sessions import SignIn
from talkhub.services.labelling.own_labels import known_intents
from talkhub.settings import Settings
from talkhub.store.base import LARGEST_ID
from talkhub.store.uow import principal_scope
from talkhub.strict_json import read_json

PATH = "/api/v1/crm-connectors"
ONE = f"{PATH}/<int:connector_id>"
RULES = "/api/v1/crm-rules"
SCOPES = [Scope.WEBHOOKS_MANAGE]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ConnectorRequest(_Body):
    """What a new CRM is to be."""

    kind: CRMKind
    name: str = ""
    address: str = ""
    credentials: dict[str, str]
    fields: dict[str, str] = {}
    hears: CRMHearing = CRMHearing.NOTHING
    webhook_secret: str = ""


class ConnectorPatch(_Body):
    """What of a CRM is to change."""

    name: str | None = None
    address: str | None = None
    credentials: dict[str, str] | None = None
    fields: dict[str, str] | None = None
    state: EndpointState | None = None
    hears: CRMHearing | None = None
    webhook_secret: str | None = None


class RuleRequest(_Body):
    """What a new rule is to be."""

    connector_id: int = Field(ge=1, le=LARGEST_ID)
    event: str
    action: str
    text: str = ""
    pipeline: str = ""
    stage: str = ""
    sentiments: list[str] = []
    intents: list[str] = []


def create_blueprint(runtime: Runtime, gate: Gate) -> Blueprint:
    """Return the routes on which CRMs are connected, tested, given rules and taken away."""
    blueprint = Blueprint("crm", __name__)
    _register_connectors(blueprint, runtime, gate)
    _register_test(blueprint, runtime, gate)
    _register_rules(blueprint, runtime, gate)
    return blueprint


def client_for(runtime: Runtime, kind: str) -> GuardedClient:
    """Return what calls a CRM: one that a customer runs may be on this machine, by a setting."""
    is_generic = kind == CRMKind.GENERIC
    reaches = is_generic and runtime.settings.webhooks_reach_loopback
    return replace(runtime.outbound, reaches_loopback=reaches)


def _register_connectors(blueprint: Blueprint, runtime: Runtime, gate: Gate) -> None:
    database, keyring = runtime.database, runtime.settings.keyring

    @blueprint.get(PATH, endpoint="list")
    @gate.open_to_tokens("list_crm_connectors", scopes=SCOPES)
    def list_(principal: Principal) -> Response:
        """List the workspace's CRMs and how they fare; never their tokens."""
        with database.read_only(principal_scope(principal)) as uow:
            found = connectors.list_connectors(uow)
        told = [_told(line, runtime.settings) for line in found]
        return private_answer({"crm_connectors": told})

    @blueprint.post(PATH)
    @gate.open_to_tokens("add_crm_connector", scopes=SCOPES)
    def add(principal: Principal) -> Response:
        """Connect a CRM. Its token is kept encrypted and told to nobody."""
        scope = principal_scope(principal)
        given = ConnectorRequest.model_validate(read_json(request.get_data()))
        change = ConnectorChange(**given.model_dump(exclude={"kind"}))
        client = client_for(runtime, given.kind)
        with database.unit_of_work(scope) as uow:
            connector_id = connectors.add_connector(
                uow, client, given.kind, change, keyring=keyring
            )
            found = connectors.find_connector(uow, connector_id)
        response = private_answer(_told(found, runtime.settings), 201)
        response.headers["Location"] = url_for("crm.list")
        return response

    @blueprint.patch(ONE)
    @gate.open_to_tokens("change_crm_connector", scopes=SCOPES)
    def change(principal: Principal, connector_id: int) -> Response:
        """Change a CRM's name, address, credentials, fields or state."""
        scope = principal_scope(principal)
        given = ConnectorPatch.model_validate(read_json(request.get_data()))
        wanted = ConnectorChange(**given.model_dump())
        with database.unit_of_work(scope) as uow:
            kind = connectors.find_connector(uow, connector_id).kind
            client = client_for(runtime, kind)
            connectors.change_connector(uow, client, connector_id, wanted, keyring=keyring)
            found = connectors.find_connector(uow, connector_id)
        return private_answer(_told(found, runtime.settings))

    @blueprint.delete(ONE)
    @gate.open_to_tokens("delete_crm_connector", scopes=SCOPES)
    def delete(principal: Principal, connector_id: int) -> Response:
        """Take a CRM away, and with it its rules and what waits for it."""
        with database.unit_of_work(principal_scope(principal)) as uow:
            connectors.delete_connector(uow, connector_id)
        return Response(status=204)


def _register_test(blueprint: Blueprint, runtime: Runtime, gate: Gate) -> None:
    database, keyring = runtime.database, runtime.settings.keyring

    @blueprint.post(f"{ONE}/test")
    @gate.open_to_tokens("test_crm_connector", scopes=SCOPES)
    def test(principal: Principal, connector_id: int) -> Response:
        """Ask the CRM whether it lets us in, and make room for our ids there."""
        scope = principal_scope(principal)
        with database.unit_of_work(scope) as uow:
            account = connectors.account_of(uow, connector_id, keyring=keyring)
        client = client_for(runtime, account.kind)
        prepared = connectors.test_account(account, SignIn(database, client, Hosts(), keyring))
        with database.unit_of_work(scope) as uow:
            connectors.remember_prepared(uow, connector_id, prepared)
        return private_answer({"id": connector_id, "is_prepared": True})


def _register_rules(blueprint: Blueprint, runtime: Runtime, gate: Gate) -> None:
    database = runtime.database

    @blueprint.get(RULES, endpoint="list_rules")
    @gate.open_to_tokens("list_crm_rules", scopes=SCOPES)
    def list_(principal: Principal) -> Response:
        """List the rules by which CRMs are told, in the order in which they are applied."""
        with database.read_only(principal_scope(principal)) as uow:
            found = list_rules(uow)
        return private_answer({"crm_rules": [asdict(rule) for rule in found]})

    @blueprint.post(RULES, endpoint="add_rule")
    @gate.open_to_tokens("add_crm_rule", scopes=SCOPES)
    def add(principal: Principal) -> Response:
        """Add a rule."""
        scope = principal_scope(principal)
        given = RuleRequest.model_validate(read_json(request.get_data()))
        wanted = given.model_dump() | {
            "sentiments": tuple(given.sentiments),
            "intents": tuple(given.intents),
        }
        with database.unit_of_work(scope) as uow:
            rule_id = add_rule(uow, CRMRule(**wanted), intents=known_intents(uow))
        response = private_answer({"id": rule_id}, 201)
        response.headers["Location"] = url_for("crm.list_rules")
        return response

    @blueprint.delete(f"{RULES}/<int:rule_id>", endpoint="delete_rule")
    @gate.open_to_tokens("delete_crm_rule", scopes=SCOPES)
    def delete(principal: Principal, rule_id: int) -> Response:
        """End a rule."""
        with database.unit_of_work(principal_scope(principal)) as uow:
            delete_rule(uow, rule_id)
        return Response(status=204)


def _told(line: ConnectorLine, settings: Settings) -> dict[str, Any]:
    """Return a CRM as callers see it; the address of its webhooks only where they are heard."""
    told = asdict(line)
    token = told.pop("public_token")
    is_heard = line.hears != CRMHearing.NOTHING
    return {**told, "webhook_url": webhook_url(settings, token) if is_heard else None}
