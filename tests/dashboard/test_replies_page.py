"""Owners set automatic replies and import sources on a page."""

from __future__ import annotations

PATH = "/dashboard/replies"
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
