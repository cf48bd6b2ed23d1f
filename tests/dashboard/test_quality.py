"""The page of quality: labels of one's own, what was learned of them, and going back."""

from __future__ import annotations

from html_pages import Html

from talkhub.jobs import handlers
from talkhub.store.uow import workspace_scope

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


def test_what_corrections_taught_is_told_with_how_right_it_is(ana, database, workspace):
    learned = {"field": "intents", "messages": 10, "before": 1, "after": 9, "changed": 0.003}
    nothing = {"field": "sentiment", "messages": 6, "before": 2, "after": 2, "changed": 0.0}
    report = {
        "phrases": 0,
        "found": 0,
        "false_alarms": 0.0,
        "labels": [],
        "confusable": [],
        "amendments": [{**learned, "targets": ["scheduling"]}, {**nothing, "targets": []}],
    }
    with database.unit_of_work(workspace_scope(workspace, "tests")) as uow:
        uow.run(
            "insert into own_models (workspace_id, version, author, state, is_active, report)"
            " values (%(id)s, 1, 'TalkHub', 'ready', true, %(report)s)",
            {"id": workspace, "report": uow.json(report)},
        )

    told = ana.page(PATH).one(data_region="models").text

    assert "Em uso: versão 1, aprendida das correções." in told
    assert "De 10 mensagens com a intenção corrigida, a análise sozinha acerta 1" in told
    assert "passa a dizer: Agendamento." in told
    assert "De 6 mensagens com o sentimento corrigido" in told
    assert "Ainda é pouco para mudar uma análise." in told


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


def test_a_doubtful_analysis_is_put_right_in_its_place(ana, talk, drain, database, workspace):
    spoken = talk("quero cancelar a assinatura")
    drain()
    with database.unit_of_work(workspace_scope(workspace, "tests")) as uow:
        uow.run("update conversations set review_priority = 0.7")
    form = ana.page(PATH).one("ul", aria_label="Conversas para conferir").one("form")
    fields = {it.attributes["name"]: it.attributes["value"] for it in form.all("input")}

    sent = ana.client.post(
        form.attributes["action"], data={**fields, "intent": "support", "sentiment": "neutral"}
    )

    page = ana.page(PATH)
    listed = ana.page(f"/dashboard/conversations/{spoken.conversation_id}")
    assert sent.status_code == 303
    assert page.all("ul", aria_label="Conversas para conferir") == []
    assert "Mais duvidosas, intenção: 0 de 1 certas" in page.text
    assert "Sentimento: Neutro , confirmado" in listed.one(data_region="corrections").text
