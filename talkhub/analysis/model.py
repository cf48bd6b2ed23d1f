"""What an analysis says: frozen data, no behaviour."""

from __future__ import annotations

from dataclasses import dataclass

from talkhub.names import Sentiment


@dataclass(frozen=True, slots=True)
class Reason:
    """A stretch of a message that weighed in: characters `start` to `end` of its content.

    `label` is a Sentiment, an Intent, or a label of a workspace's own; `weight` is signed for
    sentiment, positive for all others.
    """

    start: int
    end: int
    label: str
    weight: float


@dataclass(frozen=True, slots=True)
class MessageAnalysis:
    """What one message of a person says. `score` runs from -1 to 1, confidences from 0 to 1.

    Intents are our own or the workspace's, which come first.
    """

    message_id: str
    language: str
    sentiment: Sentiment
    score: float
    sentiment_confidence: float
    intents: tuple[tuple[str, float], ...]
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class ConversationAnalysis:
    """What a whole conversation says, and of each of the person's messages.

    `intent` is the conversation's main intent, `confidence` that of the intent. `own_model` is
    the version of what the workspace taught that had a say in it.
    """

    version: str
    language: str
    intent: str
    confidence: float
    sentiment: Sentiment
    score: float
    topics: tuple[str, ...]
    messages: tuple[MessageAnalysis, ...]
    own_model: int | None = None
