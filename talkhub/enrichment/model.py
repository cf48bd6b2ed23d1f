"""What a language model is asked, what it finds in a conversation, what can come of asking."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, Final, Generic, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict

from talkhub.analysis.personal import masked
from talkhub.memory.cleaning import cleaned
from talkhub.names import Intent, Resolution, Sentiment, Urgency

LONGEST_SUMMARY = 500
LONGEST_TOPIC = 40
MOST_TOPICS = 5


class Covers(StrEnum):
    """Which conversations of a workspace a model reads: where we are unsure, or all of them."""

    DOUBTFUL = "doubtful"
    ALL = "all"


class EnrichmentState(StrEnum):
    """The states of an enrichment."""

    PENDING = "pending"
    DONE = "done"
    FAILED = "failed"


class Trouble(StrEnum):
    """Why there is no answer. The first ones say that the interface itself is not well."""

    UNREACHABLE = "unreachable"
    TOO_SLOW = "too_slow"
    RATE_LIMITED = "rate_limited"
    KEY_REFUSED = "key_refused"
    BROKEN = "broken"
    REJECTED = "rejected"
    GARBAGE = "garbage"
    REFUSED = "refused"
    OVER_BUDGET = "over_budget"


class Form(StrEnum):
    """How an answer of a fixed shape is asked for; not every interface knows the first two."""

    SCHEMA = "schema"
    OBJECT = "object"
    TEXT = "text"


def _as_shown(text: str, longest: int) -> str:
    """Return a model's words as they are kept: one line, nothing unseen, nobody's number."""
    shown = masked(cleaned(" ".join(text.split())))
    return shown if len(shown) <= longest else f"{shown[: longest - 1]}…"


class Reading(BaseModel):
    """What a model found. What it can choose is closed; its own words are cut and masked."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    sentiment: Sentiment
    intent: Intent
    resolution: Resolution
    urgency: Urgency
    topics: Annotated[
        list[str],
        AfterValidator(lambda given: [_as_shown(it, LONGEST_TOPIC) for it in given[:MOST_TOPICS]]),
    ]
    summary: Annotated[str, AfterValidator(lambda given: _as_shown(given, LONGEST_SUMMARY))]


_CHOICES: Mapping[str, type[StrEnum]] = {
    "sentiment": Sentiment,
    "intent": Intent,
    "resolution": Resolution,
    "urgency": Urgency,
}


Answer = TypeVar("Answer", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Shape(Generic[Answer]):
    """What an answer looks like: its name, its JSON Schema, and the model that reads it.

    Strict interfaces take schemas that are closed, and name no lengths.
    """

    name: str
    schema: Mapping[str, Any]
    kind: type[Answer]


def _reading_schema() -> dict[str, Any]:
    closed = {name: sorted(kind) for name, kind in _CHOICES.items()}
    fields: dict[str, Any] = {
        name: {"type": "string", "enum": labels} for name, labels in closed.items()
    }
    fields["topics"] = {"type": "array", "items": {"type": "string"}}
    fields["summary"] = {"type": "string"}
    return {
        "type": "object",
        "properties": fields,
        "required": list(fields),
        "additionalProperties": False,
    }


READING: Final = Shape("reading", _reading_schema(), Reading)
