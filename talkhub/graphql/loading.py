"""What belongs to the nodes of a page, looked up for all of them at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy import func, select, true
from sqlalchemy.orm import aliased
from strawberry.dataloader import DataLoader

from talkhub.services.exporting.rows import (
    ConversationRow,
    ProfileRow,
    Row,
    RowType,
    conversation_rows,
    profile_rows,
)
from talkhub.store.queries.people import is_somebody
from talkhub.store.tables.conversations import Conversation
from talkhub.store.tables.profiles import Profile, ProfileFact
from talkhub.store.uow import UnitOfWork

MOST_FACTS = 50
"""Of one person in a page: GET /api/v1/people/<user_id>/facts tells more of one."""

Told = dict[str, Any]
Value = TypeVar("Value")


class Loaders:
    """Collects what the nodes of a request ask for, and asks the database once for each kind."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow
        self._conversations: dict[int, DataLoader[str, list[Told]]] = {}
        self.named = _loader(self._named, None)
        self.people = _loader(self._people, None)
        self.analyses = _loader(self._analyses, None)
        self.facts: DataLoader[str, list[Told]] = _loader(self._facts, [])

    def conversations(self, first: int) -> DataLoader[str, list[Told]]:
        """Return what loads people's latest conversations, so many of each."""
        if first not in self._conversations:
            self._conversations[first] = _loader(lambda ids: self._latest(ids, first), [])
        return self._conversations[first]

    def _named(self, conversation_ids: Sequence[str]) -> Mapping[str, Told]:
        """Return conversations by their ids."""
        of = Conversation
        statement = select(of.id).where(
            of.workspace_id == self._uow.workspace_id, of.conversation_id.in_(conversation_ids)
        )
        rows = conversation_rows(self._uow, tuple(self._uow.execute(statement).scalars()))
        return {one["conversation_id"]: one for one in _members(ConversationRow, rows)}

    def _people(self, user_ids: Sequence[str]) -> Mapping[str, Told]:
        """Return whom ids mean, also those of people who were merged into others."""
        known = self._known_as(user_ids)
        found = _members(
            ProfileRow, profile_rows(self._uow, list({it[0] for it in known.values()}))
        )
        people = {person["user_id"]: person for person in found}
        return {user_id: people[own] for user_id, (_, own) in known.items() if own in people}

    def _analyses(self, conversation_ids: Sequence[str]) -> Mapping[str, Told]:
        of = Conversation
        statement = select(of.conversation_id, of.intent_analysis, of.analysed_version).where(
            of.workspace_id == self._uow.workspace_id, of.conversation_id.in_(conversation_ids)
        )
        return {row[0]: _analysis(row[1], row[2]) for row in self._uow.execute(statement)}

    def _facts(self, user_ids: Sequence[str]) -> Mapping[str, list[Told]]:
        """Return what is known of people and what was, the newest first, unless they refused it."""
        known = self._known_as(user_ids)
        of = ProfileFact
        place = func.row_number().over(
            partition_by=of.profile_id, order_by=(of.valid_from.desc(), of.id.desc())
        )
        told = (of.kind, of.value, of.confidence, of.source, of.valid_from, of.valid_to)
        ranked = (
            select(of.profile_id, *told, place.label("place"))
            .join(Profile, Profile.id == of.profile_id)
            .where(
                of.workspace_id == self._uow.workspace_id,
                of.profile_id.in_({it[0] for it in known.values()}),
                ~Profile.memory_opt_out,
                of.dismissed_at.is_(None),
                (of.valid_to.is_(None)) | (of.valid_to > of.valid_from),
            )
            .subquery()
        )
        statement = select(ranked).where(ranked.c.place <= MOST_FACTS).order_by(ranked.c.place)
        facts: dict[int, list[Told]] = defaultdict(list)
        for row in self._uow.execute(statement).mappings():
            facts[row["profile_id"]].append(dict(row))
        return {user_id: facts[person] for user_id, (person, _) in known.items()}

    def _latest(self, user_ids: Sequence[str], first: int) -> Mapping[str, list[Told]]:
        known = self._known_as(user_ids)
        of = Conversation
        theirs = (
            select(of.id, of.conversation_id)
            .where(of.workspace_id == self._uow.workspace_id, of.profile_id == Profile.id)
            .order_by(of.started_at.desc(), of.id.desc())
            .limit(first)
            .lateral()
        )
        statement = (
            select(Profile.id, theirs.c.id, theirs.c.conversation_id)
            .select_from(Profile)
            .join(theirs, true())
            .where(Profile.id.in_({it[0] for it in known.values()}))
        )
        found = self._uow.execute(statement).all()
        whose = {row[2]: row[0] for row in found}
        rows = conversation_rows(self._uow, [row[1] for row in found])
        latest: dict[int, list[Told]] = defaultdict(list)
        for conversation in _members(ConversationRow, rows):
            latest[whose[conversation["conversation_id"]]].append(conversation)
        return {user_id: latest[person] for user_id, (person, _) in known.items()}

    def _known_as(self, user_ids: Sequence[str]) -> Mapping[str, tuple[int, str]]:
        """Return for each id that somebody has the person's number and own id."""
        known_as = aliased(Profile)
        person = func.coalesce(known_as.merged_into_id, known_as.id)
        statement = (
            select(known_as.user_id, Profile.id, Profile.user_id)
            .select_from(Profile)
            .join(known_as, Profile.id == person)
            .where(
                *is_somebody(self._uow),
                known_as.workspace_id == self._uow.workspace_id,
                known_as.user_id.in_(user_ids),
            )
        )
        return {row[0]: (row[1], row[2]) for row in self._uow.execute(statement)}


def _analysis(kept: Mapping[str, Any], version: str | None) -> Told:
    """Return what is told of an `intent_analysis`; a caller's own may hold anything at all."""
    course = kept.get("course")
    went = course if isinstance(course, Mapping) else {}
    confidence = kept.get("confidence")
    texts = {name: went.get(name) for name in ("summary", "key_phrases")}
    return {
        **{name: str(kept[name]) if name in kept else None for name in ("status", "source")},
        **{name: list(map(str, it)) if isinstance(it, list) else [] for name, it in texts.items()},
        "confidence": float(confidence) if isinstance(confidence, int | float) else None,
        "version": version,
    }


def _loader(
    find: Callable[[Sequence[str]], Mapping[str, Value]], nothing: Value
) -> DataLoader[str, Value]:
    async def load(keys: list[str]) -> Sequence[Value]:
        found = find(keys)
        return [found.get(key, nothing) for key in keys]

    load_fn: Callable[[list[str]], Awaitable[Sequence[Value | BaseException]]] = load
    return DataLoader(load_fn)


def _members(row: RowType, rows: Iterable[Row]) -> list[Told]:
    return [dict(zip(row._fields, values, strict=True)) for values in rows]
