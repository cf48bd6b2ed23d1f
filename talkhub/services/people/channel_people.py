"""The people behind a channel's events, whichever of their ids an event tells.

A provider's ids are looked up in the order it gives them: on WhatsApp the business-scoped
id, then the number; then the id itself; last the phone, under which another channel may
know the person. A new id that names someone known begins as merged into them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from talkhub import clock
from talkhub.channels.base import Happening, MessageChange, NormalisedMessage, Sender
from talkhub.services.people.merging import (
    lock_key,
    merge_profiles,
    profile_lock_key,
    were_parted,
)
from talkhub.store.statements import people as statements
from talkhub.store.statements.locks import LOCK_ALL
from talkhub.store.uow import UnitOfWork

Identity: TypeAlias = tuple[str, str]

_COLUMNS = ("name", "phone", "email", "locale", "first", "last", "known_as")


@dataclass(frozen=True, slots=True)
class Sighting:
    """That an event told of a person at a time."""

    sender: Sender
    at: datetime

    @property
    def identities(self) -> tuple[Identity, ...]:
        """The ids that the provider vouches for, and last the phone, which it may only repeat."""
        phone = self.sender.phone
        is_known = phone is not None and phone.startswith("+")
        return (*self.sender.identities, *([("phone", str(phone))] if is_known else ()))


def sighting_of(happening: Happening | None) -> Sighting | None:
    """Return whom something that happened tells of, and as of when; changes tell of nobody."""
    match happening:
        case None | MessageChange():
            return None
        case NormalisedMessage(sender=sender, sent_at=at):
            return Sighting(sender, at)
    return Sighting(happening.sender, happening.at)


def lock_keys(uow: UnitOfWork, sightings: Iterable[Sighting]) -> set[str]:
    """Name the locks under which people are looked up and made."""
    keys: set[str] = set()
    for sighting in sightings:
        keys.add(lock_key(uow, sighting.sender.user_id))
        keys.update(
            f"identity:{uow.workspace_id}:{kind}:{value}" for kind, value in sighting.identities
        )
    return keys


def people_of(uow: UnitOfWork, sightings: Sequence[Sighting]) -> dict[str, int]:
    """Return the profile id of each sender, making the people who are new.

    The caller holds `lock_keys`; the people's own locks are taken here.
    """
    if not sightings:
        return {}
    people: dict[str, int] = {}
    waiting = list(sightings)
    while waiting:
        now, waiting = _without_common_ids(waiting)
        people |= _made(uow, now)
    # Looked up again under the locks: somebody may have merged them meanwhile.
    keys = sorted(profile_lock_key(uow, profile_id) for profile_id in set(people.values()))
    uow.run(LOCK_ALL, {"keys": keys})
    return _by_user_id(uow, people)


def _without_common_ids(
    sightings: Sequence[Sighting],
) -> tuple[list[Sighting], list[Sighting]]:
    """Return the sightings to look up now, and those that share an id with one of them.

    Of two new ids of one person the second must find the first.
    """
    now: list[Sighting] = []
    later: list[Sighting] = []
    owners: dict[Identity, str] = {}
    for sighting in sightings:
        user_id = sighting.sender.user_id
        if any(owners.get(known, user_id) != user_id for known in sighting.identities):
            later.append(sighting)
            continue
        owners |= dict.fromkeys(sighting.identities, user_id)
        now.append(sighting)
    return now, later


def _made(uow: UnitOfWork, sightings: Sequence[Sighting]) -> dict[str, int]:
    known = _known(uow, sightings)
    told: dict[str, dict[str, Any]] = {}
    identities: dict[str, dict[Identity, None]] = {}
    for sighting in sightings:
        _add_up(told, sighting)
        own = identities.setdefault(sighting.sender.user_id, {})
        own |= dict.fromkeys(sighting.identities)
    user_ids = sorted(told)
    for user_id in user_ids:
        told[user_id]["known_as"] = _first_known(known, user_id, identities[user_id])
    column = {name: [told[user_id][name] for user_id in user_ids] for name in _COLUMNS}
    params = {
        "workspace_id": uow.workspace_id,
        "now": clock.now(),
        "user_ids": user_ids,
        "names": column["name"],
        "phones": column["phone"],
        "emails": column["email"],
        "locales": column["locale"],
        "first": column["first"],
        "last": column["last"],
        "known_as": column["known_as"],
    }
    found = uow.run(statements.FIND_OR_MAKE_PEOPLE, params).mappings()
    rows = {row["user_id"]: row for row in found}
    _remember(uow, {rows[user_id]["id"]: ids for user_id, ids in identities.items()})
    people = {user_id: row["profile_id"] for user_id, row in rows.items()}
    _merge_proved(uow, sightings, people, known)
    return people


def _known(uow: UnitOfWork, sightings: Sequence[Sighting]) -> dict[Identity, int]:
    identities = sorted({known for sighting in sightings for known in sighting.identities})
    key = {
        "workspace_id": uow.workspace_id,
        "user_ids": sorted({sighting.sender.user_id for sighting in sightings}),
        "kinds": [kind for kind, _ in identities],
        "values": [value for _, value in identities],
    }
    rows = uow.run(statements.KNOWN_PEOPLE, key)
    return {(row[0], row[1]): row[2] for row in rows}


def _add_up(told: dict[str, dict[str, Any]], sighting: Sighting) -> None:
    sender = sighting.sender
    details = told.setdefault(
        sender.user_id,
        {"name": None, "phone": None, "email": None, "locale": None, "first": sighting.at},
    )
    details["first"] = min(details["first"], sighting.at)
    details["last"] = max(details.get("last", sighting.at), sighting.at)
    for name in ("name", "phone", "email", "locale"):
        details[name] = getattr(sender, name) or details[name]


def _first_known(
    known: Mapping[Identity, int], user_id: str, identities: Iterable[Identity]
) -> int | None:
    """Return whom a new id names by one of its identities; None for an id that is known."""
    if ("user_id", user_id) in known:
        return None
    return next((known[identity] for identity in identities if identity in known), None)


def _remember(uow: UnitOfWork, identities: Mapping[int, Iterable[Identity]]) -> None:
    rows = sorted((*known, row_id) for row_id, own in identities.items() for known in own)
    if rows:
        kinds, values, profile_ids = (list(column) for column in zip(*rows, strict=True))
        params = {"kinds": kinds, "values": values, "profile_ids": profile_ids}
        uow.run(statements.ADD_IDENTITIES, {"workspace_id": uow.workspace_id, **params})


def _merge_proved(
    uow: UnitOfWork,
    sightings: Sequence[Sighting],
    people: Mapping[str, int],
    known: Mapping[Identity, int],
) -> None:
    """Merge people of whom a provider now says that they are one.

    A phone alone proves nothing: it may be typed by anybody. Nor is anyone merged again
    whom somebody parted.
    """
    became: dict[int, int] = {}
    for sighting in sightings:
        ids = {known[each] for each in sighting.sender.identities if each in known}
        ids.add(people[sighting.sender.user_id])
        current = sorted({_followed(became, profile_id) for profile_id in ids})
        if len(current) > 1 and not were_parted(uow, current):
            kept, *absorbed = current
            uow.run(LOCK_ALL, {"keys": [profile_lock_key(uow, each) for each in current]})
            for profile_id in absorbed:
                merge_profiles(uow, kept_id=kept, absorbed_id=profile_id)
                became[profile_id] = kept


def _followed(became: Mapping[int, int], profile_id: int) -> int:
    while profile_id in became:
        profile_id = became[profile_id]
    return profile_id


def _by_user_id(uow: UnitOfWork, people: Mapping[str, int]) -> dict[str, int]:
    """Return the people as they stand now: some may have been merged since they were found."""
    key = {"workspace_id": uow.workspace_id, "user_ids": sorted(people), "kinds": [], "values": []}
    return {row[1]: row[2] for row in uow.run(statements.KNOWN_PEOPLE, key)}
