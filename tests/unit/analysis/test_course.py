"""What is said of how a conversation went, and which turns speak for it."""

from __future__ import annotations

import pytest

from talkhub.analysis.conversation.course import course
from talkhub.analysis.conversation.model import Course, Stretch
from talkhub.analysis.conversation.service import sentences
from talkhub.analysis.pipeline import analyse
from talkhub.names import Intent, Outcome, Resolution, Trajectory, Urgency
from talkhub.names.labels import SatisfactionBand

WRITERS = {"u": "user", "b": "bot", "a": "agent", "s": "system"}
MENU = "Digite 1 para segunda via, 2 para suporte técnico ou 3 para planos."


def went(*turns: tuple[str, str], locale: str | None = None) -> Course:
    """Return the course of a conversation; its messages are called by their places, from 1."""
    messages = [
        {"id": str(number), "role": WRITERS[who], "content": text}
        for number, (who, text) in enumerate(turns, start=1)
    ]
    return course(messages, analyse(messages), locale=locale)


def places(stretches: tuple[Stretch, ...]) -> list[int]:
    return [int(stretch.message_id) for stretch in stretches]


def test_a_conversation_without_words_says_nothing() -> None:
    silent = went(("s", "Sessão iniciada"))

    assert silent.language is None
    assert silent.urgency.label == Urgency.NONE
    assert silent.summary == ()
    assert silent.satisfaction.band is SatisfactionBand.MIDDLE


def test_it_is_pure_and_the_same_each_time() -> None:
    turns = (("u", "meu pedido não chegou"), ("b", "Chega amanhã até as 18h."), ("u", "tá bom"))

    assert went(*turns) == went(*turns)


@pytest.mark.parametrize(
    ("texts", "locale", "language"),
    [
        (["ok", "1"], None, None),
        (["ok", "1"], "es-MX", "es"),
        (["ok", "1"], "fr", None),
        (["quero saber do meu pedido"], "en", "pt"),
        (["where is my order?"], None, "en"),
    ],
)
def test_the_language_is_undecided_unless_words_or_locale_tell(
    texts: list[str], locale: str | None, language: str | None
) -> None:
    assert went(*(("u", text) for text in texts), locale=locale).language == language


def test_the_mood_rises_falls_or_stays_as_the_persons_own_turns_do() -> None:
    angry, glad = "que atendimento péssimo, um absurdo", "agora sim, amei, atendimento excelente!"

    assert went(("u", angry), ("u", glad)).trajectory.label == Trajectory.IMPROVING
    assert went(("u", glad), ("u", angry)).trajectory.label == Trajectory.WORSENING
    assert went(("u", angry), ("b", glad)).trajectory.label == Trajectory.STABLE


def test_the_lowest_point_is_the_turn_in_the_worst_mood() -> None:
    found = went(
        ("u", "oi, tudo bem?"),
        ("b", "Péssimo, horrível, um absurdo"),
        ("u", "que atendimento péssimo, um absurdo, nunca mais compro"),
        ("u", "ok"),
    )

    assert found.lowest is not None
    assert found.lowest.message_id == "3"
    assert went(("u", "bom dia")).lowest is None


@pytest.mark.parametrize(
    ("text", "urgency"),
    [
        ("tem cheiro de gás no corredor", Urgency.SAFETY),
        ("minha mãe está passando mal e com falta de ar", Urgency.HEALTH),
        ("minha loja está parada, não consigo vender", Urgency.BUSINESS),
        ("me cobraram duas vezes no cartão", Urgency.MONEY),
        ("vou abrir reclamação no Procon", Urgency.LEGAL),
        ("preciso disso pra hoje, é urgente", Urgency.DEADLINE),
        ("VOCÊS SÃO PÉSSIMOS, QUE ABSURDO!!!", Urgency.ANGER),
        ("AMEI DEMAIS, PERFEITO!!!", Urgency.NONE),
        ("qual o horário de vocês?", Urgency.NONE),
        ("there is a gas leak in the kitchen", Urgency.SAFETY),
        ("me cobraron dos veces y quiero mi dinero", Urgency.MONEY),
    ],
)
def test_urgency_is_named_by_its_reason(text: str, urgency: Urgency) -> None:
    assert went(("u", text)).urgency.label == urgency


