"""Conversations analysed together say what each says alone, with an encoder and without."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from threadpoolctl import threadpool_info

from talkhub.analysis import classifier, meaning, pipeline, understanding
from talkhub.analysis.examples import Split, corpus
from talkhub.analysis.pipeline import analyse, analyse_all

TEXTS = [row.text for row in corpus(Split.DEVELOPMENT)]
Transcript = list[dict[str, str]]


def transcript(texts: Sequence[str]) -> Transcript:
    return [
        {"id": str(number), "role": "user", "content": text} for number, text in enumerate(texts)
    ]


def forget() -> None:
    understanding._remembered.clear()


transcripts = st.lists(
    st.lists(st.sampled_from(TEXTS) | st.text(max_size=40), max_size=4).map(transcript),
    max_size=12,
)


@pytest.fixture
def without_encoder(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (classifier, meaning, pipeline):
        monkeypatch.setattr(module, "has_encoder", lambda: False)
    classifier.classifier.cache_clear()
    forget()
    yield
    classifier.classifier.cache_clear()
    forget()


@settings(max_examples=25)
@given(transcripts)
def test_together_they_say_what_each_says_alone(conversations: list[Transcript]) -> None:
    forget()
    together = analyse_all(conversations)
    alone = []
    for messages in conversations:
        forget()
        alone.append(analyse(messages))

    assert together == alone


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(transcripts)
def test_so_they_do_without_an_encoder(
    without_encoder: None, conversations: list[Transcript]
) -> None:
    forget()
    together = analyse_all(conversations)
    forget()

    assert together == [analyse(messages) for messages in conversations]


def test_without_an_encoder_the_words_decide_and_the_version_says_so(
    without_encoder: None,
) -> None:
    found = analyse(transcript(["quero cancelar minha assinatura", "é que ficou daquele jeito"]))

    assert found.intent == "cancellation"
    assert found.version == f"{pipeline.ANALYSER_VERSION}-words"


def test_nothing_is_analysed_as_nothing() -> None:
    assert analyse_all([]) == []
    assert analyse([]).messages == ()


def test_what_is_remembered_stays_bounded() -> None:
    forget()

    analyse_all([transcript([f"número {chr(97 + at % 26)}{at}"]) for at in range(2_100)])

    assert len(understanding._remembered) <= 2_048


def test_a_loaded_analyser_multiplies_on_one_thread() -> None:
    pipeline.load()

    assert {it["num_threads"] for it in threadpool_info() if it["user_api"] == "blas"} == {1}
