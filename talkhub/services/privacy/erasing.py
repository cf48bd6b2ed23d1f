"""Erase a person: all that is kept of them goes, and what figures count stays without them.

Conversations stay as empty rows under a person without a name, so that every figure can still be
counted from rows. Tombstones keep out what was sent before and is delivered again.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from talkhub import clock
from talkhub.errors import Conflict, NotFound
from talkhub.names import Job
from talkhub.services.audit import audit
from talkhub.services.people.merging import lock_key, profile_lock_key
from talkhub.services.people.tombstones import MESSAGE, USER_ID, Name, Tombstones
from talkhub.services.privacy.closing_requests import forget_who_asked
from talkhub.store.statements import erasing as statements
from talkhub.store.statements.locks import LOCK_ALL
from talkhub.store.statements.retention import HELD_AMONG
from talkhub.store.uow import UnitOfWork

REPLAYED_FOR = timedelta(days=60)
"""Providers go on delivering for a month at most, and the inbox keeps as long what it settled."""

_TIME_KEPT = timedelta(minutes=15)
_COUNTED = (
    "outcome",
    "resolution",
    "handoff_requested",
    "handoff_done",
    "bot_failed",
    "unanswered_questions",
)
"""What figures read of how a conversation went: words of ours, truths and numbers."""

_SHORTEST_NEEDLE = 6
_DIGIT = re.compile(r"\d")
TIMEOUT_MS = 60_000
"""Erasing and copying look through what died, which has no index by person."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A person with all ids: the profiles, the kept one first, and the names vouched for.

    A phone or an e-mail is no name: anybody may have typed it.
    """

    profile_ids: tuple[int, ...]
    user_ids: tuple[str, ...]
    names: frozenset[Name]

    @property
    def needles(self) -> list[str]:
        """Patterns of the ids where only texts are kept; of ids that no word can be."""
        values = {name[-1] for name in self.names}
        ids = [it for it in values if len(it) >= _SHORTEST_NEEDLE and _DIGIT.search(it)]
        written = sorted({form for it in ids for form in (it, quote(it, safe=""))})
        return [rf"(^|[^[:alnum:]_.+@-]){re.escape(it)}($|[^[:alnum:]_.+@-])" for it in written]


@dataclass(frozen=True, slots=True)
class Receipt:
    """That a person was erased, and how much that was; it names nobody."""

    id: str
    erased_at: datetime
    ids: int
    sessions: int
    conversations: int
    messages: int
    facts: int
    analyses: int
    corrections: int
    enrichments: int
    notes: int
    events_and_scores: int
    inbound_events: int
    outbound_messages: int
    stored_answers: int
    tombstones: int


def subject_of(uow: UnitOfWork, user_id: str) -> Subject:
    """Return the person whom an id names; raises NotFound."""
    key = {"workspace_id": uow.workspace_id, "user_id": user_id}
    rows = uow.run(statements.IDS_OF_PERSON, key).mappings().all()
    if not rows:
        raise NotFound("There is no such person.")
    profile_ids = tuple(row["id"] for row in rows)
    known = {"workspace_id": uow.workspace_id, "profile_ids": list(profile_ids)}
    names: set[Name] = {(row[0], row[1]) for row in uow.run(statements.IDENTITIES, known)}
    names |= {(USER_ID, row["user_id"]) for row in rows}
    return Subject(profile_ids, tuple(row["user_id"] for row in rows), frozenset(names))


def erase_person(uow: UnitOfWork, user_id: str, tombstones: Tombstones) -> Receipt:
    """Erase a person, under whichever of their ids, and return the receipt.

    Raises NotFound for an id that nobody has, or has any more, and Conflict for a person whose
    data have to be kept.
    """
    subject = lock_subject(uow, user_id)
    refuse_if_held(uow, subject)
    key = {"workspace_id": uow.workspace_id, "profile_ids": list(subject.profile_ids)}
    erased_at, receipt_id = clock.now(), f"erasure_{secrets.token_hex(12)}"
    conversation_ids = [row[0] for row in uow.run(statements.CONVERSATIONS, key)]
    of_conversations = {**key, "conversation_ids": conversation_ids}
    ids = {"workspace_id": uow.workspace_id, "user_ids": list(subject.user_ids)}
    messages = uow.run(statements.ERASE_MESSAGE_INDEX, key).mappings().all()
    names = {*subject.names, *message_names(messages, since=erased_at - REPLAYED_FOR)}
    told_as = {*subject.user_ids, *(name[-1] for name in subject.names)}
    forget_who_asked(uow, subject.profile_ids, told_as, receipt_id)
    sessions = _erase_profiles(uow, subject, erased_at)
    told = _empty(uow, subject, conversation_ids, erased_at)  # while the analyses are there
    found = uow.run(statements.ERASE_FINDINGS, of_conversations).mappings().one()
    receipt = Receipt(
        id=receipt_id,
        erased_at=erased_at,
        ids=len(subject.user_ids),
        sessions=sessions,
        conversations=len(conversation_ids),
        messages=len(messages),
        **found,
        events_and_scores=told,
        inbound_events=erase_events(uow, subject, messages),
        outbound_messages=uow.run(statements.ERASE_OUTBOX, of_conversations).scalar_one(),
        stored_answers=uow.run(statements.ERASE_IDEMPOTENCY_KEYS, ids).rowcount,
        tombstones=tombstones.put(uow, names, erased_at=erased_at),
    )
    _write_down(uow, receipt)
    uow.ring(Job.DRAIN_STATS)
    return receipt


def refuse_if_held(uow: UnitOfWork, subject: Subject) -> None:
    """Raise Conflict for a person whose data a duty keeps, as the law allows (art. 16)."""
    key = {"workspace_id": uow.workspace_id, "profile_ids": list(subject.profile_ids)}
    if uow.run(HELD_AMONG, key).first() is not None:
        raise Conflict("This person's data have to be kept: lift the legal hold first.")


def erase_returned(
    uow: UnitOfWork, conversations: Sequence[Mapping[str, Any]], tombstones: Tombstones
) -> set[int]:
    """Delete conversations that bring erased people back, and return their ids.

    Those are transcripts that a caller saves again, with nothing newer than the erasure in them,
    and what was being saved while the person was erased. The figures have them already.
    """
    names = {(USER_ID, row["user_id"]) for row in conversations}
    erased = tombstones.erased(uow, names)
    returned = {
        row["id"]: row["fence"]
        for row in conversations
        if row["is_of_erased"] or _was_erased(erased.get((USER_ID, row["user_id"])), row)
    }
    if returned:
        key = {"workspace_id": uow.workspace_id}
        held = {"conversation_ids": list(returned), "fences": list(returned.values())}
        gone = uow.run(statements.DELETE_CONVERSATIONS, {**key, **held})
        people = set()
        for profile_id, session_id in gone:
            people.add(profile_id)
            uow.touch(session_id)
            uow.show(session_id, None)
        people_key = {**key, "profile_ids": sorted(people)}
        uow.run(statements.DELETE_PEOPLE_WITHOUT_ANYTHING, people_key)
        uow.ring(Job.DRAIN_STATS)
    return set(returned)


def empty_conversations(
    uow: UnitOfWork, conversation_ids: Sequence[int], erased_at: datetime
) -> None:
    """Leave of conversations only what figures count of them."""
    params = {
        "workspace_id": uow.workspace_id,
        "conversation_ids": list(conversation_ids),
        "counted": list(_COUNTED),
        "bin": _TIME_KEPT,
        "erased_at": erased_at,
    }
    uow.run(statements.EMPTY_CONVERSATIONS, params)


def _was_erased(erased_at: datetime | None, row: Mapping[str, Any]) -> bool:
    return erased_at is not None and row["last_message_at"] <= erased_at


def lock_subject(uow: UnitOfWork, user_id: str) -> Subject:
    """Return the person as they stand once nobody else writes of them; raises NotFound.

    In the order of the drains: the ids first, then the profiles.
    """
    subject = subject_of(uow, user_id)
    keys = {lock_key(uow, each) for each in subject.user_ids}
    keys |= {f"identity:{uow.workspace_id}:{':'.join(name)}" for name in subject.names}
    uow.run(LOCK_ALL, {"keys": sorted(keys)})
    profiles = {profile_lock_key(uow, each) for each in subject.profile_ids}
    uow.run(LOCK_ALL, {"keys": sorted(profiles)})
    return subject_of(uow, user_id)


def message_names(messages: Sequence[Any], *, since: datetime) -> set[Name]:
    """Return the names under which a provider may still speak of messages."""
    return {
        (MESSAGE, row["source"], name)
        for row in messages
        if row["sent_at"] >= since
        for name in (row["external_message_id"], row["alias"])
        if name
    }


def erase_events(uow: UnitOfWork, subject: Subject, messages: Sequence[Any]) -> int:
    """Erase the inbox' events: those that brought messages or changed them, and dead ones."""
    named = [
        (row["source"], name)
        for row in messages
        for name in (row["external_message_id"], row["alias"])
        if name
    ]
    targets = {"sources": [it[0] for it in named], "targets": [it[1] for it in named]}
    changes = uow.run(statements.ERASE_CHANGES, {"workspace_id": uow.workspace_id, **targets})
    event_ids = {row["event_id"] for row in messages if row["event_id"]}
    event_ids |= {row[0] for row in changes}
    params = {
        "workspace_id": uow.workspace_id,
        "event_ids": sorted(event_ids),
        "profile_ids": list(subject.profile_ids),
        "needles": subject.needles,
    }
    return uow.run(statements.ERASE_EVENTS, params).rowcount


