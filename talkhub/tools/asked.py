"""What is asked of conversations: a period, and what they are like. Figures and lists share it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, ClassVar
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field

from talkhub.services.reporting.analytics import as_period
from talkhub.store.queries.conversation_filters import ConversationFilter
from talkhub.store.queries.workspaces import workspace_timezone
from talkhub.store.uow import UnitOfWork
from talkhub.tools.periods import DateRange, Moment, Zone, refusals, zone_of
from talkhub.tools.spec import ToolInput, as_list

Values = Annotated[
    Annotated[list[Annotated[str, Field(min_length=1, max_length=100)]], Field(max_length=50)]
    | None,
    BeforeValidator(as_list),
]
"""A filter: one value, or several of which any will do."""

STRUCTURED = frozenset(
    {"date_range", "channel", "intent", "sentiment", "language", "topic", "label", "marker"}
)
"""What is no single value: flow builders write it as text."""


class AskedConversations(ToolInput):
    """Which conversations are meant."""

    _structured: ClassVar[frozenset[str]] = STRUCTURED

    user_id: str | None = Field(
        default=None, min_length=1, max_length=255, description="Only this person's conversations."
    )
    date_range: DateRange | None = Field(
        default=None, description="The period in which conversations began; all by default."
    )
    start: Moment
    end: Moment
    timezone: Zone
    channel: Values = Field(default=None, description="Only on these channels.")
    intent: Values = Field(default=None, description="Only with one of these intents.")
    sentiment: Values = Field(default=None, description="Only in one of these moods.")
    language: Values = Field(default=None, description="Only in one of these languages.")
    topic: Values = Field(default=None, description="Only about one of these topics.")
    label: Values = Field(default=None, description="Only of people with one of these tags.")

    marker: Values = Field(
        default=None, description="Only with one of these markers, which the team put on them."
    )

    @property
    def first(self) -> date | datetime | None:
        """Where the period begins, wherever it was said."""
        return (self.date_range.start if self.date_range else None) or self.start

    @property
    def last(self) -> date | datetime | None:
        """Where it ends."""
        return (self.date_range.end if self.date_range else None) or self.end

    @property
    def zone(self) -> ZoneInfo | None:
        """Whose days are meant; None: the workspace's."""
        return zone_of(self.timezone)

    @property
    def end_place(self) -> tuple[str, ...]:
        """Where the end was said, for a refusal."""
        is_nested = self.date_range is not None and self.date_range.end is not None
        return ("date_range", "end") if is_nested else ("end",)

    def wanted(self, uow: UnitOfWork) -> ConversationFilter:
        """Return the filter that this stands for; raises Invalid for an empty period."""
        with refusals(*self.end_place):
            period = as_period(self.first, self.last, self.zone or workspace_timezone(uow))
        return ConversationFilter(
            began=(period,) if period.start or period.end else (),
            platforms=tuple(self.channel or ()),
            intents=tuple(self.intent or ()),
            sentiments=tuple(self.sentiment or ()),
            languages=tuple(self.language or ()),
            topics=tuple(self.topic or ()),
            labels=tuple(self.label or ()),
            markers=tuple(self.marker or ()),
            user_id=self.user_id,
        )
