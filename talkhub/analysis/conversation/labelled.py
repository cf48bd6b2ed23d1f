"""Reads labelled conversations: those of our corpus, and any file of the same form."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from talkhub.analysis.examples import CORPUS, INTENTS, BadExamples, Split, refuse_bad
from talkhub.analysis.lexicon import topic_names
from talkhub.names import (
    Intent,
    MessageRole,
    Outcome,
    Platform,
    Resolution,
    Sentiment,
    Trajectory,
    Urgency,
)
from talkhub.names.labels import SatisfactionBand

CONVERSATIONS: Final = CORPUS / "conversations"
PERSONAS: Final = CONVERSATIONS / "personas.csv"

_MOST_TOPICS = 3


def _labelled_intent(intent: Intent) -> Intent:
    if intent not in INTENTS:
        raise ValueError(f"is none of {', '.join(INTENTS)}")
    return intent


def _known_topic(topic: str) -> str:
    if topic not in topic_names():
        raise ValueError(f"'{topic}' is none of {', '.join(topic_names())}")
    return topic


LabelledIntent = Annotated[Intent, AfterValidator(_labelled_intent)]
Topic = Annotated[str, AfterValidator(_known_topic)]


class _Labelled(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Turn(_Labelled):
    """What somebody wrote, and how many minutes after the first turn."""

    who: Literal[MessageRole.USER, MessageRole.BOT, MessageRole.AGENT]
    text: str = Field(min_length=1, pattern=r"\S")
    minutes: float = Field(ge=0)


class Labels(_Labelled):
    """What a conversation should be understood as; CONVERSATIONS.md says what each label means."""

    outcome: Outcome
    resolution: Resolution
    handoff_requested: bool
    handoff_done: bool
    bot_failed: bool
    unanswered: tuple[int, ...]
    urgency: Urgency
    intent: LabelledIntent
    intent_alt: LabelledIntent | None
    sentiment: Sentiment
    trajectory: Trajectory
    topics: tuple[Topic, ...] = Field(max_length=_MOST_TOPICS)
    satisfaction_band: SatisfactionBand


class LabelledConversation(_Labelled):
    """A conversation and what it should be understood as."""

    id: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")
    persona: str = Field(min_length=1)
    channel: Platform
    lang: Literal["pt", "es", "en", "undecided"]
    turns: tuple[Turn, ...] = Field(min_length=2)
    labels: Labels

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        minutes = [turn.minutes for turn in self.turns]
        if minutes[0] != 0 or minutes != sorted(minutes):
            raise ValueError("minutes begin with 0 and never go back")
        roles = [turn.who for turn in self.turns]
        if MessageRole.USER not in roles:
            raise ValueError("the person says nothing")
        for number in self.labels.unanswered:
            if not 1 <= number <= len(roles) or roles[number - 1] != MessageRole.USER:
                raise ValueError(f"unanswered names turn {number}, which is none of the person's")
        if self.labels.outcome is Outcome.HANDED_OFF and not self.labels.handoff_done:
            raise ValueError("outcome is handed_off without handoff_done")
        return self


def read_conversations(file: Path) -> list[LabelledConversation]:
    """Return the conversations of a file, one a line.

    Raises BadExamples, which names every bad line up to a limit.
    """
    found: list[LabelledConversation] = []
    faults: list[str] = []
    known: set[str] = set()
    for number, line in _lines(file):
        try:
            conversation = LabelledConversation.model_validate_json(line)
        except ValidationError as error:
            faults.append(f"line {number}: {_named(error)}")
            continue
        if conversation.id in known:
            faults.append(f"line {number}: the id {conversation.id} is taken")
        known.add(conversation.id)
        found.append(conversation)
    refuse_bad(file, faults, found=len(found), unit="lines")
    return found


def conversation_files() -> list[Path]:
    """Return the files of the corpus that hold conversations, in a fixed order."""
    return sorted(CONVERSATIONS.glob("*.jsonl"))


def split_of_people() -> dict[str, Split]:
    """Return what the conversations of each persona are for."""
    with PERSONAS.open(encoding="utf-8", newline="") as lines:
        return {row["persona"]: Split(row["split"]) for row in csv.DictReader(lines, strict=True)}


def conversations_of(splits: Sequence[Split]) -> list[LabelledConversation]:
    """Return the corpus' conversations of some splits, in a fixed order."""
    split_of = split_of_people()
    found = [one for file in conversation_files() for one in read_conversations(file)]
    return [one for one in found if split_of[one.persona] in splits]


def _lines(file: Path) -> Iterator[tuple[int, str]]:
    try:
        text = file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise BadExamples(f"{file} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise BadExamples(f"{file.name} is not UTF-8.") from None
    # Not splitlines(): JSON may hold the other characters that end a line for it.
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield number, line


def _named(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(str(step) for step in first["loc"])
    message = first["msg"].removeprefix("Value error, ")
    return f"{place}: {message}" if place else message
