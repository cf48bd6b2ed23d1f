"""Slices of what conversations add up to: counts, times and people, which can be merged.

Pure: no database, no clock. A slice is of a stretch of time and of all its conversations, or of
those of one channel, intent, sentiment, language or topic. What each number means stands in
docs/metrics.md.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from pyroaring import BitMap

Numbers = NDArray[np.int64]

WEEK_HOURS = 7 * 24
"""The hours of a week, from Sunday's first on."""


class Dimension(StrEnum):
    """What conversations are told apart by when they are counted; ALL tells none apart."""

    ALL = "all"
    CHANNEL = "channel"
    INTENT = "intent"
    SENTIMENT = "sentiment"
    LANGUAGE = "language"
    TOPIC = "topic"


class Measure(IntEnum):
    """What is counted; the value is its place in `bucket_stats.counts`, from nought."""

    CONVERSATIONS = 0
    MESSAGES = 1
    ENDED = 2
    COMPLETED = 3
    DURATION_MS = 4
    RESPONSES = 5
    RESPONSE_MS = 6
    ANALYSED = 7
    ASSESSED = 8
    HANDOFF_REQUESTED = 9
    HANDOFF_DONE = 10
    CONTAINED = 11
    CONFIRMED = 12
    SILENT = 13
    BOT_FAILED = 14
    UNANSWERED_QUESTIONS = 15
    POSITIVE = 16
    NEUTRAL = 17
    NEGATIVE = 18


class Timed(IntEnum):
    """Of which times the distribution is kept."""

    RESPONSE = 0
    FIRST_RESPONSE = 1
    DURATION = 2
    RESOLUTION = 3


class Detail(StrEnum):
    """What of a slice takes time to read, and is left out where nobody asks for it.

    COURSE are the counts that say how conversations went; buckets have them in any case. ALSO is
    how a slice's conversations are divided by something else.
    """

    TIMES = "times"
    PEOPLE = "people"
    HOURS = "hours"
    COURSE = "course"
    ALSO = "also"


ALL_DETAILS = frozenset(Detail)

SINGLE = frozenset({Dimension.CHANNEL, Dimension.INTENT, Dimension.SENTIMENT, Dimension.LANGUAGE})
"""Of these a conversation has one value at most. Their slices are kept with what their
conversations also are; topics have as many slices as all of these together."""

DIVIDING = frozenset({Dimension.CHANNEL, Dimension.INTENT, Dimension.LANGUAGE, Dimension.TOPIC})
"""What the conversations of a slice are divided by; of moods its counts tell already."""


BINS = 512
_GROWTH = 1.05
_LOG_GROWTH = math.log(_GROWTH)


@dataclass(frozen=True, slots=True)
class Slice:
    """Counts by Measure, how many times fell into which bin, and who the people are.

    A time's code is its kind times BINS plus its bin, which is 5 % wide: a quantile is at most
    2.5 % off. `hours` has the conversations by hour of the week; it is empty where nobody asked.
    `also` has how many of one value's are also of another one, by its `label`; None where nobody
    asked, of topics, or where they were counted before this was kept.
    """

    counts: Numbers
    codes: Numbers
    times: Numbers
    people: BitMap
    hours: Numbers
    also: Mapping[str, int] | None = None

    def __getitem__(self, measure: Measure) -> int:
        """Return one count."""
        return int(self.counts[measure])


NO_NUMBERS: Numbers = np.zeros(0, np.int64)
NOTHING = Slice(np.zeros(len(Measure), np.int64), NO_NUMBERS, NO_NUMBERS, BitMap(), NO_NUMBERS)


def label(dimension: Dimension, value: str) -> str:
    """Return what the conversations of a value are called in `Slice.also`."""
    return f"{dimension.value}:{value}"


@lru_cache(maxsize=4096)  # the same few again and again
def labelled(name: str) -> tuple[Dimension, str]:
    """Return the dimension and the value of a label."""
    dimension, _, value = name.partition(":")
    return Dimension(dimension), value


def bins(milliseconds: Numbers) -> Numbers:
    """Return which bin each time falls into; the first one is for no time at all."""
    grown = np.floor(np.log(np.maximum(milliseconds, 1)) / _LOG_GROWTH) + 1
    return np.minimum(np.where(milliseconds < 1, 0, grown), BINS - 1).astype(np.int64)


def merged(slices: Sequence[Slice]) -> Slice:
    """Return what slices of different stretches add up to; a person in several is one."""
    if len(slices) < 2:
        return slices[0] if slices else NOTHING
    codes, times = added(
        np.concatenate([one.codes for one in slices]), np.concatenate([one.times for one in slices])
    )
    return Slice(
        counts=np.sum([one.counts for one in slices], axis=0),
        codes=codes,
        times=times,
        people=BitMap.union(*(one.people for one in slices)),
        hours=_sum_of_hours(one.hours for one in slices),
        also=_sum_of_also([one.also for one in slices]),
    )


def added(codes: Numbers, times: Numbers) -> tuple[Numbers, Numbers]:
    """Return each code once, with what its numbers add up to."""
    if not len(codes):
        return codes, times
    dense = np.bincount(codes, weights=times)
    present = np.flatnonzero(dense)
    return present, dense[present].astype(np.int64)


def quantile(of: Slice, kind: Timed, share: float) -> float | None:
    """Return the seconds that `share` of the times do not exceed; None without any."""
    is_kind = of.codes // BINS == kind
    times = of.times[is_kind]
    total = int(times.sum())
    if not total:
        return None
    rank = max(math.ceil(share * total), 1)
    code = of.codes[is_kind][np.searchsorted(np.cumsum(times), rank)]
    place = int(code) % BINS
    return _GROWTH ** (place - 0.5) / 1000 if place else 0.0


def count_of(of: Slice, kind: Timed) -> int:
    """Return how many times of a kind there are."""
    return int(of.times[of.codes // BINS == kind].sum())


def _sum_of_hours(hours: Iterable[Numbers]) -> Numbers:
    known = [one for one in hours if len(one)]
    return np.sum(known, axis=0) if known else NO_NUMBERS


def _sum_of_also(told: Sequence[Mapping[str, int] | None]) -> Mapping[str, int] | None:
    found: Counter[str] = Counter()
    for one in told:
        if one is None:
            return None
        found.update(one)
    return found
