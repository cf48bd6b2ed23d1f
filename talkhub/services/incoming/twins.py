"""One message that came by several ways: pushed by a flow or the live chat, pulled, sent by us.

These have no id in common, so they are known by person, side, text and time. Each message
answers for one twin of a way at most, so that a text said twice and pushed once is still there
twice (docs/decisions/0020).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Any, TypeAlias

from talkhub import metrics
from talkhub.analysis.identity_numbers import masked_numbers
from talkhub.channels.base import NormalisedMessage
from talkhub.channels.sent import is_own
from talkhub.channels.uchat import is_pulled
from talkhub.names import MessageRole, Platform
from talkhub.services.talking.channel_sessions import ClaimedEvent
from talkhub.services.talking.transcripts import SAME_MESSAGE_WINDOW, format_time
from talkhub.store.statements import reconciling as statements
from talkhub.store.uow import UnitOfWork

_Said: TypeAlias = tuple[int, bool, str]
"""Whose conversation, whether the person spoke, and what was said."""


class _Way(Enum):
    """How a message came to us."""

    PUSHED = auto()
    PULLED = auto()
    SENT = auto()


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A message that a twin may be of: a stored one, or one that arrives together with it.

    `told` are the ways by which it came already.
    """

    said: _Said
    sent_at: datetime
    told: frozenset[_Way]
    channel_id: int | None
    stored: Mapping[str, Any] | None = None
    event: ClaimedEvent | None = None


def without_twins(
    uow: UnitOfWork, events: Sequence[ClaimedEvent], people: Mapping[str, int]
) -> list[ClaimedEvent]:
    """Return the events whose messages are not there by the other way; name those that are.

    The caller holds the locks of the people.
    """
    arrivals = [event for event in events if _may_have_twin(event)]
    if not arrivals:
        return list(events)
    candidates = _candidates(uow, arrivals, people)
    pairs = _pairs(arrivals, candidates, people)
    twins = {event.id for event, _ in pairs}
    named = {candidate.event.id: event for event, candidate in pairs if candidate.event is not None}
    metrics.reconciled.labels("known").inc(len(pairs))
    _name(uow, [(event, each.stored) for event, each in pairs if each.stored is not None])
    return [_renamed(event, named) for event in events if event.id not in twins]


def count_gaps(uow: UnitOfWork, events: Sequence[ClaimedEvent]) -> None:
    """Count the messages that came because they were pulled; `events` are about to be stored."""
    gaps = Counter(event.channel_id for event in events if is_pulled(event.carried.external_id))
    for channel_id, count in sorted(gaps.items(), key=lambda item: item[0] or 0):
        params = {"workspace_id": uow.workspace_id, "channel_id": channel_id, "count": count}
        uow.run(statements.COUNT_GAPS, params)
        metrics.reconciled.labels("filled").inc(count)


def _may_have_twin(event: ClaimedEvent) -> bool:
    # The environment's account has no key, so nothing is pulled for it.
    return event.carried.platform == Platform.UCHAT and event.channel_id is not None


def _candidates(
    uow: UnitOfWork, arrivals: Sequence[ClaimedEvent], people: Mapping[str, int]
) -> list[_Candidate]:
    times = [event.carried.sent_at for event in arrivals]
    params = {
        "workspace_id": uow.workspace_id,
        "profile_ids": sorted({people[event.carried.sender.user_id] for event in arrivals}),
        "channel_ids": sorted({event.channel_id for event in arrivals if event.channel_id}),
        "since": min(times) - SAME_MESSAGE_WINDOW,
        "until": max(times) + SAME_MESSAGE_WINDOW,
    }
    stored = [
        _Candidate(
            (row["profile_id"], row["role"] == MessageRole.USER, _words(row)),
            row["sent_at"],
            frozenset(map(_way, filter(None, (row["external_id"], row["alias"]))))
            or frozenset({_Way.PUSHED}),
            row["channel_id"],
            stored=row,
        )
        for row in map(dict, uow.run(statements.SAID_AROUND, params).mappings())
    ]
    others = [event for event in arrivals if not is_pulled(event.carried.external_id)]
    return stored + [
        _Candidate(
            _said(event, people),
            event.carried.sent_at,
            frozenset({_way(event.carried.external_id)}),
            channel_id=event.channel_id,
            event=event,
        )
        for event in others
    ]


def _pairs(
    arrivals: Sequence[ClaimedEvent],
    candidates: Sequence[_Candidate],
    people: Mapping[str, int],
) -> list[tuple[ClaimedEvent, _Candidate]]:
    """Return which arrival is which message's twin: the nearest in time first, each once."""
    near: list[tuple[timedelta, int, int]] = []
    for number, event in enumerate(arrivals):
        said, sent_at = _said(event, people), event.carried.sent_at
        way = _way(event.carried.external_id)
        near += [
            (abs(candidate.sent_at - sent_at), number, place)
            for place, candidate in enumerate(candidates)
            if way not in candidate.told
            and candidate.said == said
            and candidate.channel_id in {None, event.channel_id}
            and abs(candidate.sent_at - sent_at) <= SAME_MESSAGE_WINDOW
        ]
    pairs: list[tuple[ClaimedEvent, _Candidate]] = []
    taken: set[int] = set()
    answered: set[int] = set()
    for _, number, place in sorted(near):
        event, candidate = arrivals[number], candidates[place]
        among_arrivals = candidate.event.id if candidate.event else 0
        if event.id in taken or among_arrivals in taken or place in answered:
            continue
        taken |= {event.id, among_arrivals} - {0}
        answered.add(place)
        pairs.append((event, candidate))
    return pairs


def _way(external_id: str) -> _Way:
    if is_own(external_id):
        return _Way.SENT
    return _Way.PULLED if is_pulled(external_id) else _Way.PUSHED


def _said(event: ClaimedEvent, people: Mapping[str, int]) -> _Said:
    message = event.carried
    facts = {"content": message.content, "kind": message.kind, **message.attributes}
    return people[message.sender.user_id], message.role == MessageRole.USER, _words(facts)


def _words(facts: Mapping[str, Any]) -> str:
    """Return what tells a message from others: its text, else its file, else its kind.

    A flow may pass on a file as a text with its address.
    """
    # Of one that came before numbers were masked the twin may come masked.
    content = masked_numbers(" ".join(str(facts["content"]).split()))
    return content or str(facts.get("url") or "") or str(facts["kind"])


def _renamed(event: ClaimedEvent, named: Mapping[int, ClaimedEvent]) -> ClaimedEvent:
    twin = named.get(event.id)
    if twin is None:
        return event
    message: NormalisedMessage = replace(event.carried, alias=twin.carried.external_id)
    return replace(event, happening=message)


def _name(uow: UnitOfWork, pairs: Sequence[tuple[ClaimedEvent, Mapping[str, Any]]]) -> None:
    rows = [
        {
            "conversation_id": stored["conversation_id"],
            "message_id": stored["message_id"],
            "profile_id": stored["profile_id"],
            "role": stored["role"],
            "sent_at": format_time(stored["sent_at"]),
            "channel_id": event.channel_id,
            "source": event.source,
            "name": event.carried.external_id,
            "event_id": event.id,
        }
        for event, stored in pairs
    ]
    if rows:
        uow.run(statements.NAME_TWINS, {"workspace_id": uow.workspace_id, "rows": uow.json(rows)})
