"""One person who is known by several ids: merge their profiles, and part them again.

The absorbed profile stays as a row that points to the one that is kept, and its
conversations keep the id they were held under. So parting them loses nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from talkhub import clock
from talkhub.errors import Conflict, NotFound
from talkhub.names import Job
from talkhub.services.audit import audit
from talkhub.services.people.learning import settle_facts
from talkhub.store.statements import merging as statements
from talkhub.store.statements import profiles
from talkhub.store.statements.locks import LOCK_ALL
from talkhub.store.uow import UnitOfWork

_DETAILS = ("name", "phone", "email", "locale", "memory_opt_out")


def lock_key(uow: UnitOfWork, user_id: str) -> str:
    """Name the lock under which an id's messages are stored."""
    return f"person:{uow.workspace_id}:{user_id}"


def profile_lock_key(uow: UnitOfWork, profile_id: int) -> str:
    """Name the lock under which a person's sessions are written, whatever id is used."""
    return f"profile:{uow.workspace_id}:{profile_id}"


def merge_people(uow: UnitOfWork, user_id: str, *, into: str) -> None:
    """Make two ids one person, who keeps the profile of `into`. Merged ones stay so.

    Raises NotFound for an id that nobody has.
    """
    uow.run(LOCK_ALL, {"keys": sorted({lock_key(uow, user_id), lock_key(uow, into)})})
    absorbed, kept = (_profile(uow, each)["profile_id"] for each in (user_id, into))
    if absorbed == kept:
        return
    _lock_profiles(uow, [absorbed, kept])
    merge_profiles(uow, kept_id=kept, absorbed_id=absorbed)
    # By their numbers: the trail is never changed, and an id may be somebody's phone.
    audit(uow, action="profile.merged", subject=str(absorbed), address=None, detail={"into": kept})
    uow.ring(Job.DRAIN_STATS)


def part_people(uow: UnitOfWork, user_id: str) -> None:
    """Give an id its own profile back, with the conversations that were held under it.

    Raises NotFound for an id that nobody has, Conflict for one that was not merged.
    """
    uow.run(LOCK_ALL, {"keys": [lock_key(uow, user_id)]})
    found = _profile(uow, user_id)
    own_id, kept_id = found["id"], found["profile_id"]
    if own_id == kept_id:
        raise Conflict("This person was not merged into another.")
    _lock_profiles(uow, [own_id, kept_id])
    aliases = _aliases_at_merge(uow, own_id)
    params = {"workspace_id": uow.workspace_id, "now": clock.now()}
    user_ids = [user_id, *aliases]
    released = {**params, "id": own_id, "kept_id": kept_id, "user_ids": user_ids}
    uow.run(statements.RELEASE_ALIASES, released)
    _move(uow, from_id=kept_id, to_id=own_id, user_ids=user_ids)
    _take_details_back(uow, kept_id, user_id)
    _record(uow, own_id, "unmerge", {"merged_into": {"before": kept_id, "after": None}})
    audit(uow, action="profile.parted", subject=str(own_id), address=None)
    uow.ring(Job.DRAIN_STATS)


def were_parted(uow: UnitOfWork, profile_ids: Sequence[int]) -> bool:
    """Tell whether somebody parted one of these people by hand."""
    key = {"workspace_id": uow.workspace_id, "ids": list(profile_ids)}
    parted: bool = uow.run(statements.WAS_PARTED, key).scalar_one()
    return parted


def merge_profiles(uow: UnitOfWork, *, kept_id: int, absorbed_id: int) -> None:
    """Let one profile point to another and hand its conversations over. Both are locked."""
    key = {"workspace_id": uow.workspace_id, "ids": [kept_id, absorbed_id]}
    rows = {row["id"]: dict(row) for row in uow.run(statements.LOCK_PROFILES, key).mappings()}
    kept, absorbed = rows[kept_id], rows[absorbed_id]
    params = {"workspace_id": uow.workspace_id, "now": clock.now()}
    pointed = uow.run(
        statements.POINT_ALIASES, {**params, "kept_id": kept_id, "absorbed_id": absorbed_id}
    )
    user_ids = sorted(row[0] for row in pointed)
    _move(uow, from_id=absorbed_id, to_id=kept_id, user_ids=user_ids)
    filled = _filled(kept, absorbed)
    if filled:
        details = {name: filled.get(name, kept[name]) for name in _DETAILS}
        uow.run(statements.WRITE_DETAILS, {**params, "id": kept_id, **details})
    changes = {name: {"before": kept[name], "after": filled[name]} for name in filled}
    changes["merged"] = {"before": None, "after": absorbed["user_id"]}
    _record(uow, kept_id, "merge", changes)
    aliases = [user_id for user_id in user_ids if user_id != absorbed["user_id"]]
    pointer = {"merged_into": {"before": None, "after": kept_id}}
    _record(uow, absorbed_id, "merge", {**pointer, "aliases": {"before": aliases, "after": None}})


def _filled(kept: Mapping[str, Any], absorbed: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the kept profile takes over: details it lacks, and a refused memory."""
    # Whoever refused the memory under one id refused it for what they said under it.
    return {name: absorbed[name] for name in _DETAILS if absorbed[name] and not kept[name]}


def _profile(uow: UnitOfWork, user_id: str) -> Any:
    key = {"workspace_id": uow.workspace_id, "user_id": user_id}
    found = uow.run(statements.PROFILE_OF_USER, key).mappings().first()
    if found is None:
        raise NotFound("There is no such person.")
    return found


def _lock_profiles(uow: UnitOfWork, profile_ids: Sequence[int]) -> None:
    uow.run(LOCK_ALL, {"keys": sorted(profile_lock_key(uow, each) for each in profile_ids)})


def _move(uow: UnitOfWork, *, from_id: int, to_id: int, user_ids: list[str]) -> None:
    key = {"workspace_id": uow.workspace_id, "user_ids": user_ids}
    uow.run(statements.MOVE_CONVERSATIONS, {**key, "from_id": from_id, "to_id": to_id})
    settle_facts(uow, [from_id, to_id])


def _aliases_at_merge(uow: UnitOfWork, own_id: int) -> list[str]:
    """Return the ids that pointed to a profile when it was merged: they go back with it."""
    key = {"workspace_id": uow.workspace_id, "id": own_id, "member": "aliases"}
    changes: Any = uow.run(statements.LAST_MERGE, key).scalar()
    return [] if changes is None else list(changes["aliases"]["before"])


def _take_details_back(uow: UnitOfWork, kept_id: int, user_id: str) -> None:
    """Remove what the merge filled in, where it still stands as it was filled in."""
    key = {"workspace_id": uow.workspace_id, "id": kept_id, "member": "merged"}
    changes: Any = uow.run(statements.LAST_MERGE, key).scalar()
    if changes is None or changes["merged"]["after"] != user_id:
        return
    rows = uow.run(statements.LOCK_PROFILES, {**key, "ids": [kept_id]}).mappings().one()
    details = {
        name: changes[name]["before"]
        if name in changes and changes[name]["after"] == rows[name]
        else rows[name]
        for name in _DETAILS
    }
    uow.run(statements.WRITE_DETAILS, {**key, **details, "now": clock.now()})


def _record(uow: UnitOfWork, profile_id: int, source: str, changes: dict[str, Any]) -> None:
    params = {"workspace_id": uow.workspace_id, "profile_id": profile_id, "source": source}
    uow.run(profiles.RECORD_CHANGE, {**params, "changes": uow.json(changes)})
