"""Look at a workspace's rules, and raise and end its alerts."""

from __future__ import annotations

from datetime import datetime, timedelta

from talkhub.alerts.judging import judged
from talkhub.alerts.measuring import measure
from talkhub.alerts.rules import Rule, rule_of
from talkhub.alerts.telling import CLEARED_BY_VALUE, clear, fire
from talkhub.services.reporting.figures import Reader, open_reader
from talkhub.store.statements import alerts as statements
from talkhub.store.uow import UnitOfWork


def watch(uow: UnitOfWork, now: datetime) -> int:
    """Judge the workspace's rules by what is true at `now`; return how many turned.

    Rules that another scheduler looks at right now are left to it.
    """
    key = {"workspace_id": uow.workspace_id}
    rules = [rule_of(dict(row)) for row in uow.run(statements.RULES_TO_WATCH, key).mappings()]
    if not rules:
        return 0
    reader = open_reader(uow)
    return sum(_look_at(reader, rule, now) for rule in rules)


def _look_at(reader: Reader, rule: Rule, now: datetime) -> bool:
    uow, wish = reader.uow, rule.wish
    window = timedelta(minutes=wish.window_minutes)
    value = measure(reader, wish.kind, window, minimum=wish.minimum, now=now)
    standing = judged(rule.limits, rule.standing, value, now)
    params = {
        "workspace_id": uow.workspace_id,
        "id": rule.id,
        "is_fired": standing.is_fired,
        "turning_since": standing.turning_since,
        "value": value,
        "now": now,
    }
    uow.run(statements.NOTE_STANDING, params)
    if standing.is_fired == rule.standing.is_fired:
        return False
    if standing.is_fired and value is not None:
        about = {"name": wish.name, "kind": wish.kind.value, "threshold": wish.threshold}
        fire(uow, rule.id, about, value=value, now=now)
    else:
        clear(uow, rule.id, value=value, now=now, reason=CLEARED_BY_VALUE)
    return True
