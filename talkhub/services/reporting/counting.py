"""Count conversations: from their rows to slices, by stretch of time and by what they are.

Pure. The one place that says which conversation counts towards what. Everything is counted column
by column: a million conversations take seconds.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
from pyroaring import BitMap

from talkhub.names import Outcome, Resolution, Sentiment
from talkhub.services.reporting.slices import (
    BINS,
    DIVIDING,
    NO_NUMBERS,
    SINGLE,
    WEEK_HOURS,
    Dimension,
    Measure,
    Numbers,
    Slice,
    Timed,
    bins,
    label,
)


class Counted(NamedTuple):
    """Conversations as they are counted, a column each; `place` says in which stretch they began.

    `response_times` are in milliseconds, one for each answer, None before the first analysis;
    `outcome` and what follows are None or False as long as nobody knows how it went.
    """

    place: Sequence[int]
    profile_id: Sequence[int]
    channel: Sequence[str]
    intent: Sequence[str | None]
    sentiment: Sequence[str | None]
    language: Sequence[str | None]
    topics: Sequence[Sequence[str]]
    messages: Sequence[int]
    is_ended: Sequence[bool]
    is_completed: Sequence[bool]
    duration_ms: Sequence[int]
    responses: Sequence[int]
    response_ms: Sequence[int]
    response_times: Sequence[Sequence[int] | None]
    is_analysed: Sequence[bool]
    outcome: Sequence[str | None]
    resolution: Sequence[str | None]
    handoff_requested: Sequence[bool]
    handoff_done: Sequence[bool]
    bot_failed: Sequence[bool]
    unanswered_questions: Sequence[int]
    week_hour: Sequence[int]


class Key(NamedTuple):
    """Which slice: of which stretch, and of which conversations in it."""

    place: int
    dimension: Dimension
    value: str


def count(
    rows: Collection[Sequence[Any]], dimensions: Collection[Dimension], *, are_divided: bool = False
) -> dict[Key, Slice]:
    """Return the slices that conversations add up to; a stretch without any has none.

    The rows have the columns of Counted. Slices have what their conversations also are if they
    `are_divided`.
    """
    if not rows:
        return {}
    of = Counted(*zip(*rows, strict=True))
    entries = _entries(of, dimensions)
    size = len(entries.keys)
    counts = np.stack(
        [
            np.bincount(entries.key, weights=measure[entries.owner], minlength=size)
            for measure in _measures(of)
        ],
        axis=1,
    ).astype(np.int64)
    times = _times(of, entries)
    people = _people(of, entries)
    hours = _hours(of, entries)
    also = _also(entries) if are_divided else [None] * size
    return {
        key: Slice(counts[number], *times[number], people[number], hours[number], also[number])
        for number, key in enumerate(entries.keys)
    }


@dataclass(frozen=True, slots=True)
class _Entries:
    """Which conversation (`owner`) counts in which slice (`key`), conversation by conversation.

    `each` says in how many slices each counts.
    """

    keys: Sequence[Key]
    owner: Numbers
    key: Numbers
    each: Numbers

    def of(self, owner: Numbers) -> tuple[Numbers, Numbers]:
        """Return the slices of conversations one after the other, and the place of each in them."""
        repeated = self.each[owner]
        first = np.cumsum(self.each) - self.each
        within = np.arange(repeated.sum()) - np.repeat(np.cumsum(repeated) - repeated, repeated)
        key = self.key[np.repeat(first[owner], repeated) + within]
        return key, np.repeat(np.arange(len(owner)), repeated)


def _entries(of: Counted, dimensions: Collection[Dimension]) -> _Entries:
    place = np.array(of.place, np.int64)
    keys: list[Key] = []
    owners, found = [NO_NUMBERS], [NO_NUMBERS]
    for dimension, owner, values in _values(of, dimensions):
        # A value's number, and with it the slice's: the stretch times all values, plus the value.
        known: dict[str, int] = {}
        numbers = [known.setdefault(value, len(known)) for value in values]
        width = max(len(known), 1)
        slices, key = np.unique(place[owner] * width + numbers, return_inverse=True)
        names = list(known)
        owners.append(owner)
        found.append(key + len(keys))
        keys += [Key(one // width, dimension, names[one % width]) for one in slices.tolist()]
    owner, key = np.concatenate(owners), np.concatenate(found)
    order = np.argsort(owner, kind="stable")
    return _Entries(keys, owner[order], key[order], np.bincount(owner, minlength=len(place)))


def _values(
    of: Counted, dimensions: Collection[Dimension]
) -> Iterator[tuple[Dimension, Numbers, Sequence[str]]]:
    """Yield each dimension with the conversations that have a value in it, and the values."""
    everybody = np.arange(len(of.place))
    if Dimension.ALL in dimensions:
        yield Dimension.ALL, everybody, [""] * len(everybody)
    columns: Mapping[Dimension, Sequence[str | None]] = {
        Dimension.CHANNEL: of.channel,
        Dimension.INTENT: of.intent,
        Dimension.SENTIMENT: of.sentiment,
        Dimension.LANGUAGE: of.language,
    }
    for dimension, column in columns.items():
        if dimension in dimensions:
            present = np.array([value is not None for value in column])
            yield dimension, everybody[present], [value for value in column if value is not None]
    if Dimension.TOPIC in dimensions:
        # A topic that is named twice counts once.
        topics = [dict.fromkeys(named) if named else () for named in of.topics]
        owner = np.repeat(everybody, [len(named) for named in topics])
        yield Dimension.TOPIC, owner, list(chain.from_iterable(topics))


def _measures(of: Counted) -> list[Numbers]:
    """Return for each Measure, in their order, what each conversation adds to it."""
    is_ended = np.array(of.is_ended, bool)
    contained = _equal(of.outcome, Outcome.CONTAINED)
    by_measure: dict[Measure, Any] = {
        Measure.CONVERSATIONS: np.ones(len(of.place)),
        Measure.MESSAGES: of.messages,
        Measure.ENDED: is_ended,
        Measure.COMPLETED: is_ended & np.array(of.is_completed, bool),
        Measure.DURATION_MS: of.duration_ms,
        Measure.RESPONSES: of.responses,
        Measure.RESPONSE_MS: of.response_ms,
        Measure.ANALYSED: of.is_analysed,
        Measure.ASSESSED: [outcome is not None for outcome in of.outcome],
        Measure.HANDOFF_REQUESTED: of.handoff_requested,
        Measure.HANDOFF_DONE: of.handoff_done,
        Measure.CONTAINED: contained,
        Measure.CONFIRMED: contained & _equal(of.resolution, Resolution.CONFIRMED),
        Measure.SILENT: contained & _equal(of.resolution, Resolution.SILENT),
        Measure.BOT_FAILED: of.bot_failed,
        Measure.UNANSWERED_QUESTIONS: of.unanswered_questions,
        Measure.POSITIVE: _equal(of.sentiment, Sentiment.POSITIVE),
        Measure.NEUTRAL: _equal(of.sentiment, Sentiment.NEUTRAL),
        Measure.NEGATIVE: _equal(of.sentiment, Sentiment.NEGATIVE),
    }
    return [np.array(by_measure[measure], np.int64) for measure in Measure]


def _equal(column: Sequence[str | None], value: str) -> Numbers:
    # Compared as plain text, which takes a fraction of comparing with the enum.
    text = str(value)
    return np.array([one == text for one in column], bool)


def _times(of: Counted, entries: _Entries) -> list[tuple[Numbers, Numbers]]:
    """Return for each slice the codes of its times, and how many have each."""
    owner, code = _coded_times(of)
    # Each time counts in every slice that its conversation counts in.
    key, whose = entries.of(owner)
    # Counted over the few codes that occur, so that the table stays small.
    codes, place = np.unique(code, return_inverse=True)
    size, width = len(entries.keys), max(len(codes), 1)
    cells = key * width + place[whose]
    table = np.bincount(cells, minlength=size * width)
    present = np.flatnonzero(table)
    ends = np.searchsorted(present, np.arange(1, size + 1) * width).tolist()
    named, times = codes[present % width] if len(codes) else NO_NUMBERS, table[present]
    return [(named[a:b], times[a:b]) for a, b in zip([0, *ends[:-1]], ends, strict=True)]


def _coded_times(of: Counted) -> tuple[Numbers, Numbers]:
    """Return whose each time is, and its code."""
    everybody = np.arange(len(of.place))
    lengths = np.array([len(waits) if waits else 0 for waits in of.response_times], np.int64)
    waits = np.array(list(chain.from_iterable(filter(None, of.response_times))), np.int64)
    firsts = (np.cumsum(lengths) - lengths)[lengths > 0]
    is_ended = np.array(of.is_ended, bool)
    durations = np.array(of.duration_ms, np.int64)
    is_resolved = is_ended & _equal(of.outcome, Outcome.CONTAINED)
    by_kind: dict[Timed, tuple[Numbers, Numbers]] = {
        Timed.RESPONSE: (np.repeat(everybody, lengths), waits),
        Timed.FIRST_RESPONSE: (everybody[lengths > 0], waits[firsts]),
        Timed.DURATION: (everybody[is_ended], durations[is_ended]),
        Timed.RESOLUTION: (everybody[is_resolved], durations[is_resolved]),
    }
    owners = [owner for owner, _ in by_kind.values()]
    codes = [kind * BINS + bins(times) for kind, (_, times) in by_kind.items()]
    return np.concatenate(owners), np.concatenate(codes)


def _people(of: Counted, entries: _Entries) -> list[BitMap]:
    profiles = np.array(of.profile_id, np.uint32)
    order = np.argsort(entries.key, kind="stable")
    theirs = profiles[entries.owner[order]]
    ends = np.cumsum(np.bincount(entries.key, minlength=len(entries.keys))).tolist()
    return [BitMap(theirs[begin:end]) for begin, end in zip([0, *ends[:-1]], ends, strict=True)]


def _hours(of: Counted, entries: _Entries) -> list[Numbers]:
    hour = np.array(of.week_hour, np.int64)
    size = len(entries.keys)
    table = np.bincount(entries.key * WEEK_HOURS + hour[entries.owner], minlength=size * WEEK_HOURS)
    return list(table.reshape(size, WEEK_HOURS))


def _also(entries: _Entries) -> list[dict[str, int] | None]:
    """Return for each slice how many of its conversations are also of which other values."""
    dimensions = [key.dimension for key in entries.keys]
    is_divided = np.array([one in SINGLE for one in dimensions], bool)
    divides = np.array([one in DIVIDING for one in dimensions], bool)
    other, place = entries.of(entries.owner)
    one = entries.key[place]
    is_told = is_divided[one] & divides[other] & (one != other)
    size = len(entries.keys)
    pairs, times = np.unique(one[is_told] * size + other[is_told], return_counts=True)
    labels = [label(key.dimension, key.value) for key in entries.keys]
    found: list[dict[str, int]] = [{} for _ in range(size)]
    for pair, count_of_pair in zip(pairs.tolist(), times.tolist(), strict=True):
        found[pair // size][labels[pair % size]] = count_of_pair
    return [
        None if dimension is Dimension.TOPIC else also
        for dimension, also in zip(dimensions, found, strict=True)
    ]
