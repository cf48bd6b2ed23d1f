"""Which conversations somebody asks for: a filter, and the condition that it stands for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, Text, and_, extract, func, or_, select, true
from sqlalchemy.dialects.postgresql import JSONB

from talkhub.names import CompletionStatus, Intent, MessageRole, Outcome, Sentiment
from talkhub.store.queries.analytics import Period, completion
from talkhub.store.tables.conversations import Conversation
from talkhub.store.tables.profiles import Profile
from talkhub.store.tables.teamwork import ConversationMarker, Marker
from talkhub.store.uow import UnitOfWork

SEARCHED_AT_MOST = 5_000
"""Conversations that a page searches for words, the latest first: transcripts have no index."""


class Happened(StrEnum):
    """What may have happened in a conversation, as its course says."""

    HANDOFF_REQUESTED = "handoff_requested"
    HANDOFF_DONE = "handoff_done"
    BOT_FAILED = "bot_failed"


@dataclass(frozen=True, slots=True)
class ConversationFilter:
    """Which conversations are asked for: all that began in each of `began`, and so on.

    Of several values any will do; labels are the person's tags, markers the team's own. What is
    None or empty does not narrow.
    `weekday` (Sunday is 0) and `hour` are those of `zone` at which a conversation began.
    """

    began: tuple[Period, ...] = ()
    platforms: tuple[str, ...] = ()
    intents: tuple[str, ...] = ()
    sentiments: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    markers: tuple[str, ...] = ()
    user_id: str | None = None
    words: str | None = None
    completion: CompletionStatus | None = None
    outcome: Outcome | None = None
    happened: Happened | None = None
    is_analysed: bool | None = None
    needs_attention: bool = False
    weekday: int | None = None
    hour: int | None = None
    zone: str = "UTC"


def needs_attention(of: type[Conversation] = Conversation) -> ColumnElement[bool]:
    """Tell whether someone should look: a bad mood, no answer, a human who has not come."""
    return or_(
        of.sentiment == Sentiment.NEGATIVE,
        completion(of) == CompletionStatus.UNANSWERED,
        and_(
            of.primary_intent == Intent.HUMAN_HANDOFF,
            ~of.messages.contains([{"role": MessageRole.AGENT.value}]),
        ),
    )


def is_among(uow: UnitOfWork, wanted: ConversationFilter) -> ColumnElement[bool]:
    """Return the condition that a filter stands for, in the unit of work's workspace.

    Words are looked for in so many of the latest conversations alone.
    """
    if wanted.words is None:
        return and_(is_in_reach(uow, wanted), is_such(uow, wanted))
    rest = replace(wanted, words=None)
    latest = (
        select(Conversation.id, Conversation.messages)
        .where(is_among(uow, rest))
        .order_by(Conversation.last_message_at.desc(), Conversation.id.desc())
        .limit(SEARCHED_AT_MOST)
        .subquery()
    )
    found = select(latest.c.id).where(_has_words(latest.c.messages, wanted.words))
    return and_(Conversation.workspace_id == uow.workspace_id, Conversation.id.in_(found))


def is_in_reach(uow: UnitOfWork, wanted: ConversationFilter) -> ColumnElement[bool]:
    """Return the part of the condition that an index answers: when, and of whom."""
    conditions: list[ColumnElement[bool]] = [Conversation.workspace_id == uow.workspace_id]
    for period in wanted.began:
        if period.start is not None:
            conditions.append(Conversation.started_at >= period.start)
        if period.end is not None:
            conditions.append(Conversation.started_at < period.end)
    if wanted.user_id is not None:
        conditions.append(Conversation.profile_id == person_known_as(uow, wanted.user_id))
    return and_(*conditions)


def is_such(
    uow: UnitOfWork, wanted: ConversationFilter, of: type[Conversation] = Conversation
) -> ColumnElement[bool]:
    """Return the rest of it: what a conversation is like."""
    among = (
        (of.platform, wanted.platforms),
        (of.primary_intent, wanted.intents),
        (of.sentiment, wanted.sentiments),
        (of.language, wanted.languages),
    )
    conditions: list[ColumnElement[bool]] = [
        column.in_(values) for column, values in among if values
    ]
    if wanted.topics:
        conditions.append(of.topics.overlap(wanted.topics))
    if wanted.labels:
        labelled = select(Profile.id).where(
            Profile.workspace_id == uow.workspace_id,
            Profile.id == of.profile_id,
            Profile.tags.overlap(wanted.labels),
        )
        conditions.append(labelled.exists())
    if wanted.markers:
        marked = (
            select(ConversationMarker.marker_id)
            .join(Marker, Marker.id == ConversationMarker.marker_id)
            .where(
                ConversationMarker.workspace_id == uow.workspace_id,
                ConversationMarker.conversation_id == of.id,
                Marker.name.in_(wanted.markers),
            )
        )
        conditions.append(marked.exists())
    if wanted.completion is not None:
        conditions.append(completion(of) == wanted.completion)
    if wanted.is_analysed is not None:
        conditions.append(of.analysed_version.is_not(None) == wanted.is_analysed)
    if wanted.needs_attention:
        conditions.append(needs_attention(of))
    course = of.intent_analysis["course"]
    if wanted.outcome is not None:
        conditions.append(course["outcome"].astext == wanted.outcome)
    if wanted.happened is not None:
        conditions.append(course[wanted.happened.value].astext == "true")
    if wanted.words is not None:
        conditions.append(_has_words(of.messages, wanted.words))
    return and_(true(), *conditions, *_in_the_week(wanted, of))


def _has_words(messages: Any, words: str) -> ColumnElement[bool]:
    said = func.jsonb_path_query_array(messages, "$[*].content", type_=JSONB)
    return said.cast(Text).icontains(words, autoescape=True)


def _in_the_week(
    wanted: ConversationFilter, of: type[Conversation]
) -> Iterator[ColumnElement[bool]]:
    """Yield what narrows by the local time at which a conversation began."""
    began = func.timezone(wanted.zone, of.started_at)
    if wanted.weekday is not None:
        yield extract("dow", began) == wanted.weekday
    if wanted.hour is not None:
        yield extract("hour", began) == wanted.hour


def person_known_as(uow: UnitOfWork, user_id: str) -> ScalarSelect[int]:
    """Return the profile of whom this is an id, theirs or that of one merged into them."""
    return (
        select(func.coalesce(Profile.merged_into_id, Profile.id))
        .where(Profile.workspace_id == uow.workspace_id, Profile.user_id == user_id)
        .scalar_subquery()
    )


def profile_known_as(uow: UnitOfWork, user_id: str) -> int | None:
    """Return the number of whom this is an id, None if nobody has it."""
    return uow.execute(select(person_known_as(uow, user_id))).scalar()
