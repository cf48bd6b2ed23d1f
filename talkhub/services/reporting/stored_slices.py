"""Read the slices of the read model: those of all conversations, or of those that one filter lets.

What a filter leaves out is not read, and what it lets through is told as if it were everything.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple

import numpy as np
from pyroaring import BitMap

from talkhub.services.reporting.calendar_steps import Level, Span, joined, week_hour
from talkhub.services.reporting.slices import (
    NO_NUMBERS,
    SINGLE,
    WEEK_HOURS,
    Detail,
    Dimension,
    Slice,
    labelled,
)
from talkhub.services.reporting.wishes import Chosen, Wish
from talkhub.store.statements import bucket_stats as statements
from talkhub.store.uow import UnitOfWork


class NotStored(Exception):
    """A bucket does not tell what is asked: it was counted before this was kept, or never does."""


class Part(NamedTuple):
    """A slice of a bucket, or of several added up: then nobody knows when it begins.

    `conversations` stands alone, without a slice, where nothing else was asked for.
    """

    begins_at: datetime | None
    dimension: Dimension
    value: str
    conversations: int
    slice: Slice | None


def tells(chosen: Chosen, wish: Wish) -> bool:
    """Tell whether the slices that a filter chooses have what is wished for.

    Conversations of one topic may have others as well, of which its slices tell nothing.
    """
    return wish.full <= (SINGLE & {chosen.dimension}) | {Dimension.ALL}


def read_slices(
    uow: UnitOfWork, level: Level, spans: Sequence[Span], wish: Wish, chosen: Chosen | None = None
) -> tuple[list[Part], list[Span]]:
    """Return what the read model has of a level, and which of the stretches it has.

    Raises NotStored.
    """
    if not spans:
        return [], []
    statement = statements.READ_HOURS if level is Level.HOUR else statements.READ_MERGED
    stretches = joined(spans)
    params = {
        "workspace_id": uow.workspace_id,
        "level": level.value,
        "begins": [span.start for span in stretches],
        "ends": [span.end for span in stretches],
        "these": [span.start for span in spans],
        "until": [span.end for span in spans],
        "by_bucket": wish.step is not None,
        **_asked(wish, chosen),
    }
    parts: list[Part] = []
    covered: list[Span] = []
    for dimension, value, begins_at, ends_at, counts, *more in uow.read(statement, params):
        if ends_at is None:
            parts.append(Part(begins_at, Dimension(dimension), value, counts[0], None))
            continue
        if dimension == Dimension.ALL:
            covered.append(Span(begins_at, ends_at))
        one = _slice(counts, more)
        if level is Level.HOUR and Detail.HOURS in wish.details:
            one = _with_hour(one, begins_at, counts[0], wish)
        if chosen is None:
            parts.append(Part(begins_at, Dimension(dimension), value, counts[0], one))
        elif dimension == chosen.dimension:
            parts += _chosen(Part(begins_at, chosen.dimension, value, counts[0], one), wish)
    return parts, covered


def _asked(wish: Wish, chosen: Chosen | None) -> dict[str, object]:
    """Return which slices are read, and what of them, as the statements take it."""
    details = wish.details_as_params()
    if chosen is None:
        told = sorted(wish.told - wish.full)
        return {"full": sorted(wish.full), "values": None, "told": told, **details}
    return {
        "full": [Dimension.ALL, chosen.dimension],  # all, as they say which buckets there are
        "values": list(chosen.values),
        "told": [],
        **details,
        Detail.ALSO.value: _is_divided(wish, chosen.dimension),
    }


def _is_divided(wish: Wish, dimension: Dimension) -> bool:
    """Tell whether a filter's slices have to tell what they did not from the beginning."""
    return Detail.HOURS in wish.details or not wish.told <= SINGLE & {dimension}


def _chosen(part: Part, wish: Wish) -> Iterator[Part]:
    """Yield what a slice that a filter chose tells, as if there were no others."""
    if part.slice is None:
        return
    if part.slice.also is None and _is_divided(wish, part.dimension):
        raise NotStored
    yield part._replace(dimension=Dimension.ALL, value="")
    if part.dimension in wish.full | wish.told:
        yield part
    for name, conversations in (part.slice.also or {}).items():
        dimension, value = labelled(name)
        if dimension in wish.told:
            yield Part(part.begins_at, dimension, value, conversations, None)


def _slice(counts: list[int], columns: Sequence[Any]) -> Slice:
    codes, times, people, hours, also, also_counts = columns
    return Slice(
        np.array(counts, np.int64),
        NO_NUMBERS if codes is None else np.array(codes, np.int64),
        NO_NUMBERS if times is None else np.array(times, np.int64),
        BitMap() if people is None else BitMap.deserialize(bytes(people)),
        NO_NUMBERS if hours is None else np.array(hours, np.int64),
        None if also is None else dict(zip(also, also_counts or [], strict=True)),
    )


def _with_hour(of: Slice, begins_at: datetime, conversations: int, wish: Wish) -> Slice:
    """Return an hour's slice with its hours of the week, which are one."""
    hours = np.zeros(WEEK_HOURS, np.int64)
    hours[week_hour(begins_at, wish.zone)] = conversations
    return replace(of, hours=hours)
