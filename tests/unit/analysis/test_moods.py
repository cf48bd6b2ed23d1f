"""How the lexicons tell a mood from words; the model weighs what they heard with its own."""

from __future__ import annotations

import pytest

from talkhub.analysis.hearing import listen
from talkhub.analysis.lexicon import lexicon
from talkhub.names import Sentiment

POSITIVE, NEUTRAL, NEGATIVE = Sentiment.POSITIVE, Sentiment.NEUTRAL, Sentiment.NEGATIVE


def score(text: str) -> float:
    return listen(text).felt.score


def sentiment(text: str) -> Sentiment:
    return listen(text).felt.sentiment


@pytest.mark.parametrize(
    ("said", "negated"),
    [
        ("o serviço é bom", "o serviço não é bom"),
        ("estou satisfeita", "não estou nada satisfeita"),
        ("gostei", "gostei não"),
        ("el servicio es bueno", "el servicio no es bueno"),
        ("the service is good", "the service isn't good"),
    ],
)
def test_negation_turns_praise_into_blame(said: str, negated: str) -> None:
    assert sentiment(said) is POSITIVE
    assert sentiment(negated) is NEGATIVE


def test_negation_takes_the_edge_off_blame() -> None:
    assert sentiment("o produto é ruim") is NEGATIVE
    assert sentiment("o produto não é ruim") is not NEGATIVE


def test_negating_twice_in_portuguese_says_it_once() -> None:
    assert sentiment("não gostei de nada") is NEGATIVE
    assert sentiment("não é nem bom nem bonito") is NEGATIVE


def test_a_negation_ends_with_its_clause() -> None:
    assert sentiment("não, está ótimo") is POSITIVE


def test_a_negation_is_used_once() -> None:
    assert sentiment("não resolveu meu problema") is NEGATIVE


@pytest.mark.parametrize(
    ("stronger", "weaker"),
    [
        ("muito bom mesmo", "bom"),
        ("super chato", "chato"),
        ("ruim", "um pouco ruim"),
        ("PÉSSIMO", "péssimo"),
        ("péssimo!!!", "péssimo"),
        ("muuuuito ruim", "ruim"),
    ],
)
def test_stress_strengthens_and_restraint_weakens(stronger: str, weaker: str) -> None:
    assert abs(score(stronger)) > abs(score(weaker))


def test_what_follows_mas_decides() -> None:
    assert sentiment("demorou mas adorei") is POSITIVE
    assert sentiment("adorei mas demorou demais, péssimo") is NEGATIVE


def test_what_is_conceded_matters_less() -> None:
    assert sentiment("apesar da demora, o bolo estava delicioso") is POSITIVE


@pytest.mark.parametrize(
    "text",
    [
        "parabéns pela demora",
        "que maravilha, mais um mês sem resposta",
        "ótimo atendimento só que não",
        "adorei esperar duas horas na fila",
    ],
)
def test_praise_beside_a_grievance_is_irony(text: str) -> None:
    assert sentiment(text) is NEGATIVE


def test_the_same_praise_without_a_grievance_is_meant() -> None:
    assert sentiment("parabéns pela entrega") is POSITIVE


@pytest.mark.parametrize(
    "text",
    [
        "cobrança indevida na fatura",
        "até agora nada",
        "meu pedido ainda não chegou",
        "o app nao funciona",
        "Agradeço o retorno, porém o problema continua",
        "Entendo, mas já faz um mês que espero",
    ],
)
def test_complaints_are_heard_also_when_polite(text: str) -> None:
    assert sentiment(text) is NEGATIVE


@pytest.mark.parametrize(
    "text", ["bom dia", "boa tarde, tudo bem?", "me manda os preços? obrigada!", "não, obrigado"]
)
def test_manners_are_no_mood(text: str) -> None:
    assert sentiment(text) is NEUTRAL


@pytest.mark.parametrize(("emoji", "mood"), [("😍", POSITIVE), ("😡", NEGATIVE), ("👍", NEUTRAL)])
def test_emoji_speak(emoji: str, mood: Sentiment) -> None:
    assert sentiment(emoji) is mood


def test_repeated_question_marks_are_impatience() -> None:
    assert sentiment("cadê meu pedido???") is NEGATIVE
    assert sentiment("cadê meu pedido?") is NEUTRAL


@pytest.mark.parametrize(
    ("hurried", "careful"),
    [
        ("vc eh mto atencioso obg", "você é muito atencioso obrigado"),
        ("n gostei", "não gostei"),
        ("pessimo antendimento", "péssimo atendimento"),
        ("ótimooooo", "ótimo"),
    ],
)
def test_hurried_spelling_means_the_same(hurried: str, careful: str) -> None:
    assert score(hurried) == score(careful)


def test_a_lexicon_is_loaded_once() -> None:
    assert lexicon("pt") is lexicon("pt")
