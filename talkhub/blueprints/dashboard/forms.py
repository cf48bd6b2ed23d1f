"""What the pages' addresses may say, and how it is written back into links."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from talkhub.blueprints.dashboard.periods import (
    PeriodName,
    compare,
    compare_days,
    days_as_period,
)
from talkhub.names import CompletionStatus, Outcome, Sentiment
from talkhub.services.reporting.overview import Comparison
from talkhub.services.reporting.wishes import Filters
from talkhub.store.base import LARGEST_ID
from talkhub.store.queries.analytics import Period
from talkhub.store.queries.audit import AuditFilter
from talkhub.store.queries.conversation_filters import ConversationFilter, Happened
from talkhub.store.queries.conversations import (
    Position,
)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

Day = Annotated[date, Field(ge=date(2000, 1, 1), le=date(2100, 1, 1))]
Name = Annotated[str, StringConstraints(max_length=100, pattern=r"^[^\x00-\x1f]+$")]
PlaceText = Annotated[str, StringConstraints(pattern=r"^\d{1,16}-\d{1,18}$")]


_NO_FILTERS = {"before", "after", "view", "metric", "steps"}


class AnalyticsView(StrEnum):
    """The analyses, each on a page of its own."""

    VOLUME = "volume"
    INTENTS = "intents"
    TOPICS = "topics"
    SENTIMENT = "sentiment"
    PERFORMANCE = "performance"
    SATISFACTION = "satisfaction"
    FUNNEL = "funnel"
    COHORTS = "cohorts"


_OF_PERIOD = frozenset({"period", "start", "end"})
JOURNEYS: Mapping[AnalyticsView, frozenset[str]] = {
    AnalyticsView.SATISFACTION: _OF_PERIOD,
    AnalyticsView.FUNNEL: _OF_PERIOD,
    AnalyticsView.COHORTS: frozenset(),
}
"""The views of people, not of conversations, and the filters that each of them applies."""


class UnsentIfEmpty(BaseModel):
    """A page's address: a field that a form sends empty is one that was not sent."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _without_empty_fields(cls, given: Any) -> Any:
        return {name: value for name, value in given.items() if value != ""}


class OverviewForm(UnsentIfEmpty):
    """The overview's address."""

    period: PeriodName = PeriodName.LAST_DAY
    metric: Literal["messages", "conversations"] = "messages"


class FilterForm(UnsentIfEmpty):
    """What the filter bar says on every page that has one. All filters narrow each other."""

    period: PeriodName | None = None
    start: Day | None = None
    end: Day | None = None
    platform: Name | None = None
    intent: Name | None = None
    sentiment: Sentiment | None = None
    language: Name | None = None
    topic: Name | None = None

    def filters(self) -> dict[str, str]:
        """Return the filters that are set, as the address says them; without the place."""
        said = self.model_dump(mode="json", by_alias=True, exclude_none=True, exclude=_NO_FILTERS)
        return {name: str(value) for name, value in said.items()}

    def applies(self, _name: str) -> bool:
        """Tell whether the page applies a filter; one that it does not stays in its addresses."""
        return True


class ConversationsForm(FilterForm):
    """The address of the list of conversations; `hour` and `weekday` (Sunday is 0) are local."""

    looked_for: Name | None = Field(default=None, alias="q")
    status: CompletionStatus | None = None
    marker: Name | None = None
    view: Literal["all"] | None = None
    outcome: Outcome | None = None
    happened: Happened | None = None
    analysis: Literal["done", "pending"] | None = None
    attention: Literal["yes"] | None = None
    weekday: Annotated[int, Field(ge=0, le=6)] | None = None
    hour: Annotated[int, Field(ge=0, le=23)] | None = None
    before: PlaceText | None = None
    after: PlaceText | None = None

    def wanted(self, *, now: datetime, zone: ZoneInfo) -> ConversationFilter:
        """Return what the filters ask for."""
        began = [days_as_period(self.start, self.end, zone)]
        if self.period is not None:
            chosen = compare(self.period, now=now, zone=zone).current
            began.append(Period(chosen.start, chosen.end))
        return ConversationFilter(
            began=tuple(began),
            words=self.looked_for,
            platforms=_some(self.platform),
            intents=_some(self.intent),
            sentiments=_some(self.sentiment),
            languages=_some(self.language),
            topics=_some(self.topic),
            completion=self.status,
            markers=_some(self.marker),
            outcome=self.outcome,
            happened=self.happened,
            is_analysed=None if self.analysis is None else self.analysis == "done",
            needs_attention=self.attention is not None,
            weekday=self.weekday,
            hour=self.hour,
            zone=zone.key,
        )