def _erase_profiles(uow: UnitOfWork, subject: Subject, erased_at: datetime) -> int:
    params = {
        "workspace_id": uow.workspace_id,
        "profile_ids": list(subject.profile_ids),
        "kept_id": subject.profile_ids[0],
        "user_ids": list(subject.user_ids),
        "erased_at": erased_at,
    }
    session_ids = list(uow.run(statements.ERASE_PEOPLE, params).scalars())
    uow.touch(*session_ids)
    for session_id in session_ids:
        uow.show(session_id, None)
    return len(session_ids)


def _empty(
    uow: UnitOfWork, subject: Subject, conversation_ids: Sequence[int], erased_at: datetime
) -> int:
    """Leave what figures count of conversations, events and scores; return how many of the last."""
    empty_conversations(uow, conversation_ids, erased_at)
    params = {
        "workspace_id": uow.workspace_id,
        "profile_ids": list(subject.profile_ids),
        "kept_id": subject.profile_ids[0],
        "bin": _TIME_KEPT,
        "erased_at": erased_at,
    }
    told: int = uow.run(statements.EMPTY_FEEDBACK, params).scalar_one()
    return told


def _write_down(uow: UnitOfWork, receipt: Receipt) -> None:
    counts = asdict(receipt)
    del counts["erased_at"], counts["id"]
    audit(uow, action="person.erased", subject=receipt.id, address=None, detail=counts)
