"""The overview: is everything alive, what is burning, what do people ask."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from flask import Blueprint, Response, request

from talkhub.blueprints.dashboard.figures import overview_cards as cards
from talkhub.blueprints.dashboard.figures.overview_tiles import tiles
from talkhub.blueprints.dashboard.forms import OverviewForm
from talkhub.blueprints.dashboard.pages import Frame, following, read_frame, render_page
from talkhub.blueprints.dashboard.periods import PeriodName, compare
from talkhub.blueprints.dashboard.tiles import Tile
from talkhub.services.administration.usage import QuotaState, nearest_quota
from talkhub.services.privacy.subject_requests import DueRequests, due_requests
from talkhub.services.reporting import overview as figures
from talkhub.services.reporting.calendar_steps import Step
from talkhub.services.reporting.figures import Reader, open_reader
from talkhub.services.reporting.overview import Comparison
from talkhub.services.reporting.slices import NOTHING, Measure
from talkhub.store.queries.analytics import Period
from talkhub.store.queries.conversation_filters import ConversationFilter
from talkhub.store.queries.conversations import (
    ConversationLine,
    count_conversations,
    latest_conversations,
)
from talkhub.store.queries.inbox import InboxHealth, inbox_health
from talkhub.store.uow import Database, UnitOfWork

SHOWN_ATTENTION = 5
SOON = timedelta(days=3)
"""So early somebody is told of a request that is due."""


@dataclass(frozen=True, slots=True)
class OverviewPage:
    """Everything the overview shows."""

    frame: Frame
    form: OverviewForm
    periods: list[PeriodName]
    compared: Comparison
    conversations: int
    analysed: int
    tiles: list[Tile]
    inbox: InboxHealth
    volume: cards.VolumeCard
    moods: cards.MoodCard
    intents: cards.IntentCard
    heat: cards.HeatCard
    platforms: list[cards.PlatformRow]
    attention: tuple[ConversationLine, ...]
    attention_count: int
    is_first_use: bool
    quota: QuotaState
    requests: DueRequests

    @property
    def is_late(self) -> bool:
        """Whether events wait longer than they should."""
        return self.inbox.is_late(self.frame.now)


def register(blueprint: Blueprint, database: Database) -> None:
    """Add the overview to the dashboard."""

    @blueprint.get("", strict_slashes=False)
    def overview() -> Response:
        form = OverviewForm.model_validate(request.args.to_dict())
        with following(database) as uow:
            page = _page(uow, form)
        return render_page("dashboard/figures/overview.html", page)


def _page(uow: UnitOfWork, form: OverviewForm) -> OverviewPage:
    frame = read_frame(uow)
    compared = compare(form.period, now=frame.now, zone=frame.zone)
    reader = open_reader(uow)
    sums = figures.overview(reader, compared)
    burning = ConversationFilter(
        began=(Period(compared.current.start, compared.current.end),), needs_attention=True
    )
    conversations = sums.current[Measure.CONVERSATIONS]
    settled = [begin for begin in cards.current_steps(compared) if begin <= frame.now][:-1]
    return OverviewPage(
        frame=frame,
        form=form,
        periods=list(PeriodName),
        compared=compared,
        conversations=conversations,
        analysed=sums.current[Measure.ANALYSED],
        tiles=tiles(sums, [sums.course.get(begin, NOTHING) for begin in settled], form.period),
        inbox=inbox_health(uow),
        volume=cards.volume_card(compared, sums, metric=form.metric, now=frame.now),
        moods=cards.mood_card(compared, sums.course),
        intents=cards.intent_card(sums.intents),
        heat=_heat(reader, form.period, compared, frame),
        platforms=cards.platform_rows(sums.platforms),
        attention=latest_conversations(uow, burning, size=SHOWN_ATTENTION).lines,
        attention_count=count_conversations(uow, burning),
        is_first_use=not (conversations or _has_any(uow)),
        quota=nearest_quota(uow) if frame.manages_workspace else QuotaState.FREE,
        requests=_due(uow, frame),
    )


def _heat(reader: Reader, chosen: PeriodName, compared: Comparison, frame: Frame) -> cards.HeatCard:
    """Draw the week; of a period shorter than one, that of the last four weeks."""
    if compared.step is Step.HOUR:
        chosen = PeriodName.FOUR_WEEKS
        compared = compare(chosen, now=frame.now, zone=frame.zone)
    counts = figures.weekly_hours(reader, compared.current, compared.zone)
    return cards.heat_card(counts, chosen)


def _due(uow: UnitOfWork, frame: Frame) -> DueRequests:
    """Return what people asked for and wait for, for those who see to it."""
    if not frame.manages_privacy:
        return DueRequests(0, 0)
    return due_requests(uow, before=frame.now + SOON, now=frame.now)


def _has_any(uow: UnitOfWork) -> bool:
    return bool(latest_conversations(uow, ConversationFilter(), size=1).lines)
