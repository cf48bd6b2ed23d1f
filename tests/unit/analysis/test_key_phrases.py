"""Key phrases say what a conversation was about, in the person's words, and name nobody."""

from __future__ import annotations

import pytest

from talkhub.analysis.conversation.keyphrases import MOST_PHRASES, key_phrases
from talkhub.analysis.conversation.model import Stretch
from talkhub.analysis.conversation.turns import turns_of
from talkhub.analysis.model import MessageAnalysis, Reason
from talkhub.names import Intent, Sentiment


def phrases(*texts: str, language: str = "pt", reasons: tuple[Reason, ...] = ()) -> list[str]:
    return [phrase.text for phrase in found(*texts, language=language, reasons=reasons)]


def found(*texts: str, language: str = "pt", reasons: tuple[Reason, ...] = ()):
    messages = [
        {"id": str(place), "role": "user", "content": text} for place, text in enumerate(texts)
    ]
    said = [
        MessageAnalysis(str(place), language, Sentiment.NEUTRAL, 0.0, 0.5, (), reasons)
        for place, _ in enumerate(texts)
    ]
    return key_phrases(turns_of(messages, said, language), Intent.COMPLAINT)


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("oi, preciso da segunda via do boleto por favor", "pt", ["segunda via do boleto"]),
        ("vocês fazem teste de glicemia aí?", "pt", ["teste de glicemia"]),
        ("Quero TROCAR A SENHA agora", "pt", ["trocar a senha"]),
        ("hay lugar en el taller de ajedrez?", "es", ["lugar en el taller de ajedrez"]),
        ("I want to freeze my membership please", "en", ["freeze my membership"]),
        ("ok obrigada, muito bom o atendimento de vocês!", "pt", []),
        ("chegou virado na sacola", "pt", []),
        ("", "pt", []),
    ],
)
def test_a_phrase_is_built_of_words_that_count(
    text: str, language: str, expected: list[str]
) -> None:
    assert phrases(text, language=language) == expected


@pytest.mark.parametrize(
    "text",
    [
        "conta do joão, cartão da Iracema Prado, pedido de maria souza",
        "meu nome é creuza do boleto",
        "entrega na rua senhor do cartão",
        "o cartão 5555 4444 3333 2222 do cpf 529.982.247-25 com senha 1234",
        "pix do fulano@exemplo.com.br",
        "boleto do meu marido",
    ],
)
def test_what_names_somebody_is_in_no_phrase(text: str) -> None:
    said = " ".join(phrases(text)).split()

    personal = {"joão", "iracema", "prado", "maria", "souza", "creuza", "senhor", "fulano"}
    assert personal.isdisjoint(said)
    assert not any(character.isdigit() for word in said for character in word)
    assert "marido" not in said


def test_words_that_merely_stand_together_have_to_come_twice() -> None:
    assert phrases("o elevador social parou") == []
    assert phrases("o elevador social parou", "alguém vem? elevador social!") == ["elevador social"]


def test_what_speaks_for_the_intent_comes_first_and_no_word_comes_twice() -> None:
    texts = ("taxa de entrega, prazo de entrega e troca de produto",)
    reason = Reason(34, 40, Intent.COMPLAINT, 1.0)

    assert phrases(*texts) == ["taxa de entrega", "troca de produto"]
    assert phrases(*texts, reasons=(reason,))[0] == "troca de produto"


def test_it_tells_at_most_five_and_where_each_was_first_said() -> None:
    things = ("mesa de pedra", "vaso de vidro", "capa de couro", "tela de linho", "fita de cobre")

    told = found("oi", *(f"tem {thing} ainda?" for thing in (*things, "roda de madeira")))

    assert len(told) == MOST_PHRASES
    assert (told[0].text, told[0].said) == ("mesa de pedra", Stretch("1", 4, 17))


def test_a_phrase_without_end_is_cut() -> None:
    assert phrases("segunda via do boleto " * 250)[0] == "segunda via do boleto"
