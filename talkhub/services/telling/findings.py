"""What an analysis that was just stored shows, as rules ask for it and their texts say it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from talkhub.errors import Invalid

VARIABLES = (
    "sentiment",
    "score",
    "intent",
    "confidence",
    "topics",
    "language",
    "completion",
    "summary",
)
"""What a rule's text may hold of an analysis, in single braces."""


def shows(row: Mapping[str, Any], sentiments: Collection[str], intents: Collection[str]) -> bool:
    """Tell whether an analysis found one of the moods and intents; an empty list asks nothing."""
    return (not sentiments or row["sentiment"] in sentiments) and (
        not intents or row["intent"] in intents
    )


def values_shown(row: Mapping[str, Any]) -> dict[str, str]:
    """Return the variables of an analysis."""
    course = row.get("course") or {}
    values = {
        "sentiment": row["sentiment"],
        "score": f"{row['score']:.2f}",
        "intent": row["intent"],
        "confidence": f"{row['confidence'] or 0:.2f}",
        "topics": ", ".join(row["topics"]),
        "language": row["language"],
        "completion": row["completion"],
        "summary": " / ".join(course.get("summary", ())),
    }
    return {name: str(value or "") for name, value in values.items()}


def one_of(field: str, given: Iterable[str], known: Iterable[str]) -> None:
    """Raise Invalid for a rule's field that names what there is not."""
    names = [str(name) for name in known]
    if any(name not in names for name in given):
        raise Invalid.at(field, detail=f"There are: {', '.join(names)}.", code=f"{field}_invalid")
