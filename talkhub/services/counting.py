"""Count conversations: from their rows to slices, by stretch of time and by what they are.

Pure. The one place that says which conversation counts towards what.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, NamedTuple

import numpy as np
from pyroaring import BitMap

from talkhub.names import Outcome, Resolution, Sentiment
from talkhub.services.slices import (
    BINS,
    NO_NUMBERS,
    WEEK_HOURS,
    Dimension,
    Measure,
    Numbers,
    Slice,
    Timed,
    bins,
)


class Counted(NamedTuple):
    """A conversation as it is counted; `place` says in which of the asked stretches it began.

    `response_times` are in milliseconds, one for each answer, None before the first analysis;
    `outcome` and what follows are None or False as long as nobody knows how it went.
    """

    place: int
    profile_id: int
    channel: str
    intent: str | None
    sentiment: str | None
    language: str | None
    topics: Sequence[str]
    messages: int
    is_ended: bool
    is_completed: bool
    duration_ms: int
    responses: int
    response_ms: int
    response_times: Sequence[int] | None
    is_analysed: bool
    outcome: str | None
    resolution: str | None
    handoff_requested: bool
    handoff_done: bool
    bot_failed: bool
    unanswered_questions: int
    week_hour: int


class Key(NamedTuple):
    """Which slice: of which stretch, and of which conversations in it."""

    place: int
    dimension: Dimension
    value: str


def count(rows: Sequence[Counted], dimensions: Collection[Dimension]) -> dict[Key, Slice]:
    """Return the slices that conversations add up to; a stretch without any has none."""
    if not rows:
        return {}
    entries = _entries(rows, dimensions)
    size = len(entries.keys)
    counts = np.stack(
        [
            np.bincount(entries.key, weights=measure[entries.owner], minlength=size)
            for measure in _measures(rows)
        ],
        axis=1,
    ).astype(np.int64)
    times = _times(rows, entries)
    people = _people(rows, entries)
    hours = _hours(rows, entries)
    return {
        key: Slice(counts[number], *times[number], people[number], hours[number])
        for key, number in entries.keys.items()
    }


@dataclass(frozen=True, slots=True)
class _Entries:
    """Which conversation (`owner`) counts in which slice (`key`), conversation by conversation."""

    keys: Mapping[Key, int]
    owner: Numbers
    key: Numbers
    each: Numbers


def _entries(rows: Sequence[Counted], dimensions: Collection[Dimension]) -> _Entries:
    # Plain tuples until the end: named ones take three times as long to make.
    keys: dict[tuple[int, Dimension, str], int] = {}
    found: list[int] = []
    each: list[int] = []
    of_one_value = [(one, _VALUES[one]) for one in _VALUES if one in dimensions]
    has_all, has_topics = Dimension.ALL in dimensions, Dimension.TOPIC in dimensions
    for row in rows:
        place = row.place
        own = [
            (place, dimension, value)
            for dimension, value_of in of_one_value
            if (value := value_of(row)) is not None
        ]
        if has_all:
            own.append((place, Dimension.ALL, ""))
        if has_topics and row.topics:
            own += [(place, Dimension.TOPIC, topic) for topic in dict.fromkeys(row.topics)]
        found += [keys.setdefault(key, len(keys)) for key in own]
        each.append(len(own))
    lengths = np.array(each, np.int64)
    owner = np.repeat(np.arange(len(rows)), lengths)
    named = {Key(*key): number for key, number in keys.items()}
    return _Entries(named, owner, np.array(found, np.int64), lengths)


_VALUES: Mapping[Dimension, Callable[[Counted], str | None]] = {
    Dimension.CHANNEL: attrgetter("channel"),
    Dimension.INTENT: attrgetter("intent"),
    Dimension.SENTIMENT: attrgetter("sentiment"),
    Dimension.LANGUAGE: attrgetter("language"),
}


def _measures(rows: Sequence[Counted]) -> list[Numbers]:
    """Return for each Measure, in their order, what each conversation adds to it."""
    contained = [row.outcome == Outcome.CONTAINED for row in rows]
    by_measure: dict[Measure, Sequence[Any]] = {
        Measure.CONVERSATIONS: [1] * len(rows),
        Measure.MESSAGES: [row.messages for row in rows],
        Measure.ENDED: [row.is_ended for row in rows],
        Measure.COMPLETED: [row.is_ended and row.is_completed for row in rows],
        Measure.DURATION_MS: [row.duration_ms for row in rows],
        Measure.RESPONSES: [row.responses for row in rows],
        Measure.RESPONSE_MS: [row.response_ms for row in rows],
        Measure.ANALYSED: [row.is_analysed for row in rows],
        Measure.ASSESSED: [row.outcome is not None for row in rows],
        Measure.HANDOFF_REQUESTED: [row.handoff_requested for row in rows],
        Measure.HANDOFF_DONE: [row.handoff_done for row in rows],
        Measure.CONTAINED: contained,
        Measure.CONFIRMED: [
            is_so and row.resolution == Resolution.CONFIRMED
            for row, is_so in zip(rows, contained, strict=True)
        ],
        Measure.SILENT: [
            is_so and row.resolution == Resolution.SILENT
            for row, is_so in zip(rows, contained, strict=True)
        ],
        Measure.BOT_FAILED: [row.bot_failed for row in rows],
        Measure.UNANSWERED_QUESTIONS: [row.unanswered_questions for row in rows],
        Measure.POSITIVE: [row.sentiment == Sentiment.POSITIVE for row in rows],
        Measure.NEUTRAL: [row.sentiment == Sentiment.NEUTRAL for row in rows],
        Measure.NEGATIVE: [row.sentiment == Sentiment.NEGATIVE for row in rows],
    }
    return [np.array(by_measure[measure], np.int64) for measure in Measure]


def _times(rows: Sequence[Counted], entries: _Entries) -> list[tuple[Numbers, Numbers]]:
    owner, code = _coded_times(rows)
    # Each time counts in every slice that its conversation counts in.
    repeated = entries.each[owner]
    first = np.cumsum(entries.each) - entries.each
    within = np.arange(repeated.sum()) - np.repeat(np.cumsum(repeated) - repeated, repeated)
    key = entries.key[np.repeat(first[owner], repeated) + within]
    # Counted over the few codes that occur, so that the table stays small.
    codes, place = np.unique(code, return_inverse=True)
    width = max(len(codes), 1)
    table = np.bincount(
        key * width + np.repeat(place, repeated), minlength=len(entries.keys) * width
    ).reshape(-1, width)
    found = []
    for row in table:
        present = np.flatnonzero(row)
        found.append((codes[present] if len(codes) else NO_NUMBERS, row[present]))
    return found


def _coded_times(rows: Sequence[Counted]) -> tuple[Numbers, Numbers]:
    """Return whose each time is, and its code."""
    waits = [(number, row.response_times) for number, row in enumerate(rows) if row.response_times]
    ended = [(number, row.duration_ms) for number, row in enumerate(rows) if row.is_ended]
    by_kind: dict[Timed, list[tuple[int, int]]] = {
        Timed.RESPONSE: [(number, wait) for number, all_of in waits for wait in all_of],
        Timed.FIRST_RESPONSE: [(number, all_of[0]) for number, all_of in waits],
        Timed.DURATION: ended,
        Timed.RESOLUTION: [it for it in ended if rows[it[0]].outcome == Outcome.CONTAINED],
    }
    owners, codes = [NO_NUMBERS], [NO_NUMBERS]
    for kind, times in by_kind.items():
        numbers = np.array(times, np.int64).reshape(-1, 2)
        owners.append(numbers[:, 0])
        codes.append(kind * BINS + bins(numbers[:, 1]))
    return np.concatenate(owners), np.concatenate(codes)


def _people(rows: Sequence[Counted], entries: _Entries) -> list[BitMap]:
    profiles = np.array([row.profile_id for row in rows], np.int64)
    order = np.argsort(entries.key, kind="stable")
    theirs = profiles[entries.owner[order]].tolist()
    ends = np.cumsum(np.bincount(entries.key, minlength=len(entries.keys))).tolist()
    return [BitMap(theirs[begin:end]) for begin, end in zip([0, *ends[:-1]], ends, strict=True)]


def _hours(rows: Sequence[Counted], entries: _Entries) -> list[Numbers]:
    hour = np.array([row.week_hour for row in rows], np.int64)
    size = len(entries.keys)
    table = np.bincount(entries.key * WEEK_HOURS + hour[entries.owner], minlength=size * WEEK_HOURS)
    return list(table.reshape(size, WEEK_HOURS))
