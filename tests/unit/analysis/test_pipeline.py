"""What an analysis promises of a whole conversation."""

from __future__ import annotations

from talkhub.analysis.pipeline import ANALYSER_VERSION, analyse
from talkhub.names import Intent, Sentiment


def user(content: object, message_id: str = "m1") -> dict[str, object]:
    return {"id": message_id, "role": "user", "kind": "text", "content": content}


def test_a_conversation_without_messages_is_unknown_and_neutral() -> None:
    result = analyse([])

    assert result.version == ANALYSER_VERSION
    assert (result.intent, result.confidence) == (Intent.UNKNOWN, 0.0)
    assert (result.sentiment, result.score) == (Sentiment.NEUTRAL, 0.0)
    assert result.messages == ()


def test_only_what_the_person_says_counts() -> None:
    angry_bot = {"id": "b", "role": "bot", "content": "Que absurdo, péssimo, quero cancelar"}

    result = analyse([user("bom dia", "u"), angry_bot, angry_bot | {"role": "agent"}])

    assert [message.message_id for message in result.messages] == ["u"]
    assert (result.intent, result.sentiment) == (Intent.GREETING, Sentiment.NEUTRAL)


def test_the_main_intent_is_no_greeting_when_something_else_is_there() -> None:
    result = analyse([user("oi, bom dia!"), user("quero cancelar meu plano"), user("obrigada")])

    assert result.intent is Intent.CANCELLATION
