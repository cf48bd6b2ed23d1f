"""Owners set automatic replies and import sources on a page."""

from __future__ import annotations

from collections.abc import Callable

from callers import Caller
from flask.testing import FlaskClient

PATH, REST = "/dashboard/replies", "/api/v1/reply-settings"
SET = {
    "mode": "suggest",
    "threshold": "",
    "quiet_from": "22:00",
    "quiet_until": "07:30",
    "daily_cap": "50",
    "handoff_text": "Já chamo alguém.",
}


def test_what_is_set_and_imported_stands_on_the_page(ana):
    source = {"name": "Perguntas", "format": "csv", "text": "Abre domingo?;Sim.\r\nTem Pix?;Sim."}

    answers = [ana.client.post(PATH, data=SET), ana.client.post(f"{PATH}/sources", data=source)]

    page = ana.page(PATH)
    assert [it.status_code for it in answers] == [303, 303]
    assert page.one("input", name="quiet_until").attributes["value"] == "07:30"
    assert page.one("input", name="threshold").attributes["value"] == ""
    assert page.one("textarea", name="handoff_text").text == "Já chamo alguém."
    assert "2 trechos" in page.one(id="sources").parent.parent.text


def test_what_cannot_be_is_refused_and_nothing_is_changed(ana):
    table_without_answers = {"name": "x", "format": "csv", "text": "só perguntas"}

    refused = [
        ana.client.post(PATH, data={**SET, "quiet_until": ""}),
        ana.client.post(PATH, data={**SET, "threshold": "0.2"}),
        ana.client.post(f"{PATH}/sources", data=table_without_answers),
    ]

    assert [it.status_code for it in refused] == [422, 422, 422]
    assert ana.page(PATH).one("input", name="quiet_from").attributes["value"] == ""


def test_a_model_words_answers_only_where_there_is_one(
    ana,
    make_client: Callable[..., FlaskClient],
    sign_token: Callable[..., str],
    workspace: int,
):
    client = make_client(llm_url="http://127.0.0.1:9/v1", llm_model="tests-1")
    owner, wanted = Caller(client, workspace, sign_token(workspace)), "model_or_person"

    refused = ana.client.post(PATH, data={**SET, "wording": wanted})
    shut = ana.page(PATH).one("option", value=wanted).attributes
    taken = owner.put(REST, {"mode": "answer", "wording": wanted}).json

    assert refused.status_code == 422
    assert "disabled" in shut
    assert (taken["wording"], taken["model"]) == (wanted, "tests-1")
    assert "selected" in ana.page(PATH).one("option", value=wanted).attributes
