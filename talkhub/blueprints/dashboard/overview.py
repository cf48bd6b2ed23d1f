"""The overview: is everything alive, what is burning, what do people ask."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask import Blueprint, Response, request

from talkhub.blueprints.dashboard import overview_cards as cards
from talkhub.blueprints.dashboard.forms import OverviewForm
from talkhub.blueprints.dashboard.pages import Frame, read_frame, reading, render_page
from talkhub.blueprints.dashboard.periods import PeriodName, compare
from talkhub.blueprints.dashboard.tiles import Tile, tiles
from talkhub.services import overview as figures
from talkhub.services.calendar_steps import Step
from talkhub.services.figures import Reader, open_reader
from talkhub.services.overview import Comparison, Sums
from talkhub.store.queries.analytics import Period
from talkhub.store.queries.conversations import (
    ConversationFilter,
    ConversationLine,
    count_conversations,
    latest_conversations,
)
from talkhub.store.queries.inbox import InboxHealth, inbox_health
from talkhub.store.uow import Database, UnitOfWork

SHOWN_ATTENTION = 5


@dataclass(frozen=True, slots=True)
class OverviewPage:
    """Everything the overview shows."""

    frame: Frame
    form: OverviewForm
    periods: list[PeriodName]
    compared: Comparison
    sums: Sums
    tiles: list[Tile]
    inbox: InboxHealth
    volume: cards.VolumeCard
    moods: cards.MoodCard
    intents: cards.IntentCard
    heat: cards.HeatCard
    platforms: Mapping[str, Sums]
    attention: tuple[ConversationLine, ...]
    attention_count: int
    is_first_use: bool

    @property
    def is_late(self) -> bool:
        """Whether events wait longer than they should."""
        return self.inbox.is_late(self.frame.now)


def register(blueprint: Blueprint, database: Database) -> None:
    """Add the overview to the dashboard."""

    @blueprint.get("", strict_slashes=False)
    def overview() -> Response:
        form = OverviewForm.model_validate(request.args.to_dict())
        with reading(database) as uow:
            page = _page(uow, form)
        return render_page("dashboard/overview.html", page)


def _page(uow: UnitOfWork, form: OverviewForm) -> OverviewPage:
    frame = read_frame(uow)
    compared = compare(form.period, now=frame.now, zone=frame.zone)
    reader = open_reader(uow)
    sums = figures.overview(reader, compared)
    burning = ConversationFilter(
        began=(Period(compared.current.start, compared.current.end),), needs_attention=True
    )
    settled = [begin for begin in cards.current_steps(compared) if begin <= frame.now][:-1]
    return OverviewPage(
        frame=frame,
        form=form,
        periods=list(PeriodName),
        compared=compared,
        sums=sums.current,
        tiles=tiles(sums, [sums.course.get(begin, Sums()) for begin in settled], form.period),
        inbox=inbox_health(uow),
        volume=cards.volume_card(compared, sums, metric=form.metric, now=frame.now),
        moods=cards.mood_card(compared, sums.course),
        intents=cards.intent_card(sums.intents),
        heat=_heat(reader, form.period, compared, frame),
        platforms=sums.platforms,
        attention=latest_conversations(uow, burning, size=SHOWN_ATTENTION).lines,
        attention_count=count_conversations(uow, burning),
        is_first_use=not (sums.current.conversations or _has_any(uow)),
    )


def _heat(reader: Reader, chosen: PeriodName, compared: Comparison, frame: Frame) -> cards.HeatCard:
    """Draw the week; of a period shorter than one, that of the last four weeks."""
    if compared.step is Step.HOUR:
        chosen = PeriodName.FOUR_WEEKS
        compared = compare(chosen, now=frame.now, zone=frame.zone)
    counts = figures.weekly_hours(reader, compared.current, compared.zone)
    return cards.heat_card(counts, chosen)


def _has_any(uow: UnitOfWork) -> bool:
    return bool(latest_conversations(uow, ConversationFilter(), size=1).lines)
