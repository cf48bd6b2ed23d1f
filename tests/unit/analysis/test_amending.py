"""What corrections teach: similar messages are called rightly, others as before, noise nothing."""

from __future__ import annotations

import random

import pytest

from talkhub.analysis.examples import INTENTS, SENTIMENTS, Split, corpus
from talkhub.analysis.own.amending import Corrected, amend, examples_of
from talkhub.analysis.own.amendment import Amendment
from talkhub.analysis.own.points import width
from talkhub.analysis.own.taught import Taught, nothing_taught
from talkhub.analysis.pipeline import analyse_all
from talkhub.names.labels import Correctable

# A clinic's: who asks this wants an appointment, and is read as asking for information.
INSURED = (
    "atende unimed?",
    "vcs aceitam bradesco saude?",
    "o dr paulo atende meu plano?",
    "tem convênio com a amil?",
    "aceita sulamerica",
    "atendem pelo ipsemg?",
    "meu plano é hapvida, vocês cobrem?",
    "faz pelo convênio da cassi?",
    "oi, aceitam golden cross?",
    "qual convênio vcs pegam",
)
WAITING = (
    "ainda aguardando o retorno",
    "continuo no aguardo do retorno",
    "sigo aguardando resposta",
    "ainda sem retorno de vcs",
    "no aguardo desde ontem",
    "to aguardando ainda",
)
EVERYDAY = ("bom dia", "quanto custa o frete?", "meu pedido veio quebrado", "ok", "obrigada!")


@pytest.fixture(scope="module")
def insured() -> Amendment:
    corrected = [Corrected((text,), intents=("scheduling",)) for text in INSURED]
    amendment, _ = amend(examples_of(corrected), Correctable.INTENTS)
    assert amendment is not None
    return amendment


def stored(*amendments: Amendment) -> Taught:
    with_meaning = amendments[0].weights.shape[0] == width(with_meaning=True)
    nothing = nothing_taught(with_meaning=with_meaning)
    taught = Taught(nothing.labels, nothing.weights, nothing.bias, 1.0, 1.0, 1, amendments)
    return Taught.unpacked(taught.packed(), version=1)


def called(taught: Taught | None, *texts: str) -> list[tuple[str, str]]:
    talks = [[{"id": "m", "role": "user", "content": text}] for text in texts]
    return [(it.intent, it.sentiment) for it in analyse_all(talks, taught=taught)]


def test_messages_like_corrected_ones_are_called_rightly_and_others_as_before(
    insured: Amendment,
) -> None:
    unseen = ("tem convenio com a unimed?", "o dr atende hapvida?", "aceitam meu plano amil?")
    taught = stored(insured)

    assert {intent for intent, _ in called(None, *unseen)} == {"information"}
    assert {intent for intent, _ in called(taught, *unseen)} == {"scheduling"}
    assert called(taught, *EVERYDAY) == called(None, *EVERYDAY)


def test_a_mood_that_only_a_workspace_means_is_learned() -> None:
    corrected = [Corrected((text,), mood="negative") for text in WAITING]

    amendment, report = amend(examples_of(corrected), Correctable.SENTIMENT)

    assert amendment is not None
    assert (report.before, report.after, report.targets) == (1, 5, ("negative",))
    assert called(stored(amendment), "aguardando retorno ainda")[0][1] == "negative"
    assert called(None, "aguardando retorno ainda")[0][1] == "neutral"


def test_what_is_called_otherwise_has_its_own_reasons_and_none_of_the_wrong_label(
    insured: Amendment,
) -> None:
    text = "o dr atende hapvida?"
    talk = [{"id": "m", "role": "user", "content": text}]

    (found,) = analyse_all([talk], taught=stored(insured))

    why = {(text[it.start : it.end], it.label) for it in found.messages[0].reasons}
    assert ("hapvida", "scheduling") in why
    assert "information" not in {label for _, label in why}


@pytest.mark.parametrize("field", [Correctable.INTENTS, Correctable.SENTIMENT])
def test_corrections_at_random_change_nothing(field: Correctable) -> None:
    chance = random.Random(7)  # noqa: S311 -- the same corrections every time
    corrected = [
        Corrected((it.text,), (chance.choice(INTENTS),), chance.choice(SENTIMENTS))
        for it in chance.sample(corpus(Split.TRAINING), 60)
    ]

    amendment, report = amend(examples_of(corrected), field)

    assert amendment is None
    assert (report.after, report.changed) == (report.before, 0.0)


def test_too_few_corrections_of_a_label_teach_nothing() -> None:
    corrected = [Corrected((text,), intents=("scheduling",)) for text in INSURED[:2]]

    assert amend(examples_of(corrected), Correctable.INTENTS) is None


def test_a_conversation_is_stood_for_by_its_first_errand_or_its_last_words() -> None:
    said = ("bom dia!", "atende unimed?", "quero cancelar meu plano")
    corrected = [
        Corrected(said, intents=("scheduling",), is_whole=True),
        Corrected(("oi", "bom dia"), intents=("support",), is_whole=True),
        Corrected(("ninguém me respondeu até agora",), mood="negative", is_whole=True),
        Corrected(("ok",), mood="negative", is_whole=True),
    ]

    standing = [(it.text, it.intents, it.mood) for it in examples_of(corrected)]

    assert standing == [
        ("atende unimed?", ("scheduling",), ""),
        ("ninguém me respondeu até agora", (), "negative"),
    ]


def test_what_people_say_of_a_text_again_counts_instead() -> None:
    latest = [Corrected((text,), intents=("scheduling",)) for text in INSURED]
    earlier = [Corrected((text,), intents=("purchase",)) for text in INSURED]

    _, report = amend(examples_of([*latest, *earlier]), Correctable.INTENTS)

    assert (report.messages, report.targets) == (len(INSURED), ("scheduling",))
