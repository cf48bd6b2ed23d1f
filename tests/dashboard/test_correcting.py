"""Correcting on a transcript's page: the forms, what they change, and who may undo it."""

from __future__ import annotations

import pytest


@pytest.fixture
def reader(workspace, browse):
    """A browser of Caio's, who may look at the pages and no more."""
    return browse(workspace, "viewer", name="caio")


def mood_of(page) -> str:
    return page.one(data_region="thread").one("header").all(class_="chip")[1].text


def test_a_message_is_corrected_below_it_and_the_page_says_so(ana, happy_and_angry):
    address = f"/dashboard/conversations/{happy_and_angry[1].conversation_id}"
    form = ana.page(f"{address}?correct=0").one("article").one("form")
    fields = {
        it.attributes["name"]: it.attributes["value"] for it in form.all("input", type="hidden")
    }

    sent = ana.client.post(
        form.attributes["action"], data={**fields, "sentiment": "neutral", "intent": "cancellation"}
    )

    page = ana.page(address)
    assert sent.status_code == 303
    chips = [chip.text for chip in page.one("article").all(class_="chip")]
    assert chips == ["Neutro 0,00", "Cancelamento 1,00", "Corrigida"]
    listed = [it.text.split(" ana,")[0] for it in page.one(data_region="corrections").all("li")]
    assert listed == [
        "mensagem 1 , Intenção: Reclamação → Cancelamento",
        "mensagem 1 , Sentimento: Negativo → Neutro",
    ]


def test_what_the_form_began_with_is_no_correction(ana, talk, drain):
    spoken = talk("bom dia, quero cancelar e falar com um atendente, que absurdo")
    drain()
    address = f"/dashboard/conversations/{spoken.conversation_id}"
    form = ana.page(f"{address}?correct=0").one("article").one("form")
    fields = {
        it.attributes["name"]: it.attributes["value"] for it in form.all("input", type="hidden")
    }
    for select in form.all("select"):
        chosen = select.all("option", selected="")
        fields[select.attributes["name"]] = chosen[0].attributes["value"] if chosen else ""

    ana.client.post(form.attributes["action"], data={**fields, "sentiment": "neutral"})

    listed = ana.page(address).one(data_region="corrections").all("li")
    assert len(fields["shown"].split(",")) == 2
    assert ["Sentimento" in it.text for it in listed] == [True]


def test_a_conversation_is_corrected_and_that_is_undone(ana, happy_and_angry):
    address = f"/dashboard/conversations/{happy_and_angry[1].conversation_id}"
    form = ana.page(address).one("form", class_="form", action=f"{address}/corrections")
    chosen = {
        field.attributes["name"]: field.one("option", selected="").attributes["value"]
        for field in form.all("select")
    }

    ana.client.post(form.attributes["action"], data={**chosen, "sentiment": "positive"})
    corrected = ana.page(address)
    undo = corrected.one(data_region="corrections").one("form").attributes["action"]
    ana.client.post(undo)
    undone = ana.page(address)

    assert mood_of(corrected) == "Positivo +1,00"
    assert mood_of(undone).startswith("Negativo −0,")
    assert "desfeita por ana" in undone.one(data_region="corrections").one("li").text


def test_who_only_reads_sees_corrections_and_no_form(ana, reader, talk, drain):
    spoken = talk("Quero cancelar")
    drain()
    address = f"/dashboard/conversations/{spoken.conversation_id}"
    ana.client.post(f"{address}/corrections", data={"intent": "complaint"})

    refused = reader.post(f"{address}/corrections", data={"intent": "purchase"})

    shown = reader.get(address).text
    assert refused.status_code == 403
    assert "Reclamação" in shown
    assert "Salvar correção" not in shown
