"""The tool that counts conversations."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, ConfigDict, Field

from talkhub.errors import Invalid
from talkhub.names import Scope
from talkhub.services import analytics
from talkhub.store.uow import UnitOfWork
from talkhub.tools.spec import (
    Answer,
    Effect,
    FlowInput,
    RestFace,
    ToolInput,
    ToolOutput,
    as_list,
    registry,
)


class MetricName(StrEnum):
    """What can be asked for."""

    TOTAL_CONVERSATIONS = "total_conversations"
    UNIQUE_USERS = "unique_users"
    AVG_MESSAGES_PER_CONVERSATION = "avg_messages_per_conversation"
    INTENT_DISTRIBUTION = "intent_distribution"
    SENTIMENT_ANALYSIS = "sentiment_analysis"
    PEAK_HOURS = "peak_hours"
    COMPLETION_RATE = "completion_rate"
    AVERAGE_DURATION = "average_duration"
    AVERAGE_RESPONSE_TIME = "average_response_time"


def _day_or_time(value: Any) -> Any:
    """Read ten characters as a day, more as a time: pydantic takes midnight for a day."""
    if not isinstance(value, str):
        return value
    try:
        return date.fromisoformat(value) if len(value) == 10 else datetime.fromisoformat(value)
    except ValueError:
        return value


Moment = Annotated[
    date | datetime | None,
    BeforeValidator(_day_or_time, json_schema_input_type=str | None),
    Field(
        default=None,
        description="A day in the workspace's time zone, or a time, ISO 8601.",
    ),
]


class DateRange(FlowInput):
    """A period. A day given as `end` is included whole."""

    model_config = ConfigDict(extra="forbid")

    start: Moment
    end: Moment


class GetConversationAnalytics(ToolInput):
    """What `get_conversation_analytics` takes."""

    _structured: ClassVar[frozenset[str]] = frozenset({"date_range", "metrics"})

    user_id: str | None = Field(
        default=None, min_length=1, max_length=255, description="Only this person's conversations."
    )
    date_range: DateRange | None = Field(
        default=None, description="The period in which conversations began; all by default."
    )
    start: Moment
    end: Moment
    metrics: Annotated[list[MetricName], BeforeValidator(as_list)] = Field(
        default_factory=list, description="What to count; everything by default."
    )


class SentimentShare(ToolOutput):
    """How many conversations had a mood."""

    positive: int
    neutral: int
    negative: int


class HourCount(ToolOutput):
    """An hour of the day and how many conversations began in it."""

    hour: int
    count: int


class ConversationAnalytics(ToolOutput):
    """Counts of conversations; only the metrics that were asked for are present."""

    total_conversations: int | None = None
    unique_users: int | None = None
    avg_messages_per_conversation: float | None = None
    intent_distribution: dict[str, int] | None = None
    sentiment_analysis: SentimentShare | None = None
    peak_hours: list[HourCount] | None = None
    completion_rate: float | None = Field(
        default=None, description="Completed among the conversations that have ended, 0 to 1."
    )
    average_duration: float | None = Field(default=None, description="Seconds.")
    average_response_time: float | None = Field(default=None, description="Seconds.")
    period: dict[str, str | None]


@registry.tool(
    title="Get conversation analytics",
    scope=Scope.ANALYTICS_READ,
    output=ConversationAnalytics,
    effect=Effect.READS,
    idempotent=True,
    faces=(RestFace("GET", "/mcp/get_conversation_analytics"),),
)
def get_conversation_analytics(uow: UnitOfWork, args: GetConversationAnalytics) -> Answer:
    """Count conversations: volume, people, intents, sentiment, peak hours, durations.

    Limit the count to one person or to a period. Hours are the workspace's local hours.
    """
    given = args.date_range
    try:
        return analytics.conversation_analytics(
            uow,
            user_id=args.user_id,
            start=(given.start if given else None) or args.start,
            end=(given.end if given else None) or args.end,
            metrics=[metric.value for metric in args.metrics or MetricName],
        )
    except analytics.EmptyPeriod as error:
        place = ("date_range", "end") if given and given.end else ("end",)
        raise Invalid.at(*place, detail=str(error), code="period_empty") from error
