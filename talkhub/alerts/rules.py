"""A workspace's rules of alerts: made, changed, ended; and what they found."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from talkhub import clock
from talkhub.alerts.judging import AlertKind, Direction, Limits, Standing
from talkhub.alerts.telling import CLEARED_BY_HAND, clear
from talkhub.errors import Conflict, Invalid, NotFound
from talkhub.services.audit import audit
from talkhub.store.base import LARGEST_ID
from talkhub.store.statements import alerts as statements
from talkhub.store.uow import UnitOfWork

MAX_RULES = 50
PAGE = 50
LONGEST_WINDOW = 7 * 24 * 60
LONGEST_HOLD = 24 * 60
LARGEST_VALUE = 1e9
SHARES = frozenset({AlertKind.NEGATIVE_SHARE, AlertKind.HANDOFF_RATE})


@dataclass(frozen=True, slots=True)
class RuleWish:
    """What a rule is to be. Shares are from 0 to 1, the queue's age is in seconds.

    `minimum` is how many conversations a share must be of.
    """

    name: str
    kind: AlertKind
    threshold: float
    clears_at: float
    direction: Direction = Direction.ABOVE
    window_minutes: int = 60
    hold_minutes: int = 0
    minimum: int = 10
    is_enabled: bool = True


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule, and how it stands: its last value and when it was looked at."""

    id: int
    wish: RuleWish
    standing: Standing
    value: float | None
    checked_at: datetime | None

    @property
    def limits(self) -> Limits:
        """The values at which it turns."""
        wish = self.wish
        hold = timedelta(minutes=wish.hold_minutes)
        return Limits(wish.direction, wish.threshold, wish.clears_at, hold)


@dataclass(frozen=True, slots=True)
class AlertLine:
    """An alert of the history; it is open without `cleared_at`."""

    id: int
    rule_id: int
    name: str
    kind: AlertKind
    threshold: float
    fired_at: datetime
    fired_value: float
    cleared_at: datetime | None
    cleared_value: float | None


def add_rule(uow: UnitOfWork, wish: RuleWish) -> int:
    """Add a rule and return its id; raises Invalid, and Conflict where there are too many."""
    _check(wish)
    key = {"workspace_id": uow.workspace_id}
    if uow.run(statements.COUNT_RULES, key).scalar_one() >= MAX_RULES:
        raise Conflict(f"A workspace has at most {MAX_RULES} rules.")
    rule_id: int = uow.run(statements.ADD_RULE, {**key, **asdict(wish)}).scalar_one()
    audit(uow, action="alert_rule.created", subject=str(rule_id), address=None)
    return rule_id


def change_rule(uow: UnitOfWork, rule_id: int, changes: Mapping[str, Any]) -> None:
    """Change what is given of a rule, which then begins calm; an open alert of it is over."""
    rule = locked_rule(uow, rule_id)
    wish = replace(rule.wish, **changes)
    _check(wish)
    _end(uow, rule)
    uow.run(statements.CHANGE_RULE, {**_key(uow, rule_id), **asdict(wish)})
    audit(uow, action="alert_rule.changed", subject=str(rule_id), address=None)


def delete_rule(uow: UnitOfWork, rule_id: int) -> None:
    """End a rule and its open alert; the history stays. Raises NotFound."""
    _end(uow, locked_rule(uow, rule_id))
    uow.run(statements.DELETE_RULE, _key(uow, rule_id))
    audit(uow, action="alert_rule.deleted", subject=str(rule_id), address=None)


def list_rules(uow: UnitOfWork, rule_id: int | None = None) -> list[Rule]:
    """Return the rules, or one of them, the oldest first."""
    key = {"workspace_id": uow.workspace_id, "id": rule_id}
    return [rule_of(dict(row)) for row in uow.run(statements.RULES, key).mappings()]


def list_alerts(uow: UnitOfWork, *, before: int | None = None) -> list[AlertLine]:
    """Return a page of the history, the newest first."""
    key = {"workspace_id": uow.workspace_id, "before": before, "limit": PAGE}
    rows = uow.run(statements.ALERTS, key).mappings()
    return [AlertLine(**{**row, "kind": AlertKind(row["kind"])}) for row in rows]


def locked_rule(uow: UnitOfWork, rule_id: int) -> Rule:
    """Return a rule that nobody else changes or judges until the transaction ends."""
    row = uow.run(statements.LOCK_RULE, _key(uow, rule_id)).mappings().first()
    if row is None:
        raise NotFound("There is no such rule.")
    return rule_of(dict(row))


def rule_of(row: Mapping[str, Any]) -> Rule:
    """Return a rule from its row."""
    wish = RuleWish(
        name=row["name"],
        kind=AlertKind(row["kind"]),
        threshold=row["threshold"],
        clears_at=row["clears_at"],
        direction=Direction(row["direction"]),
        window_minutes=row["window_minutes"],
        hold_minutes=row["hold_minutes"],
        minimum=row["minimum"],
        is_enabled=row["is_enabled"],
    )
    standing = Standing(row["is_fired"], row["turning_since"])
    return Rule(row["id"], wish, standing, row["value"], row["checked_at"])


def _end(uow: UnitOfWork, rule: Rule) -> None:
    if rule.standing.is_fired:
        clear(uow, rule.id, value=None, now=clock.now(), reason=CLEARED_BY_HAND)


def _key(uow: UnitOfWork, rule_id: int) -> dict[str, int]:
    if not 0 < rule_id <= LARGEST_ID:
        raise NotFound("There is no such rule.")
    return {"workspace_id": uow.workspace_id, "id": rule_id}


def _check(wish: RuleWish) -> None:
    if not wish.name.strip() or len(wish.name) > 80:
        raise Invalid.at("name", detail="A name has 1 to 80 characters.", code="name_invalid")
    highest = 1.0 if wish.kind in SHARES else LARGEST_VALUE
    for place, value in (("threshold", wish.threshold), ("clears_at", wish.clears_at)):
        if not math.isfinite(value) or not 0 <= value <= highest:
            detail = f"This value lies between 0 and {highest:.0f}."
            raise Invalid.at(place, detail=detail, code="value_invalid")
    if wish.direction is Direction.BELOW and wish.kind is not AlertKind.VOLUME:
        detail = "Only the volume can be too low."
        raise Invalid.at("direction", detail=detail, code="direction_invalid")
    is_apart = (
        wish.clears_at < wish.threshold
        if wish.direction is Direction.ABOVE
        else wish.clears_at > wish.threshold
    )
    if not is_apart:
        detail = "An alert is over on the other side of the threshold, at another value."
        raise Invalid.at("clears_at", detail=detail, code="clears_at_invalid")
    for place, number, lowest, most in (
        ("window_minutes", wish.window_minutes, 5, LONGEST_WINDOW),
        ("hold_minutes", wish.hold_minutes, 0, LONGEST_HOLD),
        ("minimum", wish.minimum, 1, 100_000),
    ):
        if not lowest <= number <= most:
            detail = f"This lies between {lowest} and {most}."
            raise Invalid.at(place, detail=detail, code="value_invalid")
