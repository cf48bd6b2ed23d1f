"""The list of conversations, and one of them whole."""

from __future__ import annotations

from dataclasses import dataclass, replace

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from talkhub.blueprints.dashboard import answering, charts, correcting
from talkhub.blueprints.dashboard.answering import AnswerBox, answer_box
from talkhub.blueprints.dashboard.correcting import CorrectionBox, correction_box
from talkhub.blueprints.dashboard.courses import ShownCourse, course_of
from talkhub.blueprints.dashboard.filters import full_date
from talkhub.blueprints.dashboard.forms import (
    ConversationsForm,
    TranscriptForm,
    read_place,
    write_place,
)
from talkhub.blueprints.dashboard.i18n import gettext as _
from talkhub.blueprints.dashboard.messages import Day, days_of
from talkhub.blueprints.dashboard.pages import Frame, read_frame, reading, render_page, writing
from talkhub.blueprints.dashboard.paths import list_path
from talkhub.blueprints.dashboard.periods import PeriodName, period_name
from talkhub.blueprints.dashboard.wording import (
    completion_name,
    intent_name,
    platform_name,
    sentiment_name,
)
from talkhub.enrichment.found import FoundByModel, found_by_model
from talkhub.errors import NotFound
from talkhub.names import CompletionStatus, Intent, Platform, Sentiment
from talkhub.services.own_labels import own_intents
from talkhub.services.readings import note_reading
from talkhub.store.queries.conversations import (
    COUNTED_AT_MOST,
    ConversationLine,
    ConversationPage,
    Position,
    conversations_of_person,
    count_conversations,
    latest_conversations,
)
from talkhub.store.queries.transcripts import (
    EarlierAnalysis,
    Person,
    Transcript,
    earlier_analyses,
    find_person,
    find_transcript,
)
from talkhub.store.uow import Database

OTHERS_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Choice:
    """A filter to choose from: its name in the address, its title, its values by name."""

    name: str
    title: str
    options: dict[str, str]
    chosen: str


@dataclass(frozen=True, slots=True)
class Pill:
    """A filter that is set, and the address without it."""

    title: str
    value: str
    href: str


@dataclass(frozen=True, slots=True)
class ConversationsPage:
    """Everything the list shows. `count` may be one more than `counted_at_most`."""

    frame: Frame
    choices: list[Choice]
    kept: dict[str, str]
    pills: list[Pill]
    found: ConversationPage
    count: int
    counted_at_most: int
    newer_href: str | None
    older_href: str | None
    is_first: bool


@dataclass(frozen=True, slots=True)
class TranscriptPage:
    """Everything the page of one conversation shows."""

    frame: Frame
    transcript: Transcript
    days: list[Day]
    mood_line: list[tuple[float, float, str]]
    course: ShownCourse | None
    person: Person | None
    others: tuple[ConversationLine, ...]
    earlier: tuple[EarlierAnalysis, ...]
    answer_box: AnswerBox
    corrections: CorrectionBox
    enrichment: FoundByModel | None = None

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


def register(blueprint: Blueprint, database: Database) -> None:
    """Add the list and the transcript to the dashboard."""

    @blueprint.get("/conversations")
    def conversations() -> AnyResponse:
        form = ConversationsForm.model_validate(request.args.to_dict())
        with reading(database) as uow:
            frame = read_frame(uow)
            wanted = form.wanted(now=frame.now, zone=frame.zone)
            found = latest_conversations(
                uow,
                wanted,
                older_than=read_place(form.before),
                newer_than=read_place(form.after),
            )
            count = count_conversations(uow, wanted)
            intents = own_intents(uow)
        if form.after and found.newer is None:
            return redirect(list_path(form.filters()), 303)  # the top is the whole first page
        page = _list_page(frame, form, found, count, own=intents)
        return render_page("dashboard/conversations.html", page)

    @blueprint.get("/conversations/<conversation_id>")
    def conversation(conversation_id: str) -> Response:
        return show(conversation_id, "", "")

    def show(conversation_id: str, text: str, refused: str) -> Response:
        form = TranscriptForm.model_validate(request.args.to_dict())
        with reading(database) as uow:
            frame = read_frame(uow)
            # PostgreSQL has no NUL in its texts, and refuses to look for one.
            found = None if "\0" in conversation_id else find_transcript(uow, conversation_id)
            if found is None:
                raise NotFound("There is no such conversation.")
            person = find_person(uow, found.profile_id)
            nearby = conversations_of_person(uow, found.profile_id, limit=OTHERS_SHOWN + 1)
            earlier = earlier_analyses(uow, conversation_id)
            box = answer_box(uow, frame, found, text=text, refused=refused)
            corrections = correction_box(uow, frame, found, form.correct)
            read = found_by_model(uow, conversation_id)
        # Before it is shown: where a reading cannot be written down, nothing is read.
        with writing(database) as uow:
            note_reading(uow, conversation_id, address=request.remote_addr)
        others = tuple(line for line in nearby if line.conversation_id != conversation_id)
        page = _transcript_page(
            frame,
            found,
            person,
            others[:OTHERS_SHOWN],
            earlier=earlier,
            box=box,
            corrections=corrections,
        )
        return render_page("dashboard/conversation.html", replace(page, enrichment=read))

    answering.register(blueprint, database, show)
    correcting.register(blueprint, database)


