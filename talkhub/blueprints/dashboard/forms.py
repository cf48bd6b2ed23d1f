"""What the pages' addresses may say, and how it is written back into links."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from talkhub.blueprints.dashboard.periods import PeriodName, compare, days_as_period
from talkhub.names import CompletionStatus, Sentiment
from talkhub.store.queries.analytics import Period
from talkhub.store.queries.conversations import ConversationFilter, Position

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

Day = Annotated[date, Field(ge=date(2000, 1, 1), le=date(2100, 1, 1))]
Name = Annotated[str, StringConstraints(max_length=100, pattern=r"^[^\x00-\x1f]+$")]
PlaceText = Annotated[str, StringConstraints(pattern=r"^\d{1,16}-\d{1,18}$")]


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _without_empty_fields(cls, given: Any) -> Any:
        """Read a field that a form sent empty as one that was not sent."""
        return {name: value for name, value in given.items() if value != ""}


class OverviewForm(_Form):
    """The overview's address."""

    period: PeriodName = PeriodName.LAST_DAY
    metric: Literal["messages", "conversations"] = "messages"


class ConversationsForm(_Form):
    """The address of the list of conversations. All filters narrow each other."""

    period: PeriodName | None = None
    start: Day | None = None
    end: Day | None = None
    platform: Name | None = None
    intent: Name | None = None
    sentiment: Sentiment | None = None
    status: CompletionStatus | None = None
    analysis: Literal["done", "pending"] | None = None
    attention: Literal["yes"] | None = None
    before: PlaceText | None = None
    after: PlaceText | None = None

    def filters(self) -> dict[str, str]:
        """Return the filters that are set, as the address says them; without the place."""
        said = self.model_dump(mode="json", exclude_none=True, exclude={"before", "after"})
        return {name: str(value) for name, value in said.items()}

    def wanted(self, *, now: datetime, zone: ZoneInfo) -> ConversationFilter:
        """Return what the filters ask for."""
        began = [days_as_period(self.start, self.end, zone)]
        if self.period is not None:
            chosen = compare(self.period, now=now, zone=zone).current
            began.append(Period(chosen.start, chosen.end))
        return ConversationFilter(
            began=tuple(began),
            platform=self.platform,
            intent=self.intent,
            sentiment=self.sentiment,
            completion=self.status,
            is_analysed=None if self.analysis is None else self.analysis == "done",
            needs_attention=self.attention is not None,
        )


class TranscriptForm(_Form):
    """The address of one conversation; `correct` is the place of the message to be corrected."""

    correct: Annotated[int, Field(ge=0, le=100_000)] | None = None


class PeopleForm(_Form):
    """The address of the list of people; `q` is what somebody looks for."""

    looked_for: Name = Field(default="", alias="q")
    before: PlaceText | None = None


def write_place(position: Position) -> str:
    """Write a place in the list for an address."""
    return f"{(position.last_message_at - _EPOCH) // _MICROSECOND}-{position.id}"


def read_place(text: str | None) -> Position | None:
    """Read a place in the list back from an address; it matched `PlaceText`."""
    if text is None:
        return None
    moment, row_id = text.split("-")
    return Position(_EPOCH + int(moment) * _MICROSECOND, int(row_id))
