"""When a year's conversations begin and whose they are: the same for the same seed, in portions.

There are busy hours and quiet weekends, a company that grows, people who come often and others who
come once, and wishes that change in the course of the year.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from talkhub.demo.scripts import Script
from talkhub.names import Platform
from talkhub.store.copying import escaped

PORTION = 10_000
"""Conversations that are made together; which ones they are follows from the portion alone."""

PEOPLE_OF = 10
"""Conversations of a person on average; the busiest have hundreds."""

_HOUR = timedelta(hours=1)
_WEEK = (1.15, 1.1, 1.05, 1.0, 1.0, 0.6, 0.4)
"""How busy a day is, from Monday on."""
_CHANNELS = (
    *(Platform.WHATSAPP,) * 10,
    *(Platform.INSTAGRAM,) * 4,
    *(Platform.TELEGRAM,) * 2,
    *(Platform.MESSENGER,) * 2,
    *(Platform.UCHAT, Platform.API),
)
_ELSEWHERE = 0.1
"""The share of conversations on another channel than the person's usual one."""

Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Plan:
    """What all conversations follow from; they begin between `first` and `last`."""

    conversations: int
    seed: int
    first: datetime
    last: datetime
    zone: ZoneInfo
    busy_hours: tuple[int, ...]

    @property
    def people(self) -> int:
        """How many people there are."""
        return max(self.conversations // PEOPLE_OF, 1)


class Year:
    """The conversations of a plan, as lines to copy."""

    def __init__(self, plan: Plan, scripts: Sequence[Script]) -> None:
        self._plan = plan
        self._scripts = scripts
        self._edges, self._share_before = _hours(plan)

    def lines(self, start: int, profile_ids: Sequence[int]) -> Iterator[str]:
        """Yield the portion that begins with conversation `start`, one line for each.

        `profile_ids` are the people, by their number.
        """
        plan = self._plan
        chance = np.random.default_rng([plan.seed, start])
        numbers = np.arange(start, min(start + PORTION, plan.conversations))
        size = len(numbers)
        progress = (numbers + chance.random(size)) / plan.conversations
        began = np.interp(progress, self._share_before, self._edges).astype(np.int64)
        # Who is there has grown since the first day, and a few of them come again and again.
        known = plan.people * (0.15 + 0.85 * progress)
        people = (known * chance.random(size) ** 2).astype(np.int64)
        strays = np.where(chance.random(size) < _ELSEWHERE, chance.integers(1, 20, size), 0)
        channels = (people * 7919 + strays) % len(_CHANNELS)
        mix = (chance.random(size) ** 1.3 + 0.25 * progress) % 1
        scripts = (mix * len(self._scripts)).astype(np.int64)
        paces = chance.lognormal(0, 0.6, size)
        for number in np.unique(scripts).tolist():
            (chosen,) = np.nonzero(scripts == number)
            told = _told(self._scripts[number], began[chosen], paces[chosen])
            facts = zip(
                numbers[chosen].tolist(),
                people[chosen].tolist(),
                channels[chosen].tolist(),
                told,
                strict=True,
            )
            for conversation, person, channel, line in facts:
                platform = _CHANNELS[channel].value
                whose = f"{person}\t{profile_ids[person]}\t{platform}"
                yield f"{conversation}\t{number}\t{whose}\t{line}\n"


def _hours(plan: Plan) -> tuple[Numbers, NDArray[np.float64]]:
    """Return the plan's hours in seconds, and which share of all conversations begins before."""
    count = int((plan.last - plan.first) / _HOUR)
    chance = random.Random(f"{plan.seed}:hours")  # noqa: S311 -- it is to be foreseen
    weights = []
    for place in range(count):
        local = (plan.first + place * _HOUR).astimezone(plan.zone)
        growth = 0.6 + 0.8 * place / count
        busy = plan.busy_hours[local.hour] + 0.2
        weights.append(busy * _WEEK[local.weekday()] * growth * chance.uniform(0.8, 1.25))
    edges = int(plan.first.timestamp()) + 3600 * np.arange(count + 1)
    before = np.concatenate([[0], np.cumsum(weights)])
    return edges, before / before[-1]


def _told(script: Script, began: Numbers, paces: NDArray[np.float64]) -> Iterator[str]:
    """Yield the columns of a script's conversations that depend on their times."""
    seconds = np.rint(script.seconds * paces[:, None]).astype(np.int64)
    moments = _written(began[:, None] + seconds)
    waits = (seconds[:, script.answers] - seconds[:, script.asked]) * 1000
    template = escaped(script.template)
    for at, since, waited in zip(moments, seconds.tolist(), waits.tolist(), strict=True):
        yield "\t".join(
            (at[0], at[-1], _array(since), _array(waited), template % tuple(at)),
        )


def _written(seconds: Numbers) -> list[list[str]]:
    """Return moments as the service writes them."""
    written = np.char.add(np.datetime_as_string(seconds.astype("M8[s]")), "Z")
    texts: list[list[str]] = written.tolist()
    return texts


def _array(numbers: Sequence[int]) -> str:
    return f"{{{str(numbers)[1:-1]}}}"