def _list_page(
    frame: Frame,
    form: ConversationsForm,
    found: ConversationPage,
    count: int,
    *,
    own: tuple[str, ...],
) -> ConversationsPage:
    filters = form.filters()
    choices = _choices(form, own)
    offered = {choice.name for choice in choices}
    return ConversationsPage(
        frame=frame,
        choices=choices,
        kept={name: value for name, value in filters.items() if name not in offered},
        pills=_pills(frame, form, choices),
        found=found,
        count=count,
        counted_at_most=COUNTED_AT_MOST,
        newer_href=_place_href(filters, "after", found.newer),
        older_href=_place_href(filters, "before", found.older),
        is_first=form.before is None and form.after is None,
    )


def _choices(form: ConversationsForm, own: tuple[str, ...]) -> list[Choice]:
    periods = {name.value: period_name(name) for name in PeriodName}
    platforms = {name.value: platform_name(name) for name in Platform}
    intents = {name: intent_name(name) for name in (*Intent, *own)}
    moods = {name.value: sentiment_name(name) for name in Sentiment}
    states = {name.value: completion_name(name) for name in CompletionStatus}
    return [
        Choice("period", _("Período"), periods, form.period or ""),
        Choice("platform", _("Canal"), _with(platforms, form.platform), form.platform or ""),
        Choice("intent", _("Intenção"), _with(intents, form.intent), form.intent or ""),
        Choice("sentiment", _("Sentimento"), moods, form.sentiment or ""),
        Choice("status", _("Situação"), states, form.status or ""),
    ]


def _with(options: dict[str, str], chosen: str | None) -> dict[str, str]:
    """Offer a caller's own value too while it is chosen."""
    return {**options, chosen: options.get(chosen, chosen)} if chosen else options


def _pills(frame: Frame, form: ConversationsForm, choices: list[Choice]) -> list[Pill]:
    filters = form.filters()
    titles = {choice.name: choice.title for choice in choices}
    texts = {choice.name: choice.options[choice.chosen] for choice in choices if choice.chosen}
    titles |= {"start": _("Desde"), "end": _("Até"), "analysis": _("Análise"), "attention": _("Só")}
    texts["attention"] = _("precisa de atenção")
    texts["analysis"] = _("pendente") if form.analysis == "pending" else _("feita")
    if form.start:
        texts["start"] = full_date(form.start, frame.zone)
    if form.end:
        texts["end"] = full_date(form.end, frame.zone)
    return [
        Pill(titles[name], texts[name], list_path({k: v for k, v in filters.items() if k != name}))
        for name in filters
    ]


def _transcript_page(
    frame: Frame,
    found: Transcript,
    person: Person | None,
    others: tuple[ConversationLine, ...],
    *,
    earlier: tuple[EarlierAnalysis, ...],
    box: AnswerBox,
    corrections: CorrectionBox,
) -> TranscriptPage:
    days = days_of(found, frame.zone, corrections.said)
    moods = [message.mood for day in days for message in day.messages if message.mood]
    points = charts.mood_points([mood.score for mood in moods], width=140, height=28)
    return TranscriptPage(
        frame=frame,
        transcript=found,
        days=days,
        mood_line=[(*point, mood.sentiment) for point, mood in zip(points, moods, strict=True)],
        course=course_of(found),
        person=person,
        others=others,
        earlier=earlier,
        answer_box=box,
        corrections=corrections,
    )


def _place_href(filters: dict[str, str], side: str, place: Position | None) -> str | None:
    return list_path({**filters, side: write_place(place)}) if place is not None else None
