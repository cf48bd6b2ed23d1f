"""The tool that counts conversations."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import BeforeValidator, Field

from talkhub.names import Scope
from talkhub.services.reporting import analytics
from talkhub.services.reporting.analytics import Question
from talkhub.services.reporting.calendar_steps import Step
from talkhub.services.reporting.definitions import ORIGINAL, MetricName
from talkhub.services.reporting.slices import Dimension
from talkhub.services.reporting.wishes import Filters
from talkhub.store.uow import UnitOfWork
from talkhub.tools.asked import STRUCTURED, AskedConversations
from talkhub.tools.periods import refusals
from talkhub.tools.spec import (
    Answer,
    Effect,
    RestFace,
    ToolOutput,
    as_list,
    registry,
)

Group = Literal["channel", "intent", "sentiment", "language", "topic"]


class GetConversationAnalytics(AskedConversations):
    """What `get_conversation_analytics` takes."""

    _structured: ClassVar[frozenset[str]] = STRUCTURED | {"metrics"}

    metrics: Annotated[list[MetricName], BeforeValidator(as_list)] = Field(
        default_factory=list, description="What to count; the first nine by default."
    )
    granularity: Step | None = Field(
        default=None, description="Tell the single figures step by step as well, in `series`."
    )
    group_by: Group | None = Field(
        default=None, description="Tell the single figures of each value as well, in `groups`."
    )
    compare: bool = Field(
        default=False, description="Tell the period of the same length before, in `previous`."
    )

    def question(self) -> Question:
        """Return what is asked."""
        return Question(
            start=self.first,
            end=self.last,
            metrics=self.metrics or ORIGINAL,
            zone=self.zone,
            step=self.granularity,
            group_by=Dimension(self.group_by) if self.group_by else None,
            filters=self._filters(),
            compare=self.compare,
        )

    def _filters(self) -> Filters | None:
        filters = Filters(
            channels=_several(self.channel),
            intents=_several(self.intent),
            sentiments=_several(self.sentiment),
            languages=_several(self.language),
            topics=_several(self.topic),
            labels=_several(self.label),
            markers=_several(self.marker),
            user_id=self.user_id,
        )
        return None if filters == Filters() else filters


def _several(values: list[str] | None) -> tuple[str, ...] | None:
    return tuple(values) if values else None


class SentimentShare(ToolOutput):
    """How many conversations had a mood."""

    positive: int
    neutral: int
    negative: int


class HourCount(ToolOutput):
    """An hour of the day and how many conversations began in it."""

    hour: int
    count: int


class WeekHourCount(HourCount):
    """An hour of a weekday (Sunday is 0) and how many conversations began in it."""

    weekday: int


class Times(ToolOutput):
    """How many times there were, and the seconds that half and 95 % of them do not exceed.

    They are at most 2.5 % off; without any they are null.
    """

    count: int
    p50: float | None
    p95: float | None


class Mover(ToolOutput):
    """An intent or topic whose count changed against the previous period."""

    dimension: str
    value: str
    count: int
    previous: int
    change: int


class SingleFigures(ToolOutput):
    """The figures that are told of groups and steps too; only those asked for are present."""

    total_conversations: int | None = None
    unique_users: int | None = None
    avg_messages_per_conversation: float | None = None
    completion_rate: float | None = Field(
        default=None, description="Completed among the conversations that have ended, 0 to 1."
    )
    average_duration: float | None = Field(default=None, description="Seconds.")
    average_response_time: float | None = Field(default=None, description="Seconds.")
    total_messages: int | None = None
    sentiment_analysis: SentimentShare | None = None
    analysed_rate: float | None = Field(default=None, description="0 to 1, as all rates.")
    response_times: Times | None = None
    first_response_times: Times | None = None
    durations: Times | None = None
    resolution_times: Times | None = None
    containment_rate: float | None = Field(
        default=None, description="Ended by the bot alone, among those of which we know."
    )
    confirmed_containment_rate: float | None = Field(
        default=None, description="Contained, and the person said that they have what they need."
    )
    silent_containment_rate: float | None = Field(
        default=None, description="Contained, and the person said nothing of it."
    )
    handoff_requested_rate: float | None = None
    handoff_done_rate: float | None = None
    bot_failure_rate: float | None = Field(
        default=None, description="With a fallback or a loop of the bot."
    )
    unanswered_questions: int | None = None


class GroupFigures(SingleFigures):
    """The figures of the conversations of one value."""

    value: str


class StepFigures(SingleFigures):
    """The figures of one step, which begins at `start`."""

    start: str
    groups: list[GroupFigures] | None = None


class Figures(SingleFigures):
    """The figures of a whole period."""

    intent_distribution: dict[str, int] | None = None
    peak_hours: list[HourCount] | None = None
    topic_distribution: dict[str, int] | None = None
    channel_distribution: dict[str, int] | None = None
    language_distribution: dict[str, int] | None = None
    heat_map: list[WeekHourCount] | None = None
    new_users: int | None = Field(
        default=None, description="People who had never been there before the period."
    )
    returning_users: int | None = None
    movers: list[Mover] | None = None
    error_rate: float | None = Field(
        default=None,
        description="Of messages those that could not be taken in or delivered; without filters.",
    )
    groups: list[GroupFigures] | None = None
    series: list[StepFigures] | None = None
    period: dict[str, str | None]


class ConversationAnalytics(Figures):
    """Counts of conversations; only the metrics that were asked for are present."""

    previous: Figures | None = None


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

    Limit the count to a period, to one person or by what conversations are; have it told by
    group, step by step, or beside the period before. Hours are local hours.
    """
    return answered(uow, args)


def answered(uow: UnitOfWork, args: GetConversationAnalytics) -> Answer:
    """Return the answer to a question; raises Invalid for one that makes no sense."""
    with refusals(*args.end_place):
        return analytics.conversation_analytics(uow, args.question())
