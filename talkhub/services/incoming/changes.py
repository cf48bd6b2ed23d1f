"""Apply what happens to messages after they were sent: edits, revocations, reactions, statuses.

An event may tell of a message that has not come yet. What it says waits in
`message_changes`; whichever of the two comes second applies it. Both hold a lock on the
message's name meanwhile, so that neither misses the other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from talkhub import clock
from talkhub.channels.base import MessageChange
from talkhub.names import ChangeKind, ConversationStatus, DeliveryState, Job
from talkhub.services.people.learning import forget_what_they_said
from talkhub.services.talking.changed_messages import ToldChange, changed
from talkhub.services.talking.channel_sessions import ClaimedEvent
from talkhub.services.talking.transcripts import Message, add_up, fingerprint, format_time
from talkhub.services.telling.outbound import forget_texts
from talkhub.store.statements import changes as statements
from talkhub.store.statements.conversations import REWRITE_CONVERSATIONS
from talkhub.store.uow import UnitOfWork

Name: TypeAlias = tuple[str, str]
"""A message's external id or alias, and before it the account that it is unique in."""

_RANKS = [state.value for state in DeliveryState]


def names_of(event: ClaimedEvent) -> list[Name]:
    """Return the names of the message that an event brings or speaks of."""
    if isinstance(event.happening, MessageChange):
        return [(event.source, event.happening.target)]
    message = event.carried
    known_as = filter(None, (message.external_id, message.alias))
    return [(event.source, name) for name in known_as]


def apply_changes(uow: UnitOfWork, events: Sequence[ClaimedEvent]) -> None:
    """Note the changes among events, and apply all that is known of the events' messages.

    The caller holds the locks of the messages' names, and has stored the messages.
    """
    _note(uow, events)
    names = sorted({name for event in events for name in names_of(event)})
    told = _told(uow, names)
    if not told:
        return
    _raise_deliveries(uow, told)
    told = {
        name: [change for change in changes if change.kind != ChangeKind.STATUS]
        for name, changes in told.items()
    }
    told = {name: changes for name, changes in told.items() if changes}
    if told:
        brought = [(name, event.id) for event in events for name in names_of(event)]
        _change_transcripts(uow, told, brought)


def _note(uow: UnitOfWork, events: Sequence[ClaimedEvent]) -> None:
    rows = [
        {
            "event_id": event.id,
            "source": event.source,
            "target": event.happening.target,
            "kind": event.happening.kind.value,
            "actor": event.happening.actor,
            "value": event.happening.value,
            "at": format_time(event.happening.at),
        }
        for event in events
        if isinstance(event.happening, MessageChange)
    ]
    if rows:
        params = {"workspace_id": uow.workspace_id, "rows": uow.json(rows)}
        uow.run(statements.NOTE_CHANGES, params)


def _told(uow: UnitOfWork, names: Sequence[Name]) -> dict[Name, list[ToldChange]]:
    found: defaultdict[Name, list[ToldChange]] = defaultdict(list)
    for row in uow.run(statements.CHANGES_OF_MESSAGES, _key(uow, names)).mappings():
        kind = ChangeKind(row["kind"])
        change = ToldChange(kind, row["actor"], row["value"], row["at"], row["event_id"])
        found[row["source"], row["target"]].append(change)
    return dict(found)


def _key(uow: UnitOfWork, names: Iterable[Name]) -> dict[str, Any]:
    pairs = list(names)
    return {
        "workspace_id": uow.workspace_id,
        "sources": [source for source, _ in pairs],
        "targets": [target for _, target in pairs],
    }


def _raise_deliveries(uow: UnitOfWork, told: Mapping[Name, Sequence[ToldChange]]) -> None:
    states = [
        (name, change.value["status"])
        for name, changes in sorted(told.items())
        for change in changes
        if change.kind == ChangeKind.STATUS
    ]
    if states:
        params = _key(uow, (name for name, _ in states))
        params |= {"states": [state for _, state in states], "ranks": _RANKS}
        uow.run(statements.RAISE_DELIVERY, params)


