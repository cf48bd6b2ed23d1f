"""What counts of an analysis once people have corrected it, and what is left of the prediction."""

from __future__ import annotations

from typing import Any

import pytest

from talkhub.services.talking.labels import Labels, labels, prediction_of, relabelled

COURSE = {"outcome": "contained", "resolution": "silent", "summary": ["Meu pedido não chegou"]}
OURS = {
    "intent": "support",
    "sentiment": "neutral",
    "confidence": 0.71,
    "course": COURSE,
    "source": "talkhub",
    "status": "done",
}
CALLERS = {"intent": "vip", "score": 9, "source": "caller", "status": "done"}
SAID = {"intent": "complaint", "sentiment": "negative", "resolution": "no"}


def test_what_people_say_stands_where_the_prediction_stood_and_that_stays_beside() -> None:
    now = labels(Labels("support", "neutral", -0.1, OURS), SAID)

    assert now == Labels(
        "complaint",
        "negative",
        -1.0,
        {
            "intent": "complaint",
            "sentiment": "negative",
            "confidence": 1.0,
            "course": {**COURSE, "resolution": "no"},
            "source": "corrected",
            "status": "done",
            "corrected": ["intent", "resolution", "sentiment"],
            "predicted": {
                "intent": "support",
                "sentiment": "neutral",
                "confidence": 0.71,
                "course": {"outcome": "contained", "resolution": "silent"},
                "source": "talkhub",
            },
        },
    )


@pytest.mark.parametrize(
    "analysis",
    [
        OURS,
        CALLERS,
        {"status": "pending", "source": "talkhub"},
        {**CALLERS, "course": "Python", "predicted": 1, "corrected": "yes"},
        {**CALLERS, "course": {"level": 2}},
    ],
)
@pytest.mark.parametrize("said", [SAID, {"sentiment": "positive"}, {"outcome": "handed_off"}])
def test_once_undone_an_analysis_is_what_it_was(
    analysis: dict[str, Any], said: dict[str, str]
) -> None:
    corrected = labels(Labels("other", "neutral", 0.0, analysis), said).analysis

    assert corrected["source"] == "corrected"
    assert prediction_of(corrected) == analysis


def test_a_confirmed_mood_keeps_its_score() -> None:
    assert labels(Labels(None, "negative", -0.4, OURS), {"sentiment": "negative"}).score == -0.4


def test_a_callers_own_intent_comes_before_ours_and_after_a_persons() -> None:
    found = Labels("support", "neutral", 0.0, CALLERS)

    assert labels(found, {}).intent == "vip"
    assert labels(found, {"intent": "complaint"}).intent == "complaint"


def test_a_new_analysis_is_stored_with_what_people_said_before() -> None:
    row = {
        "id": 7,
        "intent": "purchase",
        "sentiment": "positive",
        "score": 0.8,
        "confidence": 0.9,
        "course": COURSE,
    }
    before = labels(Labels("support", "neutral", -0.1, OURS), SAID).analysis

    stored = relabelled(row, before, SAID)

    assert stored["intent"] == "complaint"
    assert (stored["sentiment"], stored["score"], stored["confidence"]) == ("negative", -1.0, 1.0)
    assert stored["course"]["resolution"] == "no"
    assert stored["corrected"]["predicted"]["intent"] == "purchase"
    assert stored["id"] == 7