def test_the_gravest_reason_is_named_and_its_words_are_pointed_at() -> None:
    text = "vou no procon, cobraram duas vezes e tem cheiro de gás"

    found = went(("u", text)).urgency

    assert found.label == Urgency.SAFETY
    assert [text[it.start : it.end] for it in found.evidence] == ["cheiro de gás"]


def test_what_the_company_says_makes_nothing_urgent() -> None:
    assert (
        went(("u", "oi"), ("b", "Em emergência, ligue para os bombeiros")).urgency.label == "none"
    )


def test_a_hand_off_is_asked_for_by_the_person_and_done_by_a_human() -> None:
    alone = went(("u", "quero falar com um atendente"), ("b", "Vou te transferir."))
    named = went(
        ("u", "quero falar com um atendente"),
        ("b", "Vou te transferir."),
        ("b", "Oi, aqui é a Carla, do financeiro."),
    )

    assert (places(alone.handoff_requested), places(alone.handoff_done)) == ([1], [])
    assert places(named.handoff_done) == [3]
    assert places(went(("u", "oi"), ("a", "Boa tarde!")).handoff_done) == [2]


def test_a_bot_that_introduces_itself_is_no_human() -> None:
    found = went(("b", "Oi!"), ("u", "oi"), ("b", "Sou a Clara, assistente virtual da loja."))

    assert found.handoff_done == ()


def test_fallbacks_and_loops_are_counted_where_they_happen() -> None:
    found = went(
        ("u", "quero saber do meu pedido atrasado"),
        ("b", MENU),
        ("u", "é sobre o pedido que não chegou"),
        ("b", "Desculpe, não entendi."),
        ("u", "quero saber do pedido atrasado"),
        ("b", MENU),
    )

    assert places(found.fallbacks) == [4]
    assert places(found.loops) == [5, 6]


def test_saying_it_again_to_a_human_is_no_loop() -> None:
    found = went(
        ("u", "quero saber do meu pedido atrasado"),
        ("a", "Pode repetir?"),
        ("u", "quero saber do meu pedido atrasado"),
    )

    assert found.loops == ()


def test_a_question_is_unanswered_until_something_of_substance_follows() -> None:
    question = ("u", "vocês entregam em Sumaré?")

    assert places(went(question).unanswered) == [1]
    assert places(went(question, ("b", "Vou verificar.")).unanswered) == [1]
    assert places(went(question, ("b", "Desculpe, não entendi.")).unanswered) == [1]
    assert places(went(question, ("b", "Sim, às terças.")).unanswered) == []


def test_a_question_asked_twice_is_unanswered_once() -> None:
    found = went(
        ("u", "vocês entregam em Sumaré ainda hoje?"),
        ("b", "Desculpe, não entendi."),
        ("u", "entregam em Sumaré ainda hoje?"),
    )

    assert places(found.unanswered) == [3]


@pytest.mark.parametrize(
    ("turns", "outcome", "resolution"),
    [
        (
            [("u", "vocês abrem domingo?"), ("b", "Abrimos, das 9h às 13h.")],
            Outcome.CONTAINED,
            Resolution.SILENT,
        ),
        (
            [("u", "vocês abrem domingo?"), ("b", "Abrimos, das 9h."), ("u", "perfeito, obrigada")],
            Outcome.CONTAINED,
            Resolution.CONFIRMED,
        ),
        ([("u", "vocês abrem domingo?")], Outcome.UNANSWERED, Resolution.NO),
        (
            [("u", "quero trocar o tênis"), ("b", "Mande uma foto da etiqueta, por favor.")],
            Outcome.PERSON_LEFT,
            Resolution.NO,
        ),
        (
            [
                ("u", "quero trocar o tênis"),
                ("b", "Mande uma foto da etiqueta, por favor."),
                ("u", "amanhã mando"),
            ],
            Outcome.PERSON_LEFT,
            Resolution.NO,
        ),
        (
            [
                ("u", "a internet caiu"),
                ("a", "Reiniciei o sinal daqui."),
                ("u", "voltou, valeu!"),
                ("a", "Disponha!"),
            ],
            Outcome.HANDED_OFF,
            Resolution.CONFIRMED,
        ),
        (
            [
                ("u", "quero falar com um atendente"),
                ("b", "Nosso atendimento humano funciona das 8h às 18h."),
            ],
            Outcome.CONTAINED,
            Resolution.NO,
        ),
        (
            [
                ("u", "vocês consertam geladeira?"),
                ("b", "Infelizmente não trabalhamos com geladeiras."),
            ],
            Outcome.CONTAINED,
            Resolution.NO,
        ),
        (
            [
                ("u", "meu reembolso não caiu"),
                ("b", "Abri um chamado e retornamos em breve."),
                ("u", "tá, obrigada"),
            ],
            Outcome.CONTAINED,
            Resolution.SILENT,
        ),
    ],
)
def test_how_it_ended_and_whether_it_was_solved(
    turns: list[tuple[str, str]], outcome: Outcome, resolution: Resolution
) -> None:
    found = went(*turns)

    assert (found.outcome.label, found.resolution.label) == (outcome, resolution)