def _change_transcripts(
    uow: UnitOfWork,
    told: Mapping[Name, Sequence[ToldChange]],
    brought: Sequence[tuple[Name, int]],
) -> None:
    """Rewrite the messages that are stored; a revoked one is forgotten in the inbox as well."""
    found = uow.run(statements.MESSAGES_OF_TARGETS, _key(uow, sorted(told))).mappings().all()
    by_message: defaultdict[str, list[ToldChange]] = defaultdict(list)
    origins: list[tuple[Name, int]] = list(brought)
    for row in found:
        name = (row["source"], row["target"])
        by_message[row["message_id"]] += told[name]
        if row["event_id"] is not None:
            origins.append((name, row["event_id"]))
    _forget_revoked(uow, told, origins)
    taken_back = [id_ for id_, changes in by_message.items() if _is_revoked(changes)]
    if taken_back:
        forget_texts(uow, taken_back)
    if by_message:
        _rewrite(uow, sorted({row["session_id"] for row in found}), by_message)


def _forget_revoked(
    uow: UnitOfWork,
    told: Mapping[Name, Sequence[ToldChange]],
    origins: Sequence[tuple[Name, int]],
) -> None:
    revoked = {name for name, changes in told.items() if _is_revoked(changes)}
    event_ids = {event_id for name, event_id in origins if name in revoked}
    event_ids |= {change.event_id for name in revoked for change in told[name]}
    if event_ids:
        key = {"workspace_id": uow.workspace_id, "event_ids": sorted(event_ids)}
        uow.run(statements.FORGET_EVENTS, key)
        uow.run(statements.FORGET_EDITS, key)


def _is_revoked(changes: Sequence[ToldChange]) -> bool:
    return any(change.kind == ChangeKind.REVOKE for change in changes)


def _rewrite(
    uow: UnitOfWork, session_ids: list[str], told: Mapping[str, Sequence[ToldChange]]
) -> None:
    key = {"workspace_id": uow.workspace_id, "session_ids": session_ids}
    uow.run(statements.LOCK_SESSIONS, key)
    wanted = [uow.json([{"id": message_id}]) for message_id in sorted(told)]
    found = uow.run(statements.CONVERSATIONS_WITH_MESSAGES, {**key, "wanted": wanted})
    rows = []
    for row in map(dict, found.mappings()):
        messages = [changed(message, told.get(message["id"], ())) for message in row["messages"]]
        if messages != row["messages"]:
            rows.append(_row(row, messages))
    if rows:
        _forget_quotes(uow, rows, told)
        params = {"workspace_id": uow.workspace_id, "now": clock.now(), "rows": uow.json(rows)}
        uow.run(REWRITE_CONVERSATIONS, params)
        uow.ring(Job.DRAIN_ANALYSIS)
        uow.touch(*session_ids)


def _forget_quotes(
    uow: UnitOfWork, rows: Sequence[Mapping[str, Any]], told: Mapping[str, Sequence[ToldChange]]
) -> None:
    """Forget what analyses and facts quoted of messages that were taken back."""
    taken_back = {message_id for message_id, changes in told.items() if _is_revoked(changes)}
    ids = [
        row["id"] for row in rows if any(message["id"] in taken_back for message in row["messages"])
    ]
    if ids:
        uow.run(statements.FORGET_QUOTES, {"workspace_id": uow.workspace_id, "ids": ids})
        forget_what_they_said(uow, ids, taken_back)


def _row(stored: Mapping[str, Any], messages: list[Message]) -> dict[str, Any]:
    facts = add_up(messages, is_open=stored["status"] == ConversationStatus.OPEN)
    return {
        "id": stored["id"],
        "messages": messages,
        "metadata": facts.as_metadata(),
        "intent_analysis": None,
        "fingerprint": fingerprint(stored["session_id"], messages).hex(),
        "status": stored["status"],
        **facts.as_columns(),
    }
