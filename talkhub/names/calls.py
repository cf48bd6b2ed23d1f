"""The names of calls: their states and ends, who takes part, and what browsers tell each other."""

from enum import StrEnum

CALL_PLATFORM = "call"
"""Where the conversations take place that calls become."""

CALL_KIND = "call"
"""The kind of the messages by which a transcript tells of its call."""


class CallState(StrEnum):
    """The states of a call."""

    RINGING = "ringing"
    ACTIVE = "active"
    ENDED = "ended"


class CallOutcome(StrEnum):
    """How a call ended: they spoke, nobody answered, somebody did not want to, no way was found."""

    ANSWERED = "answered"
    MISSED = "missed"
    DECLINED = "declined"
    FAILED = "failed"


class CallSide(StrEnum):
    """Who takes part in a call."""

    CALLER = "caller"
    AGENT = "agent"


class CallEnd(StrEnum):
    """Who or what ended a call: a side, a side's silence, or the time that a call may last."""

    CALLER = "caller"
    AGENT = "agent"
    SILENCE = "silence"
    TIME = "time"


class SignalKind(StrEnum):
    """What browsers tell each other to find a way: what they can, and where they can be reached."""

    OFFER = "offer"
    ANSWER = "answer"
    CANDIDATE = "candidate"
