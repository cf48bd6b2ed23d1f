"""The list of conversations, and one of them whole."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from talkhub.blueprints.dashboard import charts
from talkhub.blueprints.dashboard.filtering import FilterBar, filter_bar
from talkhub.blueprints.dashboard.forms import (
    ConversationsForm,
    TranscriptForm,
    read_place,
    write_place,
)
from talkhub.blueprints.dashboard.pages import Frame, following, read_frame, render_page, writing
from talkhub.blueprints.dashboard.paths import export_path, list_path
from talkhub.blueprints.dashboard.talks import (
    answer_boxes,
    correcting,
    markers,
    suggesting,
    teamwork,
    views,
)
from talkhub.blueprints.dashboard.talks.answer_boxes import AnswerBox, answer_box
from talkhub.blueprints.dashboard.talks.correcting import CorrectionBox, correction_box
from talkhub.blueprints.dashboard.talks.courses import ShownCourse, course_of
from talkhub.blueprints.dashboard.talks.messages import Day, days_of
from talkhub.blueprints.dashboard.talks.suggesting import SuggestionBox, suggestion_box
from talkhub.blueprints.dashboard.talks.teamwork import TeamBox, team_box
from talkhub.blueprints.dashboard.talks.views import ViewTabs, view_tabs
from talkhub.blueprints.runtime import Runtime
from talkhub.enrichment.found import FoundByModel, found_by_model
from talkhub.errors import NotFound
from talkhub.services.labelling.own_labels import own_intents
from talkhub.services.privacy.readings import note_reading
from talkhub.services.teamwork.markers import marker_names
from talkhub.services.teamwork.saved_views import default_view, list_views
from talkhub.store.queries.conversations import (
    COUNTED_AT_MOST,
    ConversationLine,
    ConversationPage,
    Position,
    conversations_of_person,
    count_conversations,
    latest_conversations,
)
from talkhub.store.queries.transcripts import Transcript, find_transcript
from talkhub.store.uow import UnitOfWork

OTHERS_SHOWN = 5
OFFERED = ("period", "platform", "intent", "sentiment", "status", "marker")
"""The filters in the bar; the others come with links, and show as pills."""


@dataclass(frozen=True, slots=True)
class ConversationsPage:
    """Everything the list shows. `count` may be one more than `counted_at_most`."""

    frame: Frame
    bar: FilterBar
    views: ViewTabs
    found: ConversationPage
    count: int
    counted_at_most: int
    newer_href: str | None
    older_href: str | None
    is_first: bool
    export_href: str | None


@dataclass(frozen=True, slots=True)
class TranscriptPage:
    """Everything the page of one conversation shows."""

    frame: Frame
    transcript: Transcript
    days: list[Day]
    mood_line: list[tuple[float, float, str]]
    course: ShownCourse | None
    others: tuple[ConversationLine, ...]
    answer_box: AnswerBox
    replies: SuggestionBox
    corrections: CorrectionBox
    team: TeamBox
    enrichment: FoundByModel | None

    @property
    def is_analysis_due(self) -> bool:
        """Whether the conversation waits for its first or a further analysis."""
        return self.transcript.analysis_due_at is not None

    @property
    def duration_seconds(self) -> float:
        """From the first to the last message."""
        return (self.transcript.last_message_at - self.transcript.started_at).total_seconds()

    @property
    def response_seconds(self) -> float | None:
        """How long the person waited for an answer, on average."""
        if not self.transcript.response_count:
            return None
        return self.transcript.response_ms_total / 1000 / self.transcript.response_count


def register(blueprint: Blueprint, runtime: Runtime) -> None:
    """Add the list and the transcript to the dashboard."""
    database = runtime.database

    @blueprint.get("/conversations")
    def conversations() -> AnyResponse:
        form = ConversationsForm.model_validate(request.args.to_dict())
        with following(database) as uow:
            frame, saved = read_frame(uow), list_views(uow)
            first = default_view(saved)
            if first is not None and not request.args:
                return redirect(list_path(first.filters), 303)
            wanted = form.wanted(now=frame.now, zone=frame.zone)
            found = latest_conversations(
                uow,
                wanted,
                older_than=read_place(form.before),
                newer_than=read_place(form.after),
            )
            count = count_conversations(uow, wanted)
            intents, marked = own_intents(uow), marker_names(uow)
        if form.after and found.newer is None:
            return redirect(list_path(form.filters()), 303)  # the top is the whole first page
        tabs = view_tabs(frame, saved, form.filters())
        own = {"intent": intents, "marker": marked}
        bar = filter_bar(frame, form, tabs.path, offered=OFFERED, own=own)
        page = _list_page(frame, form, found, count, bar=bar, tabs=tabs)
        return render_page("dashboard/talks/conversations.html", page)

    @blueprint.get("/conversations/<conversation_id>")
    def conversation(conversation_id: str) -> Response:
        return show(conversation_id, "", "")

    def show(conversation_id: str, text: str, refused: str) -> Response:
        form = TranscriptForm.model_validate(request.args.to_dict())
        with following(database) as uow:
            page = _read_page(uow, conversation_id, form, text=text, refused=refused)
        # Before it is shown: where a reading cannot be written down, nothing is read.
        with writing(database) as uow:
            note_reading(uow, conversation_id, address=request.remote_addr)
        return render_page("dashboard/talks/conversation.html", page)

    answer_boxes.register(blueprint, database, show)
    suggesting.register(blueprint, database)
    correcting.register(blueprint, database)
    teamwork.register(blueprint, runtime)
    markers.register(blueprint, database)
    views.register(blueprint, database)


def _list_page(
    frame: Frame,
    form: ConversationsForm,
    found: ConversationPage,
    count: int,
    *,
    bar: FilterBar,
    tabs: ViewTabs,
) -> ConversationsPage:
    filters = form.filters()
    return ConversationsPage(
        frame=frame,
        bar=bar,
        views=tabs,
        found=found,
        count=count,
        counted_at_most=COUNTED_AT_MOST,
        newer_href=_place_href(filters, "after", found.newer),
        older_href=_place_href(filters, "before", found.older),
        is_first=form.before is None and form.after is None,
        export_href=export_path(filters) if frame.exports_data else None,
    )


def _read_page(
    uow: UnitOfWork, conversation_id: str, form: TranscriptForm, *, text: str, refused: str
) -> TranscriptPage:
    frame = read_frame(uow)
    # PostgreSQL has no NUL in its texts, and refuses to look for one.
    found = None if "\0" in conversation_id else find_transcript(uow, conversation_id)
    if found is None:
        raise NotFound("There is no such conversation.")
    nearby = conversations_of_person(uow, found.profile_id, limit=OTHERS_SHOWN + 1)
    others = tuple(line for line in nearby if line.conversation_id != conversation_id)
    corrections = correction_box(uow, frame, found, form.correct)
    days = days_of(found, frame.zone, corrections.said)
    moods = [message.mood for day in days for message in day.messages if message.mood]
    points = charts.mood_points([mood.score for mood in moods], width=140, height=28)
    replies = suggestion_box(uow, frame, found)
    text = text or replies.text_of(form.use or 0)
    return TranscriptPage(
        frame=frame,
        transcript=found,
        days=days,
        mood_line=[(*point, mood.sentiment) for point, mood in zip(points, moods, strict=True)],
        course=course_of(found),
        others=others[:OTHERS_SHOWN],
        answer_box=answer_box(uow, frame, found, text=text, refused=refused),
        replies=replies,
        corrections=corrections,
        team=team_box(uow, frame, found),
        enrichment=found_by_model(uow, conversation_id),
    )


def _place_href(filters: dict[str, str], side: str, place: Position | None) -> str | None:
    return list_path({**filters, side: write_place(place)}) if place is not None else None
