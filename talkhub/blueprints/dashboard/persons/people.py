"""The people of a workspace: found, looked at, and told to be one person or two."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from talkhub import clock
from talkhub.blueprints.dashboard.forms import PeopleForm, read_place, write_place
from talkhub.blueprints.dashboard.i18n import gettext as _
from talkhub.blueprints.dashboard.pages import Frame, read_frame, reading, render_page, writing_if
from talkhub.blueprints.dashboard.persons.known_facts import KnownFacts, known_facts
from talkhub.errors import Conflict, Invalid, NotFound
from talkhub.memory.episodes import Episode, Issue, open_issues
from talkhub.memory.facts.kinds import FactKind, FactSource
from talkhub.services.fitting import without_nul
from talkhub.services.people.consents import Purpose, consents_of
from talkhub.services.people.facts import NewFact, add_fact, change_fact, delete_fact
from talkhub.services.people.merging import merge_people, part_people
from talkhub.services.recalling.episodes import latest_episodes
from talkhub.store.base import LARGEST_ID
from talkhub.store.queries.conversations import ConversationLine, Position, conversations_of_person
from talkhub.store.queries.person_pages import (
    PAGE_SIZE,
    Change,
    KnownId,
    PersonLine,
    changes_of_person,
    find_people,
    kept_profile,
    known_ids,
    likely_same,
)
from talkhub.store.queries.transcripts import Person, find_person
from talkhub.store.uow import Database, UnitOfWork

CONVERSATIONS_SHOWN = 20
EPISODES_SHOWN = 5


@dataclass(frozen=True, slots=True)
class PeoplePage:
    """Everything the list shows; `older` is the address of its next page."""

    frame: Frame
    looked_for: str
    people: tuple[PersonLine, ...]
    older: str | None


@dataclass(frozen=True, slots=True)
class PersonPage:
    """Everything the page of one person shows; `message` says why nothing was changed."""

    frame: Frame
    profile_id: int
    person: Person
    ids: tuple[KnownId, ...]
    changes: tuple[Change, ...]
    conversations: tuple[ConversationLine, ...]
    likely: tuple[PersonLine, ...]
    facts: KnownFacts
    issues: tuple[Issue, ...]
    episodes: tuple[Episode, ...]
    consents: list[dict[str, Any]]
    message: str = ""

    @property
    def wants_no_messages_since(self) -> datetime | None:
        """When the person said so; None if they did not, or agreed again."""
        said = [it for it in self.consents if it["purpose"] == Purpose.CONTACT][:1]
        return said[0]["at"] if said and not said[0]["is_given"] else None


def register(blueprint: Blueprint, database: Database) -> None:
    """Add the people to the dashboard. Owners and admins merge and part them."""

    @blueprint.get("/people")
    def people() -> Response:
        form = PeopleForm.model_validate(request.args.to_dict())
        place = read_place(form.before)
        with reading(database) as uow:
            before = None if place is None else (place.last_message_at, place.id)
            found = find_people(uow, form.looked_for, before=before)
            page = PeoplePage(read_frame(uow), form.looked_for, found, _older(form, found))
        return render_page("dashboard/persons/people.html", page)

    @blueprint.get("/people/<int:profile_id>")
    def person(profile_id: int) -> Response:
        return _page(database, profile_id)

    @blueprint.post("/people/<int:profile_id>/merge")
    def merge_person(profile_id: int) -> Response:
        other = request.form.get("other", "").strip()
        try:
            with _editing(database) as uow:
                own = _person(uow, _kept(uow, profile_id))
                merge_people(uow, without_nul(other), into=own.user_id)
        except NotFound:  # the other one; the page says so itself if this one is not there
            message = _("Não há pessoa com este identificador.")
            return _page(database, profile_id, message=message, status=422)
        return _back(profile_id)

    @blueprint.post("/people/<int:profile_id>/part")
    def part_person(profile_id: int) -> Response:
        user_id = request.form.get("user_id", "")
        try:
            with _editing(database) as uow:
                part_people(uow, without_nul(user_id))
        except Conflict:
            message = _("Este identificador não foi unido a outro.")
            return _page(database, profile_id, message=message, status=409)
        return _back(profile_id)

    _register_facts(blueprint, database)


def _register_facts(blueprint: Blueprint, database: Database) -> None:
    @blueprint.post("/people/<int:profile_id>/facts")
    def note_fact(profile_id: int) -> Response:
        kind, value = request.form.get("kind", ""), without_nul(request.form.get("value", ""))

        def note(uow: UnitOfWork, user_id: str) -> None:
            if kind not in set(FactKind):
                raise Invalid.at("kind", detail="There is no such kind.", code="kind_invalid")
            add_fact(uow, user_id, NewFact(FactKind(kind), value))

        return _change_facts(database, profile_id, note)

    @blueprint.post("/people/<int:profile_id>/facts/<int:fact_id>", endpoint="change_fact")
    def change_fact_(profile_id: int, fact_id: int) -> Response:
        value = without_nul(request.form.get("value", ""))

        def change(uow: UnitOfWork, user_id: str) -> None:
            change_fact(uow, user_id, fact_id, value, source=FactSource.OPERATOR)

        return _change_facts(database, profile_id, change)

    @blueprint.post("/people/<int:profile_id>/facts/<int:fact_id>/delete")
    def forget_fact(profile_id: int, fact_id: int) -> Response:
        def forget(uow: UnitOfWork, user_id: str) -> None:
            delete_fact(uow, user_id, fact_id)

        return _change_facts(database, profile_id, forget)


def _change_facts(
    database: Database, profile_id: int, change: Callable[[UnitOfWork, str], None]
) -> Response:
    """Change what is known of a person, or show the page again with why that was refused."""
    try:
        with _editing(database) as uow:
            change(uow, _person(uow, _kept(uow, profile_id)).user_id)
    except Invalid:
        message = _("Escreva um valor de até 160 caracteres.")
        return _page(database, profile_id, message=message, status=422)
    except Conflict:
        message = _("Este fato já não vale, ou a pessoa recusou a memória.")
        return _page(database, profile_id, message=message, status=409)
    return _back(profile_id)


def _editing(database: Database) -> AbstractContextManager[UnitOfWork]:
    refusal = "Only owners and admins of the workspace edit people."
    return writing_if(database, attrgetter("edits_people"), refusal=refusal)


def _page(database: Database, profile_id: int, *, message: str = "", status: int = 200) -> Response:
    with reading(database) as uow:
        kept = _kept(uow, profile_id)
        if kept != profile_id:
            return _back(kept)
        person = _person(uow, profile_id)
        # Of whoever refused the memory nothing is put together.
        episodes = [] if person.memory_opt_out else latest_episodes(uow, profile_id)
        page = PersonPage(
            frame=read_frame(uow),
            profile_id=profile_id,
            person=person,
            ids=known_ids(uow, profile_id),
            changes=changes_of_person(uow, profile_id),
            conversations=conversations_of_person(uow, profile_id, limit=CONVERSATIONS_SHOWN),
            likely=likely_same(uow, profile_id),
            facts=known_facts(uow, person.user_id),
            issues=tuple(open_issues(episodes, now=clock.now())),
            episodes=tuple(each for each in episodes if each.line)[:EPISODES_SHOWN],
            consents=consents_of(uow, person.user_id),
            message=message,
        )
    return render_page("dashboard/persons/person.html", page, status=status)


def _kept(uow: UnitOfWork, profile_id: int) -> int:
    kept = kept_profile(uow, profile_id) if profile_id <= LARGEST_ID else None
    if kept is None:
        raise NotFound("There is no such person.")
    return kept


def _person(uow: UnitOfWork, kept_id: int) -> Person:
    found = find_person(uow, kept_id)
    if found is None:
        raise NotFound("There is no such person.")
    return found


def _older(form: PeopleForm, found: tuple[PersonLine, ...]) -> str | None:
    if len(found) < PAGE_SIZE:
        return None
    last = write_place(Position(found[-1].last_seen_at, found[-1].id))
    return url_for("dashboard.people", q=form.looked_for or None, before=last)


def _back(profile_id: int) -> Response:
    return redirect(url_for("dashboard.person", profile_id=profile_id), 303)
