"""Who says what and when: for one seed and one day the same, however often it is asked.

Everybody keeps to an hour of their own, so that each person is heard exactly once within the
last 24 hours; in the weeks before, everybody comes back every few days.
"""

from __future__ import annotations

import hashlib
import random
import unicodedata
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from talkhub.demo.payloads import Line, Person
from talkhub.demo.stories import Content, Story
from talkhub.names import MessageRole, Platform

DAYS_BEFORE = 27
DAYS_BETWEEN_VISITS = 5
_EARLIER = timedelta(hours=3)
"""How long before the usual hour earlier visits come: what follows within a day is one session."""
_SATURDAY = 5
_PHONES = 10_000

# Only UChat and our own API tell what bot and agents answered.
_PLATFORMS = (
    *(Platform.UCHAT, Platform.WHATSAPP, Platform.UCHAT, Platform.API, Platform.UCHAT),
    *(Platform.TELEGRAM, Platform.UCHAT, Platform.WHATSAPP, Platform.API, Platform.UCHAT),
)
_TELLS_ANSWERS = {Platform.UCHAT, Platform.API}

_PAUSES = {
    MessageRole.USER: (15, 150),
    MessageRole.BOT: (2, 9),
    MessageRole.AGENT: (40, 240),
    MessageRole.SYSTEM: (1, 2),
}
"""Seconds before someone writes, at least and at most."""


@dataclass(frozen=True, slots=True)
class Play:
    """A person's conversation, as far as it has come."""

    id: str
    person: Person
    platform: Platform
    lines: tuple[Line, ...]
    is_over: bool


@dataclass(frozen=True, slots=True)
class Cast:
    """What all plays follow from."""

    content: Content
    seed: int
    people: int
    zone: ZoneInfo


def acts(cast: Cast, now: datetime) -> list[list[Play]]:
    """Return all plays that began by now, in acts: nobody is in an act twice.

    Act after act, each person's messages arrive in the order in which they were written.
    """
    visits = [
        # The API is told of a conversation when it is over.
        [play for play in _visits(cast, n, now) if play.is_over or play.platform != Platform.API]
        for n in range(cast.people)
    ]
    count = max((len(plays) for plays in visits), default=0)
    # Counted from the end, so that the last act is the last 24 hours.
    return [
        [plays[-place] for plays in visits if place <= len(plays)] for place in range(count, 0, -1)
    ]


def _visits(cast: Cast, number: int, now: datetime) -> Iterator[Play]:
    """Yield the plays of one of the cast, the oldest first."""
    today = now.astimezone(cast.zone).date()
    usual = _usual_time(cast, number)
    is_today = datetime.combine(today, usual, cast.zone) <= now
    last = today if is_today else today - timedelta(days=1)
    oldest = today - timedelta(days=DAYS_BEFORE)
    for age in range((last - oldest).days, 0, -1):
        day = last - timedelta(days=age)
        is_due = (day.toordinal() + number) % DAYS_BETWEEN_VISITS == 0
        if is_due and (day.weekday() < _SATURDAY or number % 2):
            began_at = datetime.combine(day, usual, cast.zone) - _EARLIER
            yield _play(_Visit(cast, number, day, began_at), now)
    yield _play(_Visit(cast, number, last, datetime.combine(last, usual, cast.zone)), now)


@dataclass(frozen=True, slots=True)
class _Visit:
    cast: Cast
    number: int
    day: date
    began_at: datetime

    @property
    def seed(self) -> str:
        return f"{self.cast.seed}:{self.day}:{self.number}"


def _play(visit: _Visit, now: datetime) -> Play:
    person = _person(visit.cast, visit.number)
    platform = _PLATFORMS[visit.number % len(_PLATFORMS)]
    lines = [
        line
        for line in _lines(visit, person)
        if line.role == MessageRole.USER or platform in _TELLS_ANSWERS
    ]
    return Play(
        id=_id(visit.seed),
        person=person,
        platform=platform,
        lines=tuple(line for line in lines if line.sent_at <= now),
        is_over=lines[-1].sent_at <= now,
    )


def _lines(visit: _Visit, person: Person) -> Iterator[Line]:
    chance = random.Random(visit.seed)  # noqa: S311 -- it is to be foreseen
    gaps = {name: chance.choice(values) for name, values in visit.cast.content.values.items()}
    gaps |= {
        "nome": person.name.split()[0],
        "email": person.email,
        "pedido": str(chance.randint(10_000, 99_999)),
    }
    sent_at = visit.began_at
    previous: MessageRole | None = None
    for place, (role, text) in enumerate(_story(visit).lines):
        if previous is not None:
            pause = chance.uniform(*_PAUSES[role])
            sent_at += timedelta(seconds=round(pause / 3 if role == previous else pause))
        previous = role
        yield Line(_id(visit.seed, place), person, role, text.format_map(gaps), sent_at)


def _story(visit: _Visit) -> Story:
    """Deal the stories anew each day: none comes twice before all have come."""
    stories = visit.cast.content.stories
    chance = random.Random(f"{visit.cast.seed}:{visit.day}")  # noqa: S311 -- likewise
    return chance.sample(stories, len(stories))[visit.number % len(stories)]


def _person(cast: Cast, number: int) -> Person:
    content = cast.content
    first_name = content.first_names[number % len(content.first_names)]
    # The two lists' lengths have no common divisor, so no full name comes twice.
    last_name = content.last_names[7 * number % len(content.last_names)]
    phone_number = (zlib.crc32(str(cast.seed).encode()) + number) % _PHONES
    return Person(
        number=phone_number,
        name=f"{first_name} {last_name}",
        phone=f"+551190000{phone_number:04}",
        email=f"{_plain(first_name)}.{_plain(last_name)}@example.com",
    )


def _plain(name: str) -> str:
    return unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()


def _usual_time(cast: Cast, number: int) -> time:
    chance = random.Random(f"{cast.seed}:{number}")  # noqa: S311 -- likewise
    hour = chance.choices(range(24), cast.content.hours)[0]
    return time(hour, chance.randrange(60), chance.randrange(60))


def _id(*parts: object) -> str:
    return hashlib.sha256(":".join(map(str, parts)).encode()).hexdigest()[:20]
