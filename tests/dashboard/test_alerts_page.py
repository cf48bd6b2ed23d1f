"""The page of alerts: rules made, changed, switched and ended by those who may."""

from __future__ import annotations

from collections.abc import Callable

from factories import rows
from flask.testing import FlaskClient

from talkhub.store.uow import Database

PATH = "/dashboard/alerts"
FORM = {
    "name": "Humor",
    "kind": "negative_share",
    "direction": "above",
    "threshold": "30",
    "clears_at": "20",
    "window_minutes": "60",
    "hold_minutes": "5",
    "minimum": "10",
}


def test_a_rule_is_made_changed_switched_and_ended(ana, database: Database, workspace: int) -> None:
    assert ana.client.post(PATH, data=FORM).location == PATH
    ((rule_id, threshold),) = [
        (row["id"], row["threshold"])
        for row in rows(database, workspace, "select id, threshold from alert_rules")
    ]
    assert threshold == 0.3
    assert "30,0" in ana.page(PATH).one("tbody").text

    form = ana.page(f"{PATH}?rule={rule_id}")
    assert form.one("input", name="threshold").attributes["value"] == "30"
    ana.client.post(f"{PATH}/{rule_id}", data={**FORM, "threshold": "45"})
    assert "45,0" in ana.page(PATH).one("tbody").text

    ana.client.post(f"{PATH}/{rule_id}/switch", data={"state": "disabled"})
    assert "Desligada" in ana.page(PATH).one("tbody").text
    ana.client.post(f"{PATH}/{rule_id}/delete")
    assert "Nenhuma regra ainda" in ana.get(PATH)


def test_the_form_says_what_is_wrong_and_keeps_what_was_typed(ana) -> None:
    answer = ana.client.post(PATH, data={**FORM, "clears_at": "40"})

    assert answer.status_code == 422
    assert "O alerta termina do outro lado do limite" in answer.text
    assert 'value="40"' in answer.text


def test_who_may_not_manage_webhooks_sees_no_alerts(
    workspace: int, browse: Callable[..., FlaskClient]
) -> None:
    bia = browse(workspace, "viewer", name="bia")

    assert (bia.get(PATH).status_code, bia.post(PATH, data=FORM).status_code) == (403, 403)
