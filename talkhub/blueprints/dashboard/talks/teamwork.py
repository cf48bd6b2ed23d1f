"""Beside a transcript: the team's notes and markers, and the end of the conversation itself."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from talkhub.blueprints.dashboard.pages import Frame, writing_if
from talkhub.blueprints.runtime import Runtime
from talkhub.errors import Invalid
from talkhub.services.people.tombstones import Tombstones
from talkhub.services.privacy.deleting import delete_conversation
from talkhub.services.privacy.erasing import TIMEOUT_MS
from talkhub.services.teamwork.markers import set_markers
from talkhub.services.teamwork.notes import LONGEST_NOTE, add_note, change_note, delete_note
from talkhub.store.queries.transcripts import Transcript
from talkhub.store.statements.teamwork import TEAMWORK_OF_CONVERSATION
from talkhub.store.uow import Database, UnitOfWork


@dataclass(frozen=True, slots=True)
class ShownNote:
    """A note; only whoever wrote it changes it."""

    id: int
    author: str
    body: str
    created_at: datetime
    changed_at: datetime | None
    is_own: bool


@dataclass(frozen=True, slots=True)
class ShownMarker:
    """A marker of the workspace's, and whether the conversation bears it."""

    id: int
    name: str
    colour: str
    is_on: bool


@dataclass(frozen=True, slots=True)
class TeamBox:
    """What the page shows of the team's own; an emptied conversation takes nothing more."""

    notes: tuple[ShownNote, ...]
    markers: tuple[ShownMarker, ...]
    may_write: bool
    may_delete: bool
    longest_note: int = LONGEST_NOTE

    @property
    def borne(self) -> list[ShownMarker]:
        """The markers that the conversation bears."""
        return [marker for marker in self.markers if marker.is_on]


def team_box(uow: UnitOfWork, frame: Frame, transcript: Transcript) -> TeamBox:
    """Return what a team added to a conversation, and whether who looks may add to it."""
    key = {"workspace_id": uow.workspace_id, "conversation_id": transcript.conversation_id}
    row = uow.run(TEAMWORK_OF_CONVERSATION, key).mappings().one()
    times = ("created_at", "changed_at")
    notes = [
        {**note, **{name: note[name] and datetime.fromisoformat(note[name]) for name in times}}
        for note in row["notes"]
    ]
    return TeamBox(
        notes=tuple(ShownNote(**it, is_own=it["author"] == uow.scope.actor) for it in notes),
        markers=tuple(ShownMarker(**it) for it in row["markers"]),
        may_write=frame.annotates and not transcript.is_emptied,
        may_delete=frame.manages_privacy and not transcript.is_emptied,
    )


def register(blueprint: Blueprint, runtime: Runtime) -> None:
    """Add notes, markers and deleting to the dashboard."""
    database = runtime.database
    tombstones = Tombstones(runtime.hashing_keys.tombstones)

    @blueprint.post("/conversations/<conversation_id>/notes", endpoint="add_note")
    def add(conversation_id: str) -> Response:
        with annotating(database) as uow:
            add_note(uow, conversation_id, request.form.get("body", ""))
        return _back(conversation_id, "notes")

    @blueprint.post("/conversations/<conversation_id>/notes/<int:note_id>", endpoint="change_note")
    def change(conversation_id: str, note_id: int) -> Response:
        with annotating(database) as uow:
            change_note(uow, conversation_id, note_id, request.form.get("body", ""))
        return _back(conversation_id, "notes")

    @blueprint.post(
        "/conversations/<conversation_id>/notes/<int:note_id>/delete", endpoint="delete_note"
    )
    def delete(conversation_id: str, note_id: int) -> Response:
        with annotating(database) as uow:
            delete_note(uow, conversation_id, note_id)
        return _back(conversation_id, "notes")

    @blueprint.post("/conversations/<conversation_id>/markers", endpoint="mark_conversation")
    def mark(conversation_id: str) -> Response:
        chosen = request.form.getlist("marker")
        if not all(it.isdecimal() for it in chosen):
            raise Invalid.at("marker", detail="Markers are chosen by number.", code="int_parsing")
        with annotating(database) as uow:
            set_markers(uow, conversation_id, [int(it) for it in chosen])
        return _back(conversation_id, "main")

    @blueprint.post("/conversations/<conversation_id>/delete", endpoint="delete_conversation")
    def forget(conversation_id: str) -> Response:
        with _managing(database) as uow:
            left = delete_conversation(uow, conversation_id, tombstones)
        return redirect(url_for("dashboard.conversation", conversation_id=left), 303)


def annotating(database: Database) -> AbstractContextManager[UnitOfWork]:
    """Begin what only those may who note and mark conversations."""
    refusal = "You may read conversations here, but not note or mark them."
    return writing_if(database, attrgetter("annotates"), refusal=refusal)


def _managing(database: Database) -> AbstractContextManager[UnitOfWork]:
    refusal = "Only owners and admins of the workspace delete conversations."
    return writing_if(
        database, attrgetter("manages_privacy"), refusal=refusal, timeout_ms=TIMEOUT_MS
    )


def _back(conversation_id: str, place: str) -> Response:
    there = url_for("dashboard.conversation", conversation_id=conversation_id)
    return redirect(f"{there}#{place}", 303)
