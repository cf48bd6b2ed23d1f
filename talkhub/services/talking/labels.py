"""What a conversation is called once people have corrected its analysis. Pure.

A person's word wins, then a caller's own intent, then our analysis. What counts stands in the
columns that every report reads; of a corrected `intent_analysis` the prediction stays beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from talkhub.names import Sentiment
from talkhub.names.labels import AnalysisSource, AnalysisStatus, Correctable

Said = Mapping[str, str]
"""What people say of a conversation, by field: of several corrections the last that stands."""

OF_COURSE = (Correctable.OUTCOME, Correctable.RESOLUTION)
"""What is told in `course`, with how the conversation went."""

SEPARATOR = ","
"""Between the intents of a message in a correction's value."""

_BESIDE_COURSE = (Correctable.INTENT, Correctable.SENTIMENT)
_CERTAIN = 1.0
_SCORES: Mapping[str, float] = {
    Sentiment.POSITIVE: _CERTAIN,
    Sentiment.NEUTRAL: 0.0,
    Sentiment.NEGATIVE: -_CERTAIN,
}
_LONGEST_INTENT = 32


@dataclass(frozen=True, slots=True)
class Labels:
    """What counts of a conversation; None before its first analysis. `score` is the mood's."""

    intent: str | None
    sentiment: str | None
    score: float | None
    analysis: Mapping[str, Any]


def labels(found: Labels, said: Said) -> Labels:
    """Return what counts of a conversation of which `found` is the analysis.

    `found.analysis` is the `intent_analysis` as it was predicted, by us or by the caller.
    """
    prediction = found.analysis
    sentiment, score = found.sentiment, found.score
    if said.get(Correctable.SENTIMENT, sentiment) != sentiment:
        sentiment = said[Correctable.SENTIMENT]
        score = _SCORES[sentiment]
    return Labels(
        intent=said.get(Correctable.INTENT) or callers_intent(prediction) or found.intent,
        sentiment=sentiment,
        score=score,
        analysis=_corrected(prediction, said) if said else prediction,
    )


def relabelled(row: Mapping[str, Any], analysis: Mapping[str, Any], said: Said) -> dict[str, Any]:
    """Return the row of a new analysis with what people said before, which still counts.

    `analysis` is the conversation's `intent_analysis` up to now.
    """
    before = prediction_of(analysis)
    if before.get("source") != AnalysisSource.CALLER:
        before = {name: row[name] for name in ("intent", "sentiment", "confidence", "course")}
        before["source"] = AnalysisSource.TALKHUB.value
    before["status"] = AnalysisStatus.DONE.value
    now = labels(Labels(row["intent"], row["sentiment"], row["score"], before), said)
    return {
        **row,
        "intent": now.intent,
        "sentiment": now.sentiment,
        "score": now.score,
        "confidence": _CERTAIN if Correctable.INTENT in said else row["confidence"],
        "course": {**row["course"], **_of_course(said)},
        "corrected": now.analysis,
    }


def found_in(said: Said) -> dict[str, Any]:
    """Return what people said of a message as its analysis would say it; empty if nothing."""
    if not said:
        return {}
    found: dict[str, Any] = {"is_corrected": True}
    if Correctable.SENTIMENT in said:
        found["sentiment"] = said[Correctable.SENTIMENT]
        found["score"] = _SCORES[said[Correctable.SENTIMENT]]
    if Correctable.INTENTS in said:
        found["intents"] = [(name, _CERTAIN) for name in intents_in(said[Correctable.INTENTS])]
    return found


def intents_in(value: str) -> tuple[str, ...]:
    """Return the intents of a message that a correction's value names, the leading one first."""
    return tuple(value.split(SEPARATOR))


def callers_intent(analysis: Mapping[str, Any]) -> str | None:
    """Return the intent that a caller found, if the column for it can hold it."""
    intent = analysis.get("intent")
    is_usable = isinstance(intent, str) and 0 < len(intent) <= _LONGEST_INTENT
    return intent if is_usable and analysis.get("source") == AnalysisSource.CALLER else None


def prediction_of(analysis: Mapping[str, Any]) -> dict[str, Any]:
    """Return an `intent_analysis` as it was before anybody corrected it."""
    if analysis.get("source") != AnalysisSource.CORRECTED:
        return dict(analysis)
    predicted = dict(analysis["predicted"])
    if isinstance(predicted.get("course"), Mapping):
        kept = {key: it for key, it in analysis["course"].items() if key not in OF_COURSE}
        predicted["course"] = kept | predicted["course"]
    if "status" in analysis:
        predicted["status"] = analysis["status"]
    return predicted


def _corrected(prediction: Mapping[str, Any], said: Said) -> dict[str, Any]:
    course = prediction.get("course")
    went = dict(course) if isinstance(course, Mapping) else {}
    # Quotes stand in one place, so that what people take back is blanked in one place.
    predicted = {key: it for key, it in prediction.items() if key != "status"}
    if isinstance(course, Mapping):
        predicted["course"] = {key: course[key] for key in OF_COURSE if key in course}
    answer = {**prediction, **{key.value: said[key] for key in _BESIDE_COURSE if key in said}}
    if Correctable.INTENT in said:
        answer["confidence"] = _CERTAIN
    if went or _of_course(said):
        answer["course"] = went | _of_course(said)
    return answer | {
        "source": AnalysisSource.CORRECTED.value,
        "corrected": sorted(said),
        "predicted": predicted,
    }


def _of_course(said: Said) -> dict[str, str]:
    return {key.value: said[key] for key in OF_COURSE if key in said}
