"""The page of quality: labels of one's own, what was learned of them, and going back."""

from __future__ import annotations

from html_pages import Html

from talkhub.jobs import handlers

PATH = "/dashboard/quality"
PHRASES = "perdi o boleto\nquero a segunda via\nmanda o boleto de novo"


def test_a_label_is_taught_trained_and_put_out_of_use_on_the_page(ana, drain):
    ana.client.post(f"{PATH}/labels", data={"name": "boleto", "phrases": PHRASES})
    listed = ana.page(PATH)
    ana.client.post(f"{PATH}/models")
    handlers.teach_own_models()
    trained = ana.page(PATH).one(data_region="models")
    stop = trained.one("ul", class_="answers").one("form")
    ana.client.post(stop.attributes["action"], data={})
    stopped = ana.page(PATH).one(data_region="models")

    assert listed.one("td", class_="whole").text.endswith("só 3 frases")
    assert trained.one("ul", class_="answers").one(class_="chip").text == "Em uso"
    assert "de 3 frases são reconhecidas" in trained.text
    assert stopped.one("ul", class_="answers").one(class_="chip").text == "Treinada"


def test_a_label_is_changed_in_the_form_and_a_bad_one_is_explained(ana):
    ana.client.post(f"{PATH}/labels", data={"name": "boleto", "phrases": PHRASES})

    filled = ana.page(f"{PATH}?label=boleto")
    refused = ana.client.post(f"{PATH}/labels", data={"name": "support", "phrases": PHRASES})

    assert filled.one("textarea", name="phrases").text == PHRASES.replace("\n", " ")
    assert refused.status_code == 422
    assert Html(refused.text).one(role="alert").text.startswith("O nome tem até 32 letras")


def test_a_label_is_deleted_once_that_is_said_twice(ana):
    ana.client.post(f"{PATH}/labels", data={"name": "boleto", "phrases": PHRASES})
    asking = ana.page(PATH).one(class_="asking")

    sent = ana.client.post(asking.one("form").attributes["action"])

    assert sent.status_code == 303
    assert ana.page(PATH).all(class_="asking") == []
