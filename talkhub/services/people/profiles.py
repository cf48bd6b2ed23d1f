"""A person's profile: tell it; merge what is given, keep what changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from talkhub import clock
from talkhub.errors import NotFound
from talkhub.services.masking import as_stored, name_as_stored
from talkhub.services.talking.transcripts import format_time
from talkhub.services.talking.user_ids import find_or_make_person
from talkhub.services.telling import outbound
from talkhub.services.telling.crm import tell_crms_of_change
from talkhub.store.statements import profiles as statements
from talkhub.store.statements.context import EMPTY_STATS
from talkhub.store.uow import UnitOfWork

PLAIN_FIELDS = ("name", "phone", "email", "locale", "timezone", "memory_opt_out")
"""Fields that a given value replaces and that null removes."""

_SHOWN = ("user_id", *PLAIN_FIELDS, "preferences", "tags", "custom")


def find_profile(uow: UnitOfWork, user_id: str) -> dict[str, Any]:
    """Return a person's profile; raises NotFound.

    Of a person who opted out of the memory the statistics are empty.
    """
    key = {"workspace_id": uow.workspace_id, "user_id": user_id}
    row = uow.run(statements.FIND_PROFILE, key).mappings().first()
    if row is None:
        raise NotFound("There is no such person.")
    stats = {} if row["memory_opt_out"] else row["interaction_stats"]
    return _told({**row, "interaction_stats": stats})


def update_profile(
    uow: UnitOfWork, user_id: str, given: dict[str, Any], *, source: str
) -> dict[str, Any]:
    """Merge `given` into a person's profile, making the person if unknown; return the profile.

    `preferences` is merged in depth, `tags` as a set, a key that is no field goes into
    `custom`, and null removes. What changed is kept in the profile's history.
    """
    given = _as_stored(uow, given)
    find_or_make_person(uow, user_id)
    key = {"workspace_id": uow.workspace_id, "user_id": user_id}
    row = uow.run(statements.LOCK_PROFILE, key).mappings().first()
    if row is None:
        raise NotFound("There is no such person.")
    before = dict(row)
    after = merged(before, given)
    changes = {
        name: {"before": before[name], "after": after[name]}
        for name in after
        if after[name] != before[name]
    }
    now = clock.now()
    if changes:
        _write(uow, after, changes, now=now, source=source)
        after = {**after, "revision": before["revision"] + 1, "updated_at": now}
        outbound.tell(uow, lambda: [outbound.profile_updated(after, changes, source)])
        tell_crms_of_change(uow, after["id"], source=source)
    return _told(after)


def merged(before: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """Return the profile's fields after `given` was merged in."""
    after = dict(before)
    for name, value in given.items():
        if name in PLAIN_FIELDS:
            after[name] = bool(value) if name == "memory_opt_out" else value
        elif name == "preferences":
            after[name] = deep_merged(after[name], value) if value is not None else {}
        elif name == "tags":
            after[name] = sorted({*after[name], *value}) if value is not None else []
        else:
            after["custom"] = deep_merged(after["custom"], {name: value})
    return after


def deep_merged(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    """Return `old` with `new` merged in at every depth; null removes a key."""
    result = dict(old)
    for key, value in new.items():
        if value is None:
            result.pop(key, None)
        elif isinstance(value, dict):
            nested = result.get(key)
            result[key] = deep_merged(nested if isinstance(nested, dict) else {}, value)
        else:
            result[key] = value
    return result


def _as_stored(uow: UnitOfWork, given: dict[str, Any]) -> dict[str, Any]:
    """Return what is given as the workspace wants it stored; a phone or an e-mail is no number."""
    kept = {name: value for name, value in given.items() if name not in PLAIN_FIELDS}
    named = {"name": name_as_stored(uow, given["name"])} if "name" in given else {}
    return {**given, **as_stored(uow, kept), **named}


def _told(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a profile's row as callers see it."""
    return {
        **{name: row[name] for name in _SHOWN},
        "interaction_stats": {**EMPTY_STATS, **row["interaction_stats"]},
        "revision": row["revision"],
        "created_at": format_time(row["created_at"]),
        "updated_at": format_time(row["updated_at"]),
    }


def _write(
    uow: UnitOfWork, after: dict[str, Any], changes: dict[str, Any], *, now: object, source: str
) -> None:
    uow.run(
        statements.WRITE_PROFILE,
        {
            **{name: after[name] for name in PLAIN_FIELDS},
            "id": after["id"],
            "workspace_id": uow.workspace_id,
            "preferences": uow.json(after["preferences"]),
            "custom": uow.json(after["custom"]),
            "tags": after["tags"],
            "now": now,
        },
    )
    uow.run(
        statements.RECORD_CHANGE,
        {
            "workspace_id": uow.workspace_id,
            "profile_id": after["id"],
            "source": source,
            "changes": uow.json(changes),
        },
    )
