"""Compare what was accepted with what is there: nothing lost, nothing doubled, all counts true.

Counts are made again here from the transcripts alone, in plain Python, so that an error in the
service's own statements cannot hide.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import psycopg2.extensions
from psycopg2.extras import DictCursor
from pyroaring import BitMap

from benchmarks.soak.deliveries import Delivery


@dataclass(slots=True)
class Findings:
    """What is not as it was promised, in words."""

    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


def examine(
    connection: psycopg2.extensions.connection,
    accepted: Iterable[Delivery],
    answers: Mapping[str, set[str]],
    *,
    workspace_id: int = 1,
) -> Findings:
    """Return what is lost, doubled or wrong, judged by the database alone."""
    tables = _read(connection, workspace_id)
    findings = Findings()
    _examine_messages(tables, accepted, findings)
    _examine_saves(tables, accepted, answers, findings)
    _examine_index(tables, findings)
    _examine_work(tables, findings)
    _examine_people(tables, findings)
    _examine_hours(tables, findings)
    return findings


Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Tables:
    conversations: Sequence[Row]
    index: Sequence[Row]
    events: Sequence[Row]
    analyses: Sequence[Row]
    people: Sequence[Row]
    buckets: Sequence[Row]
    dirty: Sequence[Row]


_TABLES = {
    "conversations": "conversations",
    "index": "message_index",
    "events": "inbound_events",
    "analyses": "conversation_analyses",
    "people": "user_profiles",
    "buckets": "bucket_stats",
    "dirty": "dirty_buckets",
}


def _read(connection: psycopg2.extensions.connection, workspace_id: int) -> _Tables:
    def rows(table: str) -> Sequence[Row]:
        cursor.execute(f"select * from {table} where workspace_id = %s", [workspace_id])
        found: Sequence[Row] = [dict(row) for row in cursor]
        return found

    # The role that sees every workspace, whichever login the address names.
    with connection, connection.cursor(cursor_factory=DictCursor) as cursor:
        cursor.execute("set local role talkhub_system; set local timezone to 'UTC'")
        return _Tables(**{name: rows(table) for name, table in _TABLES.items()})


def _examine_messages(tables: _Tables, accepted: Iterable[Delivery], findings: Findings) -> None:
    times = Counter(
        message["content"]
        for row in tables.conversations
        for message in row["messages"]
        if "external_id" in message
    )
    for delivery in accepted:
        findings.lost += [f"message {one}" for one in delivery.messages if not times[one]]
    # Also of what was never answered: it may be there, but only once.
    findings.doubled += [f"message {one}, {n} times" for one, n in times.items() if n > 1]


def _examine_saves(
    tables: _Tables,
    accepted: Iterable[Delivery],
    answers: Mapping[str, set[str]],
    findings: Findings,
) -> None:
    stored: defaultdict[str, list[Row]] = defaultdict(list)
    for row in tables.conversations:
        stored[row["session_id"]].append(row)
    longest: dict[str, Delivery] = {}
    for delivery in accepted:
        if session := delivery.session_id:
            known = longest.get(session, delivery)
            longest[session] = max(known, delivery, key=lambda one: len(one.transcript))
    for session, delivery in longest.items():
        rows = stored[session]
        if len(rows) > 1:
            findings.doubled.append(f"conversation of {session}, {len(rows)} times")
        said = [(m["role"], m["content"]) for row in rows[:1] for m in row["messages"]]
        missing = Counter(delivery.transcript) - Counter(said)
        extra = Counter(said) - Counter(delivery.transcript)
        findings.lost += [f"in {session}: {line}" for line in missing.elements()]
        findings.doubled += [f"in {session}: {line}" for line in extra.elements()]
        if not missing and not extra and said != list(delivery.transcript):
            findings.wrong.append(f"{session} is out of order")
    for delivery in accepted:
        ids = {row["conversation_id"] for row in stored.get(delivery.session_id or "", [])}
        if strangers := answers.get(delivery.key, set()) - ids:
            findings.wrong.append(f"{delivery.key} was told of {strangers}, stored is {ids}")


def _examine_index(tables: _Tables, findings: Findings) -> None:
    there = {
        (row["id"], message["id"])
        for row in tables.conversations
        for message in row["messages"]
        if "external_id" in message
    }
    indexed = {
        (row["conversation_id"], row["message_id"])
        for row in tables.index
        if row["external_message_id"] is not None
    }
    findings.wrong += [f"index lacks {one}" for one in there - indexed]
    findings.wrong += [f"index has a stray {one}" for one in indexed - there]


def _examine_work(tables: _Tables, findings: Findings) -> None:
    states = Counter(row["state"] for row in tables.events)
    for state in states.keys() - {"done"}:
        findings.wrong.append(f"{states[state]} events are {state}")
    due = sum(row["analysis_due_at"] is not None for row in tables.conversations)
    stale = sum(row["stats_due_at"] is not None for row in tables.people)
    if due or stale or tables.dirty:
        findings.wrong.append(f"{due} analyses, {stale} people, {len(tables.dirty)} hours wait")
    analysed = Counter(row["conversation_id"] for row in tables.analyses)
    for row in tables.conversations:
        if analysed[row["id"]] != 1:
            findings.wrong.append(f"conversation {row['id']}: {analysed[row['id']]} analyses")


def _examine_people(tables: _Tables, findings: Findings) -> None:
    theirs: defaultdict[int, list[Row]] = defaultdict(list)
    for row in tables.conversations:
        theirs[row["profile_id"]].append(row)
    for person in tables.people:
        if person["merged_into_id"] is not None:  # an id of somebody else, who has the history
            if theirs[person["id"]]:
                findings.wrong.append(f"{person['user_id']} has conversations, but was merged")
            continue
        told = person["interaction_stats"]
        counted = _stats(theirs[person["id"]])
        if {key: told.get(key) for key in counted} != counted:
            findings.wrong.append(f"{person['user_id']}: {told} instead of {counted}")


def _stats(conversations: Sequence[Row]) -> dict[str, Any]:
    topics = Counter(topic for row in conversations for topic in row["topics"])
    intents = Counter(
        row["primary_intent"]
        for row in conversations
        if row["primary_intent"] not in {None, "unknown"}
    )
    waits = [wait for row in conversations for wait in _waits(row["messages"])]
    times = [_time(message) for row in conversations for message in row["messages"]]
    return {
        "total_conversations": len(conversations),
        "total_messages": sum(len(row["messages"]) for row in conversations),
        "average_response_time": _average(waits),
        "preferred_topics": _ranking(topics),
        "preferred_intents": _ranking(intents),
        "last_interaction": max(times).strftime("%Y-%m-%dT%H:%M:%SZ") if times else None,
    }


def _ranking(counts: Counter[str]) -> list[str]:
    return [name for name, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:5]]


def _waits(messages: Sequence[Row]) -> list[float]:
    """Return the seconds from each first question to its answer."""
    waits: list[float] = []
    asked_at: datetime | None = None
    for message in messages:
        if message["role"] == "user":
            asked_at = asked_at or _time(message)
        elif asked_at is not None and message["role"] in {"bot", "agent"}:
            waits.append((_time(message) - asked_at).total_seconds())
            asked_at = None
    return waits


def _average(waits: Sequence[float]) -> float | None:
    """Return seconds as the service rounds them: half a millisecond up."""
    if not waits:
        return None
    exact = Decimal(round(sum(waits) * 1000)) / len(waits) / 1000
    return float(exact.quantize(Decimal("0.001"), ROUND_HALF_UP))


def _examine_hours(tables: _Tables, findings: Findings) -> None:
    by_hour: defaultdict[datetime, list[Row]] = defaultdict(list)
    for row in tables.conversations:
        began_at = min(_time(message) for message in row["messages"])
        by_hour[began_at.replace(minute=0, second=0, microsecond=0)].append(row)
    told: defaultdict[datetime, list[Row]] = defaultdict(list)
    for row in tables.buckets:
        if row["level"] == "hour":
            told[row["begins_at"].astimezone(UTC)].append(row)
    for hour in by_hour.keys() | told.keys():
        counted, shown = _hour(by_hour[hour]), _told(told[hour])
        if shown != counted:
            findings.wrong.append(f"{hour:%Hh}: {shown} instead of {counted}")


def _told(slices: Sequence[Row]) -> dict[str, Any]:
    """Return what the read model says of an hour, as `_hour` counts it."""
    by_dimension: defaultdict[str, dict[str, Row]] = defaultdict(dict)
    for row in slices:
        by_dimension[row["dimension"]][row["value"]] = row
    whole = by_dimension["all"].get("")
    counts = [0] * 4 if whole is None else whole["counts"]
    return {
        "conversations": counts[0],
        "messages": counts[1],
        "people": set() if whole is None else set(BitMap.deserialize(bytes(whole["people"]))),
        "completed": counts[3],
        "intents": {value: row["counts"][0] for value, row in by_dimension["intent"].items()},
        "sentiments": {value: row["counts"][0] for value, row in by_dimension["sentiment"].items()},
    }


def _hour(conversations: Sequence[Row]) -> dict[str, Any]:
    return {
        "conversations": len(conversations),
        "messages": sum(len(row["messages"]) for row in conversations),
        "people": {row["profile_id"] for row in conversations},
        "completed": sum(
            row["status"] == "closed" and row["metadata"].get("completion_status") == "completed"
            for row in conversations
        ),
        "intents": dict(Counter(row["primary_intent"] for row in conversations)),
        "sentiments": dict(Counter(row["sentiment"] for row in conversations)),
    }


def _time(message: Row) -> datetime:
    return datetime.fromisoformat(message["timestamp"])
