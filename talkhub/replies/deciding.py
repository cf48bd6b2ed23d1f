"""Decides what is done about a message: answered, suggested to an agent, left to a person."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from talkhub.replies.finding import Found
from talkhub.replies.reading import Asked

SUGGESTED_FROM: Final = 0.4
"""A less likely answer only costs an agent time."""

MOST_IN_A_ROW: Final = 6
"""Whom so many answers of a session have not served wants a person."""


class ReplyMode(StrEnum):
    """What a workspace wants: nothing, words laid before its agents, or answers."""

    OFF = "off"
    SUGGEST = "suggest"
    ANSWER = "answer"


class Wording(StrEnum):
    """Who words an answer: the passage itself, or a model from the passages that were found.

    Of a model's answer that is not taken, the passage is sent, or a person answers.
    """

    QUOTE = "quote"
    MODEL_OR_QUOTE = "model_or_quote"
    MODEL_OR_PERSON = "model_or_person"


class ReplyState(StrEnum):
    """What became of a message that may be answered automatically."""

    PENDING = "pending"
    SUGGESTED = "suggested"
    ANSWERED = "answered"
    HANDED_OFF = "handed_off"
    DROPPED = "dropped"


class Reason(StrEnum):
    """Why it was not answered, or not by itself."""

    UNSURE = "unsure"
    UPSET = "upset"
    ASKED_FOR_PERSON = "asked_for_person"
    LOOP = "loop"
    WITH_A_PERSON = "with_a_person"
    OPTED_OUT = "opted_out"
    QUIET_HOURS = "quiet_hours"
    DAILY_CAP = "daily_cap"
    CANNOT_SEND = "cannot_send"
    NOTHING_ASKED = "nothing_asked"
    OUTDATED = "outdated"
    FAILED = "failed"
    NOT_WRITTEN = "not_written"


@dataclass(frozen=True, slots=True)
class Situation:
    """What else decides. `said` are the answers that the session was given automatically.

    Those that a model wrote never are the same twice: `written_from` says where from they were.
    """

    mode: ReplyMode
    threshold: float
    said: tuple[str, ...] = ()
    written_from: tuple[str, ...] = ()
    is_opted_out: bool = False
    is_with_person: bool = False
    is_quiet: bool = False
    can_send: bool = True


@dataclass(frozen=True, slots=True)
class Written:
    """What a model wrote, and where the passages stand that it cites."""

    answer: str
    model: str
    cited: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """What is done. `found` is what is sent, or laid before whoever answers.

    `written` is sent in its place. `trouble` says why a model wrote nothing that could be.
    """

    state: ReplyState
    reason: Reason | None = None
    found: Found | None = None
    written: Written | None = None
    trouble: str | None = None

    @property
    def answer(self) -> str | None:
        """The words that are sent, or laid before whoever answers."""
        if self.written is not None:
            return self.written.answer
        return self.found.passage.answer if self.found else None


def decide(asked: Asked, found: Found | None, situation: Situation) -> Decision:
    """Return what is done about a message. Pure: what must never be answered comes first."""
    useful = found if found is not None and found.score >= SUGGESTED_FROM else None
    if situation.mode is ReplyMode.OFF or situation.is_opted_out:
        reason = Reason.OPTED_OUT if situation.is_opted_out else Reason.OUTDATED
        return Decision(ReplyState.DROPPED, reason)
    if situation.is_with_person:
        return _for_agents(useful, Reason.WITH_A_PERSON)
    if asked.asks_for_person or asked.is_upset:
        reason = Reason.ASKED_FOR_PERSON if asked.asks_for_person else Reason.UPSET
        return Decision(ReplyState.HANDED_OFF, reason, useful)
    if asked.is_social:
        return Decision(ReplyState.DROPPED, Reason.NOTHING_ASKED)
    if situation.mode is ReplyMode.SUGGEST:
        return _for_agents(useful, None if useful else Reason.UNSURE)
    return _by_itself(useful, situation)


def _by_itself(useful: Found | None, situation: Situation) -> Decision:
    """Return what a workspace that answers by itself does about a question."""
    if useful is None or useful.score < situation.threshold:
        return Decision(ReplyState.HANDED_OFF, Reason.UNSURE, useful)
    is_said = useful.passage.answer in situation.said
    if is_said or useful.passage.place in situation.written_from:
        return Decision(ReplyState.HANDED_OFF, Reason.LOOP, useful)
    if len(situation.said) >= MOST_IN_A_ROW:
        return Decision(ReplyState.HANDED_OFF, Reason.LOOP, useful)
    if hindrance := _hindrance(situation):
        return _for_agents(useful, hindrance)
    return Decision(ReplyState.ANSWERED, None, useful)


def _for_agents(useful: Found | None, reason: Reason | None) -> Decision:
    return Decision(ReplyState.SUGGESTED if useful else ReplyState.DROPPED, reason, useful)


def _hindrance(situation: Situation) -> Reason | None:
    if not situation.can_send:
        return Reason.CANNOT_SEND
    return Reason.QUIET_HOURS if situation.is_quiet else None
