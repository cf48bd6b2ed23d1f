"""The tool that counts conversations."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, ClassVar, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field

from talkhub.errors import Invalid
from talkhub.names import Scope
from talkhub.services import analytics
from talkhub.services.analytics import Question
from talkhub.services.calendar_steps import Step
from talkhub.services.definitions import ORIGINAL, MetricName
from talkhub.services.figures import Filters, PeriodTooLong
from talkhub.services.slices import Dimension
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


def _known_zone(name: str | None) -> str | None:
    if name is not None and name not in available_timezones():
        raise ValueError("There is no such time zone; they are named as America/Sao_Paulo is.")
    return name


Values = Annotated[
    list[Annotated[str, Field(min_length=1, max_length=100)]] | None,
    BeforeValidator(as_list),
    Field(max_length=50),
]
"""A filter: one value, or several of which any will do."""

Group = Literal["channel", "intent", "sentiment", "language", "topic"]


class GetConversationAnalytics(ToolInput):
    """What `get_conversation_analytics` takes."""

    _structured: ClassVar[frozenset[str]] = frozenset(
        {
            *("date_range", "metrics"),
            *("channel", "intent", "sentiment", "language", "topic", "label"),
        }
    )

    user_id: str | None = Field(
        default=None, min_length=1, max_length=255, description="Only this person's conversations."
    )
    date_range: DateRange | None = Field(
        default=None, description="The period in which conversations began; all by default."
    )
    start: Moment
    end: Moment
    timezone: Annotated[str | None, AfterValidator(_known_zone)] = Field(
        default=None, description="Whose days and hours are meant; the workspace's by default."
    )
    metrics: Annotated[list[MetricName], BeforeValidator(as_list)] = Field(
        default_factory=list, description="What to count; the first nine by default."
    )
    granularity: Step | None = Field(
        default=None, description="Tell the single figures step by step as well, in `series`."
    )
    group_by: Group | None = Field(
        default=None, description="Tell the single figures of each value as well, in `groups`."
    )
    channel: Values = Field(default=None, description="Only on these channels.")
    intent: Values = Field(default=None, description="Only with one of these intents.")
    sentiment: Values = Field(default=None, description="Only in one of these moods.")
    language: Values = Field(default=None, description="Only in one of these languages.")
    topic: Values = Field(default=None, description="Only about one of these topics.")
    label: Values = Field(default=None, description="Only of people with one of these tags.")
    compare: bool = Field(
        default=False, description="Tell the period of the same length before, in `previous`."
    )

    def question(self) -> Question:
        """Return what is asked."""
        given = self.date_range
        return Question(
            start=(given.start if given else None) or self.start,
            end=(given.end if given else None) or self.end,
            metrics=self.metrics or ORIGINAL,
            zone=ZoneInfo(self.timezone) if self.timezone else None,
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
    try:
        return analytics.conversation_analytics(uow, args.question())
    except analytics.EmptyPeriod as error:
        is_nested = args.date_range is not None and args.date_range.end is not None
        place = ("date_range", "end") if is_nested else ("end",)
        raise Invalid.at(*place, detail=str(error), code="period_empty") from error
    except PeriodTooLong as error:
        raise Invalid.at("start", detail=str(error), code="period_too_long") from error
    except analytics.NoPeriod as error:
        raise Invalid.at("start", detail=str(error), code="period_open") from error
