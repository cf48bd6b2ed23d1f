"""What an analysis promises of a whole conversation."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from talkhub.analysis.model import ConversationAnalysis
from talkhub.analysis.pipeline import ANALYSER_VERSION, analyse
from talkhub.names import Intent, Sentiment

SENTIMENTS = set(Sentiment)
PHRASES = ["não", "péssimo", "ótimo!", "mas", "quero cancelar", "😡", "AINDA NÃO CHEGOU", "?"]


def user(content: object, message_id: object = "m1") -> dict[str, object]:
    return {"id": message_id, "role": "user", "kind": "text", "content": content}


def said(*contents: str) -> ConversationAnalysis:
    return analyse([user(content, f"m{index}") for index, content in enumerate(contents)])


def test_a_conversation_without_messages_is_unknown_and_neutral() -> None:
    assert analyse([]) == ConversationAnalysis(
        version=ANALYSER_VERSION,
        language="pt",
        intent=Intent.UNKNOWN,
        confidence=0.0,
        sentiment=Sentiment.NEUTRAL,
        score=0.0,
        topics=(),
        messages=(),
    )


def test_only_what_the_person_says_counts() -> None:
    angry_bot = {"id": "b", "role": "bot", "content": "Que absurdo, péssimo, quero cancelar"}

    result = analyse([user("bom dia", "u"), angry_bot, angry_bot | {"role": "agent"}])

    assert [message.message_id for message in result.messages] == ["u"]
    assert (result.intent, result.sentiment) == (Intent.GREETING, Sentiment.NEUTRAL)


def test_the_main_intent_is_no_greeting_when_something_else_is_there() -> None:
    result = said("oi, bom dia!", "quero cancelar meu plano", "obrigada")

    assert result.intent is Intent.CANCELLATION


def test_a_greeting_within_a_message_comes_after_what_is_wanted() -> None:
    (message,) = said("Boa tarde! Quanto custa o plano?").messages

    intents = [intent for intent, _ in message.intents]
    assert intents[0] is Intent.PURCHASE
    assert Intent.GREETING in intents


def test_a_message_may_want_several_things() -> None:
    (message,) = said("quero cancelar o plano e falar com um atendente").messages

    assert {intent for intent, _ in message.intents} >= {
        Intent.CANCELLATION,
        Intent.HUMAN_HANDOFF,
    }


def test_the_latest_messages_weigh_most() -> None:
    angry, pleased = "que atendimento péssimo", "agora sim, atendimento excelente"

    ends_well, ends_badly = said(angry, pleased), said(pleased, angry)

    assert ends_well.score > 0 > ends_badly.score


def test_plain_answers_do_not_wash_out_anger() -> None:
    result = said("isso é um absurdo, péssimo", "sim", "123", "ok")

    assert result.sentiment is Sentiment.NEGATIVE


def test_agreeing_evidence_is_surer_than_a_lone_hint() -> None:
    hint = said("the service isn't good")
    agreeing = said("the service isn't good", "terrible company, this is a disgrace")

    assert agreeing.confidence > hint.confidence


def test_conflicting_intents_lower_the_confidence() -> None:
    both = said("quero cancelar o plano e falar com um atendente")

    assert said("quero cancelar").confidence > both.confidence


def test_mixed_feelings_lower_the_confidence() -> None:
    (plain,) = said("o produto é péssimo").messages
    (mixed,) = said("o produto é péssimo e a loja é ótima e linda").messages

    assert plain.sentiment_confidence > mixed.sentiment_confidence


def test_one_message_in_another_language_is_read_in_its_own() -> None:
    result = said("bom dia, tudo bem com vocês?", "the delivery was terrible", "você me entende?")

    assert [message.language for message in result.messages] == ["pt", "en", "pt"]
    assert result.language == "pt"
    assert result.messages[1].sentiment is Sentiment.NEGATIVE


def test_short_answers_are_read_in_the_conversations_language() -> None:
    result = said("hola, quiero cancelar mi cuenta", "no")

    assert [message.language for message in result.messages] == ["es", "es"]


def test_topics_have_portuguese_names_and_the_most_named_comes_first() -> None:
    result = said("cadê meu pedido?", "paguei o boleto", "o pedido não chegou", "where is my order")

    assert result.topics[0] == "pedido"
    assert "boleto" in result.topics


def test_reasons_point_into_the_original_text() -> None:
    content = "Oiê 😀, ainda NÃO  chegou!!! que péssímo… mto ruim"

    (message,) = said(content).messages

    found = {content[reason.start : reason.end] for reason in message.reasons}
    assert {"ainda NÃO  chegou", "péssímo", "ruim"} <= found


def test_decomposed_accents_are_read_and_pointed_at() -> None:
    content = "na\u0303o gostei, pe\u0301ssimo"

    (message,) = said(content).messages

    assert message.sentiment is Sentiment.NEGATIVE
    assert "pe\u0301ssimo" in {content[reason.start : reason.end] for reason in message.reasons}


@pytest.mark.parametrize("content", ["", "   ", "\n", None, 7, ["oi"], {"text": "oi"}])
def test_what_is_no_text_is_passed_over(content: object) -> None:
    assert analyse([user(content)]) == analyse([])


@pytest.mark.parametrize(
    "content",
    [
        "🙂🙃",
        "a" * 10_000,
        "não " * 4_000,
        "привет 你好 مرحبا",
        "\u0000\ufffd",
        "._-*~",
        "(((((",
        "ﷺ½Ⅷ",
    ],
)
def test_odd_content_is_read_without_complaint(content: str) -> None:
    (message,) = said(content).messages

    assert message.sentiment in SENTIMENTS


def test_messages_without_an_id_are_analysed() -> None:
    (message,) = analyse([{"role": "user", "content": "oi"}]).messages

    assert message.message_id == ""


def test_a_text_of_a_few_letters_repeated_takes_no_longer_than_it_should() -> None:
    result = said("a.b+" * 2_000, "1,2;" * 2_000, "não " * 2_000 + "chegou")

    assert len(result.messages) == 3


@given(st.lists(st.text(max_size=200) | st.lists(st.sampled_from(PHRASES)).map(" ".join)))
def test_any_text_gives_a_sound_and_repeatable_answer(contents: list[str]) -> None:
    result = said(*contents)

    assert result == said(*contents)
    assert -1 <= result.score <= 1
    assert 0 <= result.confidence <= 1
    assert len(result.messages) == sum(bool(content.strip()) for content in contents)
    for message in result.messages:
        content = contents[int(message.message_id[1:])]
        assert -1 <= message.score <= 1
        assert 0 <= message.sentiment_confidence <= 1
        assert all(0 < confidence <= 1 for _, confidence in message.intents)
        assert len({intent for intent, _ in message.intents}) == len(message.intents)
        assert all(0 <= reason.start < reason.end <= len(content) for reason in message.reasons)
