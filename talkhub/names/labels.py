"""What analyses and people call what they say of conversations: one enum per kind of name."""

from enum import StrEnum


class AnalysisSource(StrEnum):
    """Whose labels an `intent_analysis` holds; of corrected ones the prediction stands beside."""

    TALKHUB = "talkhub"
    CALLER = "caller"
    CORRECTED = "corrected"


class AnalysisStatus(StrEnum):
    """Whether our own analysis of a conversation is there yet, or was given up."""

    PENDING = "pending"
    DONE = "done"
    FAILED = "failed"


class Correctable(StrEnum):
    """What people may correct: the first four of a conversation, the last two of a message."""

    INTENT = "intent"
    OUTCOME = "outcome"
    RESOLUTION = "resolution"
    SENTIMENT = "sentiment"
    INTENTS = "intents"


class ReviewKind(StrEnum):
    """Why somebody is asked about a conversation: it is doubtful, or one of a sample of all."""

    UNSURE = "unsure"
    SAMPLE = "sample"


class OwnKind(StrEnum):
    """What a workspace may add to our labels."""

    INTENT = "intent"
    TOPIC = "topic"


class SatisfactionBand(StrEnum):
    """How content a person seems, by our estimate: nobody asked them."""

    LOW = "low"
    MIDDLE = "middle"
    HIGH = "high"
