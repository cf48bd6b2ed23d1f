"""Where to go: pages, people and conversations by what is typed, in a dialog or on a page."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from flask import Blueprint, Response, make_response, render_template, request

from talkhub.blueprints.dashboard.forms import PaletteForm
from talkhub.blueprints.dashboard.navigation import Place, places
from talkhub.blueprints.dashboard.pages import Frame, read_frame, reading, render_page
from talkhub.blueprints.dashboard.visitors import visitor
from talkhub.services.administration.administering import overseeing
from talkhub.services.administration.workspaces import OwnWorkspace, workspaces_of
from talkhub.store.queries.conversation_filters import ConversationFilter
from talkhub.store.queries.conversations import (
    ConversationLine,
    latest_conversations,
)
from talkhub.store.queries.person_pages import PersonLine, find_people
from talkhub.store.uow import Database

SHOWN = 5
SHORTEST = 2
"""Fewer letters are no name: only pages are found by them."""

FROM_HTMX = "HX-Request"


@dataclass(frozen=True, slots=True)
class PalettePage:
    """What was found."""

    frame: Frame
    looked_for: str
    places: list[Place]
    people: tuple[PersonLine, ...]
    conversations: tuple[ConversationLine, ...]
    workspaces: tuple[OwnWorkspace, ...]

    @property
    def is_empty(self) -> bool:
        """Whether nothing was found."""
        return not (self.places or self.people or self.conversations or self.workspaces)


def register(blueprint: Blueprint, database: Database) -> None:
    """Add the search to the dashboard; the dialog asks for its results alone."""

    @blueprint.get("/search")
    def search() -> Response:
        form = PaletteForm.model_validate(request.args.to_dict())
        text = form.looked_for.strip()
        with reading(database) as uow:
            frame = read_frame(uow)
            is_name = len(text) >= SHORTEST
            said = ConversationFilter(words=text or None)
            page = PalettePage(
                frame=frame,
                looked_for=text,
                places=[one for one in places(frame) if _plain(text) in _plain(one.name)],
                people=find_people(uow, text, before=None)[:SHOWN] if is_name else (),
                conversations=latest_conversations(uow, said, size=SHOWN).lines if is_name else (),
                workspaces=_other_workspaces(database, text) if is_name else (),
            )
        if FROM_HTMX in request.headers:
            return make_response(render_template("dashboard/_found.html", page=page))
        return render_page("dashboard/search.html", page)


def _other_workspaces(database: Database, text: str) -> tuple[OwnWorkspace, ...]:
    """Return the person's other workspaces with such a name."""
    with overseeing(database) as uow:
        own = workspaces_of(uow, visitor().username)
    here = visitor().workspace_id
    return tuple(one for one in own if one.id != here and _plain(text) in _plain(one.name))[:SHOWN]


def _plain(text: str) -> str:
    """Return a text as people type it in a hurry: without accents and capitals."""
    parts = unicodedata.normalize("NFD", text.casefold())
    return "".join(part for part in parts if not unicodedata.combining(part))
