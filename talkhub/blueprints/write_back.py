"""Write-back rules over REST. Authentication: a bearer token with `webhooks:manage`."""

from __future__ import annotations

from dataclasses import asdict

from flask import Blueprint, Response, request, url_for
from pydantic import BaseModel, ConfigDict, Field

from talkhub.blueprints.answers import private_answer
from talkhub.blueprints.gate import Gate
from talkhub.blueprints.runtime import Runtime
from talkhub.names import Scope
from talkhub.security import Principal
from talkhub.services.labelling.write_back import WriteBackRule, add_rule, delete_rule, list_rules
from talkhub.store.base import LARGEST_ID
from talkhub.store.uow import principal_scope
from talkhub.strict_json import read_json

PATH = "/api/v1/write-back-rules"
SCOPES = [Scope.WEBHOOKS_MANAGE]


class RuleRequest(BaseModel):
    """What a new rule is to be."""

    model_config = ConfigDict(extra="forbid", coerce_numbers_to_str=True)

    event: str
    action: str
    target: str
    value: str = ""
    sentiments: list[str] = []
    intents: list[str] = []
    channel_id: int | None = Field(default=None, ge=1, le=LARGEST_ID)


def create_blueprint(runtime: Runtime, gate: Gate) -> Blueprint:
    """Return the routes on which rules are listed, added and ended."""
    blueprint = Blueprint("write_back_rules", __name__)
    database = runtime.database

    @blueprint.get(PATH, endpoint="list")
    @gate.open_to_tokens("list_write_back_rules", scopes=SCOPES)
    def list_(principal: Principal) -> Response:
        """List the workspace's rules, in the order in which they are applied."""
        with database.read_only(principal_scope(principal)) as uow:
            found = list_rules(uow)
        return private_answer({"write_back_rules": [asdict(rule) for rule in found]})

    @blueprint.post(PATH)
    @gate.open_to_tokens("add_write_back_rule", scopes=SCOPES)
    def add(principal: Principal) -> Response:
        """Add a rule."""
        scope = principal_scope(principal)
        given = RuleRequest.model_validate(read_json(request.get_data()))
        wanted = given.model_dump() | {
            "sentiments": tuple(given.sentiments),
            "intents": tuple(given.intents),
        }
        with database.unit_of_work(scope) as uow:
            rule_id = add_rule(uow, WriteBackRule(**wanted))
        response = private_answer({"id": rule_id}, 201)
        response.headers["Location"] = url_for("write_back_rules.list")
        return response

    @blueprint.delete(f"{PATH}/<int:rule_id>")
    @gate.open_to_tokens("delete_write_back_rule", scopes=SCOPES)
    def delete(principal: Principal, rule_id: int) -> Response:
        """End a rule."""
        with database.unit_of_work(principal_scope(principal)) as uow:
            delete_rule(uow, rule_id)
        return Response(status=204)

    return blueprint
