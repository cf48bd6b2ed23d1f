"""The model that is shipped is the corpus', and training it again gives the same."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from functools import cache

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from talkhub.analysis import calibrating
from talkhub.analysis.calibrating import ASK_BELOW
from talkhub.analysis.classifier import FOLDER, MANIFEST, WEIGHTS, Classifier, Encode
from talkhub.analysis.examples import (
    INTENTS,
    SENTIMENTS,
    Example,
    Split,
    corpus,
    corpus_checksum,
)
from talkhub.analysis.features import buckets_of_word, distinct_words
from talkhub.analysis.fitting import Counts, count, fit, targets
from talkhub.analysis.hearing import listen
from talkhub.analysis.meaning import Vectors, layers
from talkhub.analysis.pipeline import ANALYSER_VERSION, analyse
from talkhub.analysis.text import read
from talkhub.analysis.train import Model, arrays_of, train
from talkhub.names import Intent, Sentiment


@cache
def some() -> dict[Split, Counts]:
    """Return enough of the corpus to train something within a second or two."""
    step = {Split.TRAINING: 24, Split.DEVELOPMENT: 6, Split.TEST: 8}
    return {split: count(corpus(split)[:: step[split]]) for split in Split}


@cache
def small_model() -> Model:
    return train(some(), lambda _: None, folds=2)[0]


def test_the_manifest_is_that_of_the_corpus_and_the_weights() -> None:
    manifest = json.loads((FOLDER / MANIFEST).read_text(encoding="utf-8"))

    weights = hashlib.sha256((FOLDER / WEIGHTS).read_bytes()).hexdigest()
    assert manifest["weights_sha256"] == weights
    assert manifest["corpus_sha256"] == corpus_checksum(), "train again: ./run train"
    assert (manifest["sentiments"], manifest["intents"]) == ([*SENTIMENTS], [*INTENTS])


def test_the_version_names_these_weights_and_thresholds() -> None:
    manifest = json.loads((FOLDER / MANIFEST).read_text(encoding="utf-8"))

    shipped = tuple(manifest[name] for name in ("weights_sha256", "ask_below", "unknown_below"))
    weights = "37553e7b441f93eed3819020bfe04cedb01314e99e1b334fe59ec35c9837104e"
    assert (ANALYSER_VERSION, shipped) == ("10", (weights, 0.5, 0.2)), "raise ANALYSER_VERSION"


@pytest.mark.parametrize(("right_of_ten", "threshold"), [(1, 0.45), (3, 0.1)])
def test_an_intent_is_unknown_where_naming_it_costs_more_than_silence(
    right_of_ten: int, threshold: float
) -> None:
    confidences = np.array([0.12] * 10 + [0.9] * 10)
    right = np.arange(20) >= 10 - right_of_ten

    assert calibrating._unknown_below(confidences, right) == threshold


def test_the_arrays_are_plain_numbers_of_half_precision() -> None:
    with np.load(FOLDER / WEIGHTS, allow_pickle=False) as arrays:
        assert {arrays[name].dtype.name for name in arrays.files} == {"float16"}


def test_fitting_twice_gives_the_same_weights() -> None:
    with threadpool_limits(1):
        first, second = (fit(some()[Split.DEVELOPMENT]) for _ in range(2))

    pairs = zip((*first[:-1], *first.network), (*second[:-1], *second.network), strict=True)
    assert all(np.array_equal(one, other) for one, other in pairs)


def test_an_accepted_alternative_teaches_as_well_but_less() -> None:
    row = Example(
        text="o livro veio rasgado",
        sentiment=Sentiment.NEGATIVE,
        intent=Intent.SUPPORT,
        intent_alt=Intent.COMPLAINT,
        language="pt",
        persona="",
        signals=frozenset(),
    )

    (taught,) = targets([row], "intent")

    assert taught[INTENTS.index(Intent.SUPPORT)] > taught[INTENTS.index(Intent.COMPLAINT)] > 0
    assert taught.sum() == pytest.approx(1)


@pytest.mark.parametrize("encoder", [None, layers])
def test_what_is_served_is_what_was_trained(encoder: Encode | None) -> None:
    model, test = small_model(), some()[Split.TEST]
    served = Classifier(arrays_of(model), unknown_below=0.0, ask_below=ASK_BELOW, encode=encoder)

    verdicts = served.judge([listen(row.text) for row in test.examples])

    trained = model.predictions(test, asks=encoder is not None)
    assert [max(verdict.moods) for verdict in verdicts] == pytest.approx(
        [prediction.sentiment_confidence for prediction in trained], abs=0.02
    )
    assert [max(verdict.errands) for verdict in verdicts] == pytest.approx(
        [prediction.intent_confidence for prediction in trained], abs=0.02
    )


def test_the_encoder_is_asked_only_where_the_words_are_unsure() -> None:
    asked: list[str] = []

    def note(texts: Sequence[str]) -> Vectors:
        asked.extend(texts)
        return layers(texts)

    with np.load(FOLDER / WEIGHTS, allow_pickle=False) as arrays:
        served = Classifier(arrays, unknown_below=0.0, ask_below=ASK_BELOW, encode=note)
    clear, unsure = "quero cancelar minha assinatura", "é que então ficou daquele jeito"

    served.judge([listen(clear), listen(unsure)])

    assert asked == [unsure]


def test_the_encoder_improves_what_words_alone_say_of_people_it_never_read() -> None:
    manifest = json.loads((FOLDER / MANIFEST).read_text(encoding="utf-8"))
    both, words = (manifest["metrics"][name] for name in ("test", "test, words alone"))

    assert both["intent"]["accuracy"] > words["intent"]["accuracy"]


def test_more_words_than_are_remembered_change_no_answer() -> None:
    model = Classifier(arrays_of(small_model()), unknown_below=0.0, ask_below=0.0, encode=None)
    text = listen("quero cancelar a minha assinatura")
    (before,) = model.judge([text])

    for number in range(0, 20_000, 100):
        letters = "".join(chr(97 + int(digit)) for digit in str(number))
        words = read(
            " ".join(f"{letters}{chr(97 + at % 26)}{chr(97 + at // 26)}" for at in range(99))
        )
        model.judge([text._replace(text=words, spelled=words.words)])

    (after,) = model.judge([text])
    assert after.errands == before.errands


def test_no_number_or_address_reaches_the_model() -> None:
    first = read("meu cpf é 123.***.***-00, fone 11 9****-1234, ana@exemplo.com.br")
    second = read("meu cpf é 987.***.***-99, fone 21 9****-9876, bia@exemplo.com")

    assert distinct_words(first, first.words) == distinct_words(second, second.words)


def test_a_slip_keeps_most_of_a_words_buckets() -> None:
    word, slip = set(buckets_of_word("atendimento")), set(buckets_of_word("atendimetno"))

    assert len(word & slip) >= len(word) // 3


def test_words_that_no_lexicon_knows_are_given_as_reasons() -> None:
    content = "trancar minha matrícula por motivo de saúde"

    (message,) = analyse([{"id": "1", "role": "user", "content": content}]).messages

    shown = {content[reason.start : reason.end] for reason in message.reasons}
    assert message.intents[0][0] == "cancellation"
    assert "trancar" in shown
