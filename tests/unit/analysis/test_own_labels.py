"""What a workspace teaches: told from a few phrases, honest about what it cannot tell apart."""

from __future__ import annotations

import pytest

from talkhub.analysis.hearing import tell_apart
from talkhub.analysis.own.rereading import reread
from talkhub.analysis.own.taught import OwnLabel, Taught
from talkhub.analysis.own.teaching import Phrase, Report, teach
from talkhub.analysis.pipeline import analyse_all
from talkhub.analysis.understanding import understand
from talkhub.names.labels import OwnKind

PHRASES = {
    OwnLabel("2ª via de boleto", OwnKind.INTENT): (
        "preciso da segunda via do boleto",
        "perdi o boleto desse mês",
        "quero a 2 via da fatura",
        "reenviar boleto por favor",
        "o boleto venceu, gera um novo",
    ),
    OwnLabel("boleto atrasado", OwnKind.INTENT): (
        "o boleto venceu, manda outro",
        "meu boleto está vencido, quero um novo",
        "boleto vencido, gera outro por favor",
        "preciso de um boleto novo, o meu venceu",
    ),
    OwnLabel("Clube Vento Sul", OwnKind.TOPIC): (
        "quero entrar no clube vento sul",
        "o clube vento sul dá frete grátis?",
        "sou do clube vento sul e não ganhei desconto",
        "quanto custa o clube vento sul",
    ),
}

Lesson = tuple[Taught, Report]


@pytest.fixture(scope="module")
def lesson() -> Lesson:
    phrases = [Phrase(text, place) for place, said in enumerate(PHRASES.values()) for text in said]
    return teach(list(PHRASES), phrases)


def named(taught: Taught, *texts: str) -> list[list[str]]:
    asked = [(tell_apart(text)[0], "pt") for text in texts]
    own = {label.name for label in taught.labels}
    readings = reread(taught, asked, understand(asked))
    return [[name for name in (*dict(it.intents), *it.topics) if name in own] for it in readings]


def test_what_is_said_otherwise_is_found_and_other_matters_are_not(lesson: Lesson) -> None:
    found = named(lesson[0], "como entro no clube?", "bom dia", "o produto veio quebrado", "ok")

    assert found == [["Clube Vento Sul"], [], [], []]


def test_what_is_stored_answers_as_what_was_learned(lesson: Lesson) -> None:
    taught, _ = lesson
    texts = ["quero a segunda via", "clube vento sul", "ok"]

    stored = Taught.unpacked(taught.packed(), version=7)

    assert stored.version == 7
    assert stored.labels == taught.labels
    assert named(stored, *texts) == named(taught, *texts)


def test_each_phrase_is_judged_as_if_it_had_been_left_out(lesson: Lesson) -> None:
    taught, report = lesson
    lone = "o clube vento sul dá frete grátis?"
    phrases = [Phrase(text, 0) for text in PHRASES[taught.labels[2]] if text != lone]
    phrases += [Phrase(text, 1) for text in PHRASES[taught.labels[0]]]

    without, _ = teach([taught.labels[2], taught.labels[0]], phrases)

    missed = [text for text, _ in report.labels[2].taken_for]
    assert (lone not in missed) == (named(without, lone) == [["Clube Vento Sul"]])
    assert report.phrases == 13
    assert report.false_alarms < 0.1


def test_labels_that_mean_the_same_are_warned_about(lesson: Lesson) -> None:
    pairs = {(first, second) for first, second, _ in lesson[1].confusable}

    assert pairs == {("2ª via de boleto", "boleto atrasado")}


def test_own_labels_lead_a_conversations_analysis_and_name_their_version(lesson: Lesson) -> None:
    said = ["bom dia", "sou do clube vento sul e perdi o boleto desse mês, que descaso"]
    messages = [{"id": f"m{n}", "role": "user", "content": text} for n, text in enumerate(said)]
    taught = Taught.unpacked(lesson[0].packed(), version=3)

    (ours,) = analyse_all([messages])
    (found,) = analyse_all([messages], taught=taught)

    assert ours.own_model is None
    assert found.own_model == 3
    assert found.messages[0] == ours.messages[0]
    assert "Clube Vento Sul" in found.topics
    assert set(ours.topics) <= set(found.topics)


def test_the_words_that_speak_for_an_own_label_are_its_reasons(lesson: Lesson) -> None:
    text = "como entro no clube?"
    talk = [{"id": "m", "role": "user", "content": text}]

    (found,) = analyse_all([talk], taught=lesson[0])

    own = [it for it in found.messages[0].reasons if it.label == "Clube Vento Sul"]
    assert [text[it.start : it.end] for it in own] == ["clube"]
    assert own[0].weight > 0