def test_a_finding_names_the_turns_that_speak_for_it() -> None:
    found = went(("u", "a internet caiu"), ("b", "Reiniciei o sinal."), ("u", "voltou, valeu!"))

    assert places(found.resolution.evidence) == [3]
    assert places(went(("u", "oi"), ("u", "abrem domingo?")).outcome.evidence) == [1, 2]


def test_further_intents_are_errands_beside_the_main_one() -> None:
    found = went(
        ("u", "oi, bom dia"), ("u", "quero cancelar o plano"), ("u", "quanto custa o outro?")
    )

    named = [intent for intent, _ in found.further_intents]
    assert Intent.GREETING not in named
    assert {Intent.CANCELLATION, Intent.PURCHASE} & set(named)


def test_the_summary_quotes_errand_answer_and_end_in_their_order() -> None:
    found = went(
        ("u", "oi"),
        ("u", "meu pedido não chegou até agora"),
        ("b", "Posso ajudar em algo mais? Seu pedido está na transportadora e chega quinta."),
        ("u", "que demora péssima"),
    )

    assert [(quote.message_id, quote.text) for quote in found.summary] == [
        ("2", "meu pedido não chegou até agora"),
        ("3", "Seu pedido está na transportadora e chega quinta."),
        ("4", "que demora péssima"),
    ]


@pytest.mark.parametrize(
    ("content", "pieces"),
    [
        ("Olá! Tudo certo... chega hoje.", ["Olá!", " Tudo certo...", " chega hoje."]),
        (
            "O link é https://loja.com/p?id=1 e chega amanhã",
            ["O link é https://loja.com/p?id=1 e chega amanhã"],
        ),
        ("custa 3.50\n\n:)\né isso", ["custa 3.50\n", "é isso"]),
        ("?!", []),
        ("", []),
    ],
)
def test_sentences_end_where_a_space_follows_and_leave_out_no_word(
    content: str, pieces: list[str]
) -> None:
    assert [content[start:end] for start, end in sentences(content)] == pieces


def test_the_summary_masks_what_identifies_people() -> None:
    found = went(("u", "meu pedido não chegou, meu e-mail é ana@example.com e o cpf 11144477735"))

    (quote,) = found.summary
    assert "ana@example.com" not in quote.text
    assert "11144477735" not in quote.text


def test_the_estimate_of_satisfaction_says_what_it_is_made_from() -> None:
    content = went(("u", "abrem domingo?"), ("b", "Sim, das 9h."), ("u", "perfeito, amei!"))
    left = went(("u", "quero falar com um atendente"), ("u", "que atendimento péssimo, absurdo"))

    assert content.satisfaction.band is SatisfactionBand.HIGH
    assert "resolution:confirmed" in dict(content.satisfaction.made_from)
    assert left.satisfaction.band is SatisfactionBand.LOW
    parts = dict(left.satisfaction.made_from)
    assert {"start", "sentiment:negative", "nobody_came"} <= parts.keys()
    assert sum(parts.values()) == pytest.approx(left.satisfaction.score)
    assert 1 <= left.satisfaction.score < content.satisfaction.score <= 5