class AnalyticsForm(FilterForm):
    """The analyses' address: which view, of which conversations; the last 28 days by default."""

    view: AnalyticsView = AnalyticsView.VOLUME
    metric: Literal["conversations", "messages", "people"] = "conversations"
    steps: Annotated[str, StringConstraints(max_length=1_000, pattern=r"^[^\x00]*$")] = ""

    def applies(self, name: str) -> bool:
        """Tell whether the view applies a filter."""
        return self.view not in JOURNEYS or name in JOURNEYS[self.view]

    def named_steps(self) -> list[str]:
        """Return the events that are a funnel's steps: up to ten names between commas."""
        names = (name.strip() for name in self.steps.split(","))
        return [name for name in names if name][:10]

    def compared(self, *, now: datetime, zone: ZoneInfo) -> Comparison:
        """Return the period and the one before it; raises PeriodTooLong."""
        if self.start is None and self.end is None:
            return compare(self.period or PeriodName.FOUR_WEEKS, now=now, zone=zone)
        today = now.astimezone(zone).date()
        last = self.end or max(today, self.start or today)
        return compare_days(self.start or last, last, zone=zone)

    def asked(self) -> Filters | None:
        """Return which conversations are meant; None if all are."""
        chosen = Filters(
            channels=_one(self.platform),
            intents=_one(self.intent),
            sentiments=_one(self.sentiment),
            languages=_one(self.language),
            topics=_one(self.topic),
        )
        return None if chosen == Filters() else chosen


class TranscriptForm(UnsentIfEmpty):
    """The address of one conversation; `correct` is the place of the message to be corrected.

    `use` is the automatic reply whose words an answer begins with.
    """

    correct: Annotated[int, Field(ge=0, le=100_000)] | None = None
    use: Annotated[int, Field(ge=0, le=LARGEST_ID)] | None = None


class HintsForm(UnsentIfEmpty):
    """The address of the stream of hints; `session` narrows it to one, `since` is a position."""

    session: Annotated[str, Field(max_length=255)] | None = None
    since: Annotated[str, Field(max_length=64)] | None = None


class PeopleForm(UnsentIfEmpty):
    """The address of the list of people; `q` is what somebody looks for."""

    looked_for: Name = Field(default="", alias="q")
    before: PlaceText | None = None


class AuditForm(UnsentIfEmpty):
    """The address of the audit trail; `what` is an action, or with a dot a family of them."""

    who: Name | None = None
    what: Name | None = None
    of: Name | None = None
    start: Day | None = None
    end: Day | None = None
    before: Annotated[int, Field(ge=1, le=LARGEST_ID)] | None = None

    def period(self, zone: ZoneInfo) -> Period:
        """Return the days that are asked for, as a period."""
        return days_as_period(self.start, self.end, zone)

    def days(self) -> dict[str, object]:
        """Return the days as they are written down."""
        return self.model_dump(mode="json", include={"start", "end"}, exclude_none=True)

    def wanted(self, zone: ZoneInfo) -> AuditFilter:
        """Return what the filters ask for."""
        return AuditFilter(self.who, self.what, self.of, self.period(zone))


class BotContextForm(UnsentIfEmpty):
    """The address of what a bot is told; `q` is what the person asks."""

    question: Annotated[str, StringConstraints(max_length=500, pattern=r"^[^\x00]*$")] = Field(
        default="", alias="q"
    )


class PaletteForm(UnsentIfEmpty):
    """The address of the search; `q` is what somebody looks for."""

    looked_for: Name = Field(default="", alias="q")


def write_place(position: Position) -> str:
    """Write a place in the list for an address."""
    return f"{(position.last_message_at - _EPOCH) // _MICROSECOND}-{position.id}"


def read_place(text: str | None) -> Position | None:
    """Read a place in the list back from an address; it matched `PlaceText`."""
    if text is None:
        return None
    moment, row_id = text.split("-")
    return Position(_EPOCH + int(moment) * _MICROSECOND, int(row_id))


def _one(value: str | None) -> tuple[str, ...] | None:
    return (value,) if value is not None else None


def _some(value: str | None) -> tuple[str, ...]:
    return () if value is None else (value,)
