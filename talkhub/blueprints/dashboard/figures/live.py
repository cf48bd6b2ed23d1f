"""The last half hour: who talks, how many messages a minute, what waits, what just happened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import Blueprint, Response

from talkhub.blueprints.dashboard import charts
from talkhub.blueprints.dashboard.pages import Frame, following, read_frame, render_page
from talkhub.store.queries.conversations import ConversationLine, active_conversations
from talkhub.store.queries.inbox import InboxHealth, inbox_health
from talkhub.store.queries.live import (
    MOST_CONVERSATIONS,
    Delivered,
    Pulse,
    Said,
    latest_happenings,
    messages_by_minute,
    pulse,
)
from talkhub.store.uow import Database

SHOWN_SESSIONS = 8
_MINUTE = timedelta(minutes=1)
_MINUTES = 30
_HEIGHT = 120


@dataclass(frozen=True, slots=True)
class MinuteRow:
    """The messages of one minute."""

    begin: datetime
    received: int
    sent: int


@dataclass(frozen=True, slots=True)
class MinuteCard:
    """Messages by the minute; the last row is the minute that goes on."""

    chart: charts.ColumnChart
    rows: list[MinuteRow]
    spark: tuple[str, float, float]

    @property
    def now(self) -> int:
        """All messages of the last whole minute."""
        return self.rows[-2].received + self.rows[-2].sent

    @property
    def mean(self) -> float:
        """All messages of a minute, on average; the one that goes on is left out."""
        settled = self.rows[:-1]
        return sum(row.received + row.sent for row in settled) / len(settled)

    @property
    def highest(self) -> int:
        """All messages of the busiest minute."""
        return max(row.received + row.sent for row in self.rows)


@dataclass(frozen=True, slots=True)
class LivePage:
    """Everything the page shows. Counts of `pulse` go up to `most`."""

    frame: Frame
    pulse: Pulse
    inbox: InboxHealth
    minutes: MinuteCard
    sessions: tuple[ConversationLine, ...]
    happenings: tuple[Said | Delivered, ...]
    most: int

    @property
    def is_late(self) -> bool:
        """Whether events wait longer than they should."""
        return self.inbox.is_late(self.frame.now)

    @property
    def is_cut(self) -> bool:
        """Whether there are more conversations than messages are counted of."""
        return self.pulse.conversations > self.most


def register(blueprint: Blueprint, database: Database) -> None:
    """Add the page to the dashboard."""

    @blueprint.get("/live")
    def live() -> Response:
        with following(database) as uow:
            frame = read_frame(uow)
            running = frame.now.replace(second=0, microsecond=0)
            since = running - (_MINUTES - 1) * _MINUTE
            counts = messages_by_minute(uow, since=since, until=running + _MINUTE)
            page = LivePage(
                frame=frame,
                pulse=pulse(uow, since=since),
                inbox=inbox_health(uow),
                minutes=_minute_card(counts, since),
                sessions=active_conversations(uow, since=since, limit=SHOWN_SESSIONS),
                happenings=latest_happenings(uow, since=since),
                most=MOST_CONVERSATIONS,
            )
        return render_page("dashboard/figures/live.html", page)


def _minute_card(counts: Mapping[datetime, tuple[int, int]], since: datetime) -> MinuteCard:
    begins = [since + minute * _MINUTE for minute in range(_MINUTES)]
    rows = [MinuteRow(begin, *counts.get(begin, (0, 0))) for begin in begins]
    return MinuteCard(
        chart=charts.column_chart([(row.received, row.sent) for row in rows], height=_HEIGHT),
        rows=rows,
        spark=charts.spark_points([row.received + row.sent for row in rows[:-1]]),
    )
