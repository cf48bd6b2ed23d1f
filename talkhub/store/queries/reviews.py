"""Analyses that somebody had better look at, the most doubtful first, and a sample of all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, func, select, tuple_
from sqlalchemy.dialects.postgresql import JSONB

from talkhub.names import MessageRole
from talkhub.names.labels import AnalysisSource
from talkhub.store.tables.conversations import EMPTIED, Conversation
from talkhub.store.uow import UnitOfWork

PAGE_SIZE: Final = 10
COUNTED_AT_MOST: Final = 1_000

# Of the latest conversations one in so many is in the sample; ids know nothing of what was said.
_LATEST: Final = 5_000
_ONE_OF: Final = 20
_EXCERPT_LENGTH: Final = 400


@dataclass(frozen=True, slots=True)
class ToReview:
    """A conversation to look at: what the person wrote first and last, and what was found."""

    id: int
    conversation_id: str
    said: tuple[str, ...]
    intent: str
    sentiment: str
    confidence: float | None
    priority: float | None
    last_message_at: datetime


@dataclass(frozen=True, slots=True)
class ReviewPage:
    """A page of conversations to look at; `next` is where the list goes on, None at its end.

    `waiting` says how many there are; it may be one more than COUNTED_AT_MOST.
    """

    lines: tuple[ToReview, ...]
    next: tuple[float, int] | None
    waiting: int


def doubtful_conversations(
    uow: UnitOfWork, *, after: tuple[float, int] | None = None
) -> ReviewPage:
    """Return the most doubtful analyses behind a place, or the first."""
    place = tuple_(Conversation.review_priority, Conversation.id)
    doubtful = [*_analysed(uow), Conversation.review_priority.is_not(None)]
    chosen = select(*_COLUMNS).where(*doubtful).limit(PAGE_SIZE + 1)
    if after is not None:
        chosen = chosen.where(place < tuple_(*after))
    chosen = chosen.order_by(Conversation.review_priority.desc(), Conversation.id.desc())
    found = _read(uow, chosen)
    lines, last = found[:PAGE_SIZE], found[PAGE_SIZE - 1 :][:1]
    goes_on = len(found) > PAGE_SIZE
    return ReviewPage(
        lines=lines,
        next=(last[0].priority or 0.0, last[0].id) if goes_on else None,
        waiting=_count(uow, select(Conversation.id).where(*doubtful)),
    )


def sampled_conversations(uow: UnitOfWork) -> ReviewPage:
    """Return a sample of the latest analyses, whatever they say, without those corrected."""
    latest = (
        select(Conversation.id)
        .where(*_analysed(uow))
        .order_by(Conversation.last_message_at.desc(), Conversation.id.desc())
        .limit(_LATEST)
        .subquery()
    )
    is_corrected = Conversation.intent_analysis["source"].as_string() == AnalysisSource.CORRECTED
    waiting = select(Conversation.id).where(
        *_analysed(uow),
        Conversation.id.in_(select(latest.c.id)),
        Conversation.id % _ONE_OF == 0,
        ~is_corrected,
    )
    newest = waiting.order_by(Conversation.last_message_at.desc(), Conversation.id.desc())
    chosen = select(*_COLUMNS).where(Conversation.id.in_(newest.limit(PAGE_SIZE)))
    lines = _read(uow, chosen.order_by(Conversation.last_message_at.desc(), Conversation.id.desc()))
    return ReviewPage(lines=lines, next=None, waiting=_count(uow, waiting))


def _analysed(uow: UnitOfWork) -> list[ColumnElement[bool]]:
    return [
        Conversation.workspace_id == uow.workspace_id,
        Conversation.primary_intent.is_not(None),
        Conversation.sentiment.is_not(None),
        Conversation.source != EMPTIED,
    ]


def _count(uow: UnitOfWork, waiting: Select[int]) -> int:
    some = waiting.limit(COUNTED_AT_MOST + 1).subquery()
    counted: int = uow.execute(select(func.count()).select_from(some)).scalar_one()
    return counted


def _read(uow: UnitOfWork, chosen: Select[Any]) -> tuple[ToReview, ...]:
    return tuple(_line(**row) for row in uow.execute(chosen).mappings())


_CONTENTS = func.jsonb_path_query_array(
    Conversation.messages,
    f'$[*] ? (@.role == "{MessageRole.USER}" && @.content != "").content',
    type_=JSONB,
)
_COLUMNS = (
    Conversation.id,
    Conversation.conversation_id,
    func.left(_CONTENTS[0].astext, _EXCERPT_LENGTH).label("first"),
    func.left(_CONTENTS[1].astext, _EXCERPT_LENGTH).label("second"),
    func.left(_CONTENTS[-1].astext, _EXCERPT_LENGTH).label("last"),
    Conversation.primary_intent.label("intent"),
    Conversation.sentiment,
    Conversation.intent_analysis["confidence"].as_float().label("confidence"),
    Conversation.review_priority.label("priority"),
    Conversation.last_message_at,
)


def _line(*, first: str | None, second: str | None, last: str | None, **row: Any) -> ToReview:
    said = dict.fromkeys(text for text in (first, second, last) if text)
    return ToReview(said=tuple(said), **row)
