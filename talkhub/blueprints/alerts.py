"""Rules of alerts and their history over REST. Authentication: a token with `webhooks:manage`."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask import Blueprint, Response, request, url_for
from pydantic import BaseModel, ConfigDict, Field

from talkhub.alerts import rules
from talkhub.alerts.judging import AlertKind, Direction
from talkhub.alerts.rules import Rule, RuleWish
from talkhub.blueprints.answers import private_answer
from talkhub.blueprints.gate import Gate
from talkhub.blueprints.runtime import Runtime
from talkhub.names import Scope
from talkhub.security import Principal
from talkhub.store.base import LARGEST_ID
from talkhub.store.uow import principal_scope
from talkhub.strict_json import read_json

ALERTS = "/api/v1/alerts"
RULES = "/api/v1/alert-rules"
ONE = f"{RULES}/<int:rule_id>"
SCOPES = [Scope.WEBHOOKS_MANAGE]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class RuleRequest(_Body):
    """What a new rule is to be."""

    name: str
    kind: AlertKind
    threshold: float
    clears_at: float
    direction: Direction = Direction.ABOVE
    window_minutes: int = 60
    hold_minutes: int = 0
    minimum: int = 10
    is_enabled: bool = True


class RuleChange(_Body):
    """What of a rule is to change."""

    name: str = ""
    kind: AlertKind = AlertKind.VOLUME
    threshold: float = 0
    clears_at: float = 0
    direction: Direction = Direction.ABOVE
    window_minutes: int = 0
    hold_minutes: int = 0
    minimum: int = 0
    is_enabled: bool = True


class HistoryPage(_Body):
    """Which page of the history is wanted."""

    before: int | None = Field(default=None, ge=1, le=LARGEST_ID)


def create_blueprint(runtime: Runtime, gate: Gate) -> Blueprint:
    """Return the routes on which rules are made, changed and ended, and alerts are read."""
    blueprint = Blueprint("alerts", __name__)
    database = runtime.database

    @blueprint.get(ALERTS, endpoint="history")
    @gate.open_to_tokens("list_alerts", scopes=SCOPES)
    def history(principal: Principal) -> Response:
        """List what fired, the newest first; what is not over has no `cleared_at`."""
        page = HistoryPage.model_validate(request.args.to_dict())
        with database.read_only(principal_scope(principal)) as uow:
            found = rules.list_alerts(uow, before=page.before)
        return private_answer({"alerts": [asdict(line) for line in found]})

    @blueprint.get(RULES, endpoint="list")
    @gate.open_to_tokens("list_alert_rules", scopes=SCOPES)
    def list_(principal: Principal) -> Response:
        """List the rules and how they stand."""
        with database.read_only(principal_scope(principal)) as uow:
            found = rules.list_rules(uow)
        return private_answer({"alert_rules": [_told(rule) for rule in found]})

    @blueprint.post(RULES)
    @gate.open_to_tokens("add_alert_rule", scopes=SCOPES)
    def add(principal: Principal) -> Response:
        """Add a rule; it is looked at within a minute."""
        scope = principal_scope(principal)
        given = RuleRequest.model_validate(read_json(request.get_data()))
        with database.unit_of_work(scope) as uow:
            rule_id = rules.add_rule(uow, RuleWish(**given.model_dump()))
        response = private_answer({"id": rule_id}, 201)
        response.headers["Location"] = url_for("alerts.list")
        return response

    @blueprint.patch(ONE)
    @gate.open_to_tokens("change_alert_rule", scopes=SCOPES)
    def change(principal: Principal, rule_id: int) -> Response:
        """Change what is given of a rule, which then begins calm."""
        scope = principal_scope(principal)
        given = RuleChange.model_validate(read_json(request.get_data()))
        with database.unit_of_work(scope) as uow:
            rules.change_rule(uow, rule_id, given.model_dump(exclude_unset=True))
            (found,) = rules.list_rules(uow, rule_id)
        return private_answer(_told(found))

    @blueprint.delete(ONE)
    @gate.open_to_tokens("delete_alert_rule", scopes=SCOPES)
    def delete(principal: Principal, rule_id: int) -> Response:
        """End a rule, and its open alert with it."""
        with database.unit_of_work(principal_scope(principal)) as uow:
            rules.delete_rule(uow, rule_id)
        return Response(status=204)

    return blueprint


def _told(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        **asdict(rule.wish),
        "is_fired": rule.standing.is_fired,
        "value": rule.value,
        "checked_at": rule.checked_at,
    }
