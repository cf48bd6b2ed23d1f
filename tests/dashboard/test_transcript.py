"""One conversation: who said what, why it was read so, and who the person is."""

from datetime import timedelta

import pytest
from factories import make_workspace, rows

from talkhub.store.uow import workspace_scope

ATTACK = '<script>alert("x")</script><img src=x onerror=alert(1)>'


def address(talk) -> str:
    return f"/dashboard/conversations/{talk.conversation_id}"


def test_messages_stand_in_their_order_with_their_writers(ana, happy_and_angry):
    page = ana.page(address(happy_and_angry[0]))

    shown = [
        (message.one("small").text.split(",")[0], message.one(class_="bubble").text)
        for message in page.all("article")
    ]
    assert shown == [
        ("Helena Couto", "Vocês entregam em Sumaré?"),
        ("Bot", "Entregamos sim."),
        ("Helena Couto", "Perfeito, muito obrigada!"),
        ("Bot", "Disponha!"),
    ]


def test_an_answer_says_how_long_the_person_waited(ana, happy_and_angry):
    answers = ana.page(address(happy_and_angry[0])).all("article", class_="out")

    assert answers[0].one("small").text.endswith("· respondeu em 1 min")


def test_the_words_that_decided_are_underlined_and_named(ana, happy_and_angry):
    page = ana.page(address(happy_and_angry[1]))

    bubble = page.one(class_="bubble")
    marks = {mark.text: mark.attributes for mark in bubble.all("mark")}
    assert bubble.text == "Péssimo atendimento, um absurdo! Quero reclamar"
    assert marks["Péssimo"]["class"] == "neg"
    assert "Negativo" in marks["Péssimo"]["title"]


def test_each_message_of_the_person_carries_its_mood_and_intent(ana, happy_and_angry):
    message = ana.page(address(happy_and_angry[1])).one("article")

    chips = [chip.text for chip in message.all(class_="chip")]
    assert chips[0].startswith("Negativo −0,")
    assert chips[1].startswith("Reclamação ")


def test_the_conversations_own_mood_intent_and_state_stand_above(ana, happy_and_angry):
    header = ana.page(address(happy_and_angry[1])).one(data_region="thread").one("header")

    chips = [chip.text for chip in header.all(class_="chip")]
    assert chips[0] == "Reclamação"
    assert chips[1].startswith("Negativo")
    assert chips[2] == "Sem resposta"


def test_before_its_analysis_a_conversation_is_shown_as_waiting_for_it(ana, talk):
    page = ana.page(address(talk("Quero comprar", "Claro!")))

    assert page.one(data_region="thread").one(class_="unsure").text == "Análise pendente"
    assert page.all("mark") == []
    assert page.one(data_region="figures").text.endswith("Análise pendente")


def test_what_people_write_is_text_and_nothing_else(ana, talk, drain):
    attacked = talk(ATTACK, ATTACK, name=ATTACK, email=ATTACK)
    drain()

    for path in (address(attacked), "/dashboard/conversations", "/dashboard"):
        page = ana.page(path)
        assert [s for s in page.all("script") if "src" not in s.attributes] == []
        assert page.all("img") == []
    assert ana.page(address(attacked)).all(class_="bubble")[1].text == ATTACK


def test_the_profile_says_who_it_is_without_telling_how_to_reach_them(ana, talk, drain):
    someone = talk("Oi", name="Renata Tavares", phone="5511987654321", email="renata@mare.example")
    drain()

    page = ana.page(address(someone))

    profile = page.one(data_region="profile").text
    assert "Nome Renata Tavares Telefone +55 11 9••••-4321 E-mail r•••@mare.example" in profile
    assert "1, com 1 mensagens" in profile
    assert "98765" not in page.source


def test_a_persons_other_conversations_are_one_step_away(ana, talk):
    before = talk("Quero cancelar", user_id="u1", ago=timedelta(days=2))
    now = talk("E agora?", user_id="u1")
    talk("Sou outra pessoa", user_id="u2")

    others = ana.page(address(now)).one(data_region="others")

    assert [link.attributes["href"] for link in others.all("a")] == [address(before)]


def test_the_figures_add_up_the_conversation(ana, happy_and_angry):
    figures = ana.page(address(happy_and_angry[0])).one(data_region="figures")

    terms = [term.text for term in figures.all("dt")]
    values = [value.text for value in figures.all("dd")]
    said = dict(zip(terms, values, strict=True))
    assert said["Mensagens"] == "4, 2 da pessoa"
    assert said["Duração"] == "3 min"
    assert said["Resposta, média"] == "1 min"
    assert said["Canal"] == "Telegram"
    assert said["Origem"] == "API ou MCP"


def test_how_it_went_stands_beside_the_messages_and_leads_to_them(ana, happy_and_angry):
    course = ana.page(address(happy_and_angry[1])).one(data_region="course")

    terms = [term.text for term in course.all("dt")]
    said = dict(zip(terms, [value.text for value in course.all("dd")], strict=True))
    assert said["Desfecho"] == "a pessoa ficou esperando mensagem 1"
    assert said["Resolução"] == "em aberto mensagem 1"
    assert said["Pior momento"] == "mensagem 1"
    assert {link.attributes["href"] for link in course.all("a")} == {"#m0"}


