"""What the whole analyser, lexicons and model together, makes of plain and of tricky messages."""

from __future__ import annotations

import pytest

from talkhub.analysis.evaluate import by_analyser
from talkhub.analysis.pipeline import analyse
from talkhub.names import Intent, Sentiment


@pytest.mark.parametrize(
    ("text", "sentiment"),
    [
        ("o serviço é bom", "positive"),
        ("o serviço não é bom", "negative"),
        ("gostei", "positive"),
        ("n gostei", "negative"),
        ("não gostei de nada", "negative"),
        ("demorou mas adorei", "positive"),
        ("adorei esperar duas horas na fila", "negative"),
        ("que maravilha, mais um mês sem resposta", "negative"),
        ("Agradeço o retorno, porém o problema continua", "negative"),
        ("até agora nada", "negative"),
        ("😍", "positive"),
        ("😡", "negative"),
        ("👍", "neutral"),
        ("cadê meu pedido?", "neutral"),
        ("boa tarde, tudo bem?", "neutral"),
        ("não, obrigado", "neutral"),
    ],
)
def test_moods_are_told(text: str, sentiment: str) -> None:
    assert by_analyser([text])[0].sentiment == sentiment


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("oi", "greeting"),
        ("quanto fica o frete e a instalação juntos?", "purchase"),
        ("que horas vocês fecham?", "information"),
        ("o aplicativo não abre desde ontem", "support"),
        ("que falta de respeito, ninguém responde", "complaint"),
        ("quero desmarcar e passar pra sexta de manhã", "scheduling"),
        ("me tira dessa assinatura por favor", "cancellation"),
        ("chama uma pessoa, robô não", "human_handoff"),
        ("vlw demais", "thanks"),
        ("sim", "other"),
    ],
)
def test_intents_are_told(text: str, intent: str) -> None:
    assert by_analyser([text])[0].intent == intent


@pytest.mark.parametrize("text", ["que absurdo", "adorei", "ok", "não sei", "e agora?"])
def test_the_score_and_the_sentiment_of_a_message_agree(text: str) -> None:
    result = analyse([{"id": "1", "role": "user", "content": text}])

    assert result.sentiment is result.messages[0].sentiment


def test_what_nobody_can_tell_is_unknown() -> None:
    (answer,) = by_analyser(["zwqx"])

    assert answer.intent in (Intent.UNKNOWN, Intent.OTHER, Intent.GREETING)
    assert answer.sentiment is Sentiment.NEUTRAL
    assert answer.sentiment_confidence < 0.95
