"""Rules of alerts and their history, over REST and on the page."""

from __future__ import annotations

from typing import Any

from callers import Caller

RULES = "/api/v1/alert-rules"
WISH = {"name": "Humor", "kind": "negative_share", "threshold": 0.3, "clears_at": 0.2}


def test_rules_are_made_changed_and_ended(caller: Caller) -> None:
    made = caller.post(RULES, WISH)
    path = f"{RULES}/{made.json['id']}"
    listed = caller.get(RULES).json["alert_rules"]

    changed = caller.client.patch(
        path,
        json={"threshold": 0.4, "is_enabled": False},
        headers={"Authorization": f"Bearer {caller.token}"},
    )

    assert (made.status_code, made.headers["Location"]) == (201, RULES)
    expected: dict[str, Any] = {**WISH, "direction": "above", "window_minutes": 60}
    expected |= {"hold_minutes": 0, "minimum": 10, "is_enabled": True, "is_fired": False}
    assert listed == [{"id": made.json["id"], **expected, "value": None, "checked_at": None}]
    assert (changed.json["threshold"], changed.json["is_enabled"]) == (0.4, False)
    assert caller.get("/api/v1/alerts").json == {"alerts": []}
    assert [caller.delete(path).status_code for _ in range(2)] == [204, 404]


def test_a_kind_that_nobody_knows_is_refused(caller: Caller) -> None:
    answer = caller.post(RULES, {**WISH, "kind": "weather"})

    assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (422, "/kind")