def test_key_phrases_lead_to_the_messages_that_say_them(ana, talk, drain):
    asked = talk("Oi", "Olá!", "Preciso da segunda via do boleto", "Claro!")
    drain()

    course = ana.page(address(asked)).one(data_region="course")

    links = [(link.text, link.attributes["href"]) for link in course.all("a")]
    assert ("segunda via do boleto", "#m2") in links


def test_satisfaction_is_an_estimate_and_says_so(ana, happy_and_angry):
    course = ana.page(address(happy_and_angry[0])).one(data_region="course")

    assert "Satisfação estimada alta, " in course.text
    assert "Não é CSAT: ninguém perguntou à pessoa." in course.text
    assert "resolução: confirmada pela pessoa +0,3" in course.text


def test_an_older_analysis_says_nothing_of_how_it_went(ana, talk):
    page = ana.page(address(talk("Quero comprar", "Claro!")))

    assert page.all(data_region="course") == []


def test_what_an_older_analyser_said_stays_visible(ana, database, workspace, happy_and_angry):
    older = """
        insert into conversation_analyses
          (workspace_id, conversation_id, analyser_version, source, result)
        select workspace_id, id, '1', 'talkhub', '{"intent": "other", "sentiment": "neutral"}'
        from conversations"""
    with database.unit_of_work(workspace_scope(workspace, "tests")) as uow:
        uow.run(older)

    figures = ana.page(address(happy_and_angry[0])).one(data_region="figures")

    assert figures.text.endswith("Antes, versão 1 Outra, Neutro")


@pytest.mark.parametrize("wrong", ["conv_unknown", "a%00b", "%F0%9F%98%80", "x" * 300])
def test_an_unknown_conversation_is_a_page_that_says_so(ana, wrong):
    page = ana.page(f"/dashboard/conversations/{wrong}", 404)

    assert page.head == "Página não encontrada"


def test_another_workspaces_conversation_is_as_unknown(visit, database, happy_and_angry):
    caio = visit(make_workspace(database))

    caio.page(address(happy_and_angry[0]), 404)


READINGS = """
select actor, subject, address from audit_entries where action = 'transcript.read'
order by subject, id
"""


def test_reading_a_transcript_is_written_down_once_an_hour(
    ana, database, workspace, happy_and_angry
):
    for talk in (*happy_and_angry, *happy_and_angry):
        ana.page(address(talk))

    read = sorted(talk.conversation_id for talk in happy_and_angry)
    assert rows(database, workspace, READINGS) == [
        {"actor": "ana", "subject": conversation_id, "address": "127.0.0.1"}
        for conversation_id in read
    ]


def test_reading_again_an_hour_later_and_by_another_is_written_down_too(
    ana, database, workspace, intruder, *, happy_and_angry, browse
):
    ana.page(address(happy_and_angry[0]))
    ago = "update audit_entries set at = at - interval '1 hour'"
    intruder(f"{ago} where workspace_id = %(workspace_id)s")
    bia = browse(workspace, name="bia")

    ana.page(address(happy_and_angry[0]))
    bia.get(address(happy_and_angry[0]))

    assert [row["actor"] for row in rows(database, workspace, READINGS)] == ["ana", "ana", "bia"]


def test_the_list_and_unknown_conversations_are_no_readings(
    ana, database, workspace, happy_and_angry
):
    ana.page("/dashboard/conversations")
    ana.page("/dashboard/conversations/conv_unknown", 404)

    assert rows(database, workspace, READINGS) == []


def test_an_unknown_page_is_one_that_says_so(ana):
    assert ana.page("/dashboard/nowhere", 404).head == "Página não encontrada"


WHAT_HAPPENED = [
    {"role": "user", "kind": "document", "content": "", "attributes": {"filename": "nota.pdf"}},
    {"role": "user", "kind": "text", "content": "sexta", "edited_at": "2026-03-02T12:05:00Z"},
    {"role": "user", "kind": "image", "content": "", "revoked_at": "2026-03-02T12:05:00Z"},
    {
        "role": "bot",
        "kind": "text",
        "content": "ok",
        "reactions": [{"by": "1", "emoji": "👍", "at": "2026-03-02T12:05:00Z"}],
    },
]


def test_what_messages_are_and_what_happened_to_them_is_shown(ana, database, workspace, talk):
    shown = talk("oi")
    messages = [
        {**message, "id": f"m{number}", "timestamp": "2026-03-02T12:00:00Z"}
        for number, message in enumerate(WHAT_HAPPENED)
    ]
    with database.unit_of_work(workspace_scope(workspace, "tests")) as uow:
        uow.run("update conversations set messages = %(m)s", {"m": uow.json(messages)})

    articles = ana.page(address(shown)).all("article")

    chips = [[chip.text for chip in article.all(class_="chip")] for article in articles]
    assert chips == [
        ["Documento: nota.pdf"],
        ["editada"],
        ["Mensagem apagada por quem escreveu"],
        ["👍"],
    ]
