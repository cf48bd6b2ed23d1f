"""The figures mean what statisticians mean by them."""

from __future__ import annotations

import numpy as np
import pytest

from talkhub.analysis.examples import SENTIMENTS, Example
from talkhub.analysis.measuring import Prediction, calibration_error, macro_f1, measure
from talkhub.names import Intent, Sentiment


def example(sentiment: Sentiment) -> Example:
    return Example("oi", sentiment, Intent.GREETING, None, "pt", "", frozenset())


def test_macro_f1_is_that_of_the_reference() -> None:
    from sklearn.metrics import confusion_matrix, f1_score  # late: it takes two seconds

    chance = np.random.default_rng(1)
    true, given = chance.integers(5, size=300), chance.integers(5, size=300)

    ours = macro_f1(confusion_matrix(true, given))

    assert ours == pytest.approx(f1_score(true, given, average="macro"))


def test_an_answer_that_is_no_label_is_wrong_but_no_class_of_its_own() -> None:
    right_or_unknown = np.array([[1, 0, 1], [0, 2, 0], [0, 0, 0]])

    assert macro_f1(right_or_unknown) == pytest.approx((2 / 3 + 1) / 2)


def test_the_calibration_error_is_the_mean_gap_of_the_bins() -> None:
    confidences = np.array([0.95, 0.95, 0.55, 0.55, 1.0, 0.0])
    right = np.array([True, False, True, True, True, False])

    # In the highest bin 2.9 is claimed and 2 come true, in the sixth 1.1 and 2.
    assert calibration_error(confidences, right) == pytest.approx((0.9 + 0.9) / 6)


def test_the_interval_holds_the_figure_and_narrows_with_rows() -> None:
    few = [example(sentiment) for sentiment in SENTIMENTS for _ in range(10)]
    answers = [Prediction("neutral", 0.5, "greeting", 0.9)] * 10 + [
        Prediction(row.sentiment, 0.8, "greeting", 0.9) for row in few[10:]
    ]

    narrow, _ = measure(few * 20, answers * 20)
    wide, _ = measure(few, answers)

    assert wide.macro_f1_ci95[0] < wide.macro_f1 < wide.macro_f1_ci95[1]
    low, high = narrow.macro_f1_ci95
    assert high - low < (wide.macro_f1_ci95[1] - wide.macro_f1_ci95[0]) / 3


def test_each_label_has_its_f1_and_each_bin_its_share_of_right_answers() -> None:
    rows = [example(Sentiment.NEUTRAL)] * 3 + [example(Sentiment.NEGATIVE)]
    answers = [Prediction("neutral", 0.95, "greeting", 0.9)] * 3
    answers += [Prediction("neutral", 0.55, "greeting", 0.9)]

    moods, _ = measure(rows, answers)

    found = {it.label: (it.rows, it.f1) for it in moods.f1_by_label}
    assert found == {"neutral": (3, pytest.approx(6 / 7)), "negative": (1, 0.0)}
    assert [tuple(it) for it in moods.reliability] == [
        (1, pytest.approx(0.55), 0.0),
        (3, pytest.approx(0.95), 1.0),
    ]


def test_few_rows_show_a_calibration_error_even_of_a_perfect_model() -> None:
    rows = [example(Sentiment.NEUTRAL)] * 20

    moods, _ = measure(rows, [Prediction("neutral", 0.7, "greeting", 0.9)] * 20)

    assert 0.02 < moods.ece_if_calibrated < 0.2
