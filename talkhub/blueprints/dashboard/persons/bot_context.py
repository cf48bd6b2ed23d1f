"""What a bot is told of a person, as it would be told right now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, request

from talkhub import json_codec
from talkhub.blueprints.dashboard.forms import BotContextForm
from talkhub.blueprints.dashboard.pages import (
    Frame,
    read_frame,
    reading,
    render_page,
    writing,
)
from talkhub.errors import NotFound
from talkhub.services.privacy.readings import note_reading, of_person
from talkhub.services.recalling.context import user_context
from talkhub.services.recalling.context_wish import ContextFormat, ContextWish
from talkhub.store.base import LARGEST_ID
from talkhub.store.queries.transcripts import Person, find_person
from talkhub.store.uow import Database


@dataclass(frozen=True, slots=True)
class BotContextPage:
    """Everything the page shows; `told` is the tool's own answer."""

    frame: Frame
    profile_id: int
    person: Person
    question: str
    told: Mapping[str, Any]


def register(blueprint: Blueprint, database: Database) -> None:
    """Add the page to the dashboard."""

    @blueprint.get("/people/<int:profile_id>/context")
    def bot_context(profile_id: int) -> Response:
        form = BotContextForm.model_validate(request.args.to_dict())
        with reading(database) as uow:
            frame = read_frame(uow)
            person = find_person(uow, profile_id) if profile_id <= LARGEST_ID else None
        if person is None:
            raise NotFound("There is no such person.")
        # Before it is shown: where a reading cannot be written down, nothing is read.
        with writing(database) as uow:
            note_reading(uow, of_person(profile_id), address=request.remote_addr)
        wish = ContextWish(person.user_id, query=form.question or None, format=ContextFormat.BOTH)
        # In a unit of work of its own, as for a bot: its statement is prepared, and goes first.
        with reading(database) as uow:
            told = json_codec.loads(user_context(uow, wish))
        page = BotContextPage(frame, profile_id, person, form.question, told)
        return render_page("dashboard/persons/bot_context.html", page)
