"""Hear what changes at a workspace's CRMs: whom a webhook names is read there, and taken over.

A webhook is a bell, not a message: what it claims is never believed, so its order, its repetitions
and who rang it change nothing. What we told a CRM is remembered as seen; only what it says
otherwise is a change of its own, and that is told to every CRM but this one. How it wrote what we
told is remembered beside: two CRMs that write a value in two ways would change it for ever.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import structlog

from talkhub import clock
from talkhub.analysis.identity_numbers import masked_numbers
from talkhub.crm.model import Heard, Person, Said
from talkhub.crm.registry import CONNECTORS
from talkhub.encryption import Keyring
from talkhub.errors import NotFound
from talkhub.names.crm import READ_CONTACT, CRMHearing
from talkhub.services.masking import as_stored
from talkhub.services.people.profiles import PLAIN_FIELDS, update_profile
from talkhub.services.sending.channel_accounts import read_credentials
from talkhub.services.telling.crm import connector_binding, webhook_binding
from talkhub.store.statements import crm_hearing as statements
from talkhub.store.uow import Database, UnitOfWork, system_scope, workspace_scope
from talkhub.strict_json import read_json

logger = structlog.get_logger(__name__)

MOST_CONTACTS = 1000
"""So many contacts of one webhook are read; HubSpot names up to a hundred."""

_LONGEST = {"name": 255, "email": 255, "phone": 50, "locale": 35, "timezone": 64}
_LONGEST_TAG = 100
_MOST_TAGS = 200
_LONGEST_VALUE = 5000
_NOT_CUSTOM = frozenset({*PLAIN_FIELDS, "preferences", "tags"})


@dataclass(frozen=True, slots=True)
class Listener:
    """A CRM whose webhooks are heard, with what proves them."""

    workspace_id: int
    connector_id: int
    kind: str
    credentials: Mapping[str, str]
    secret: str

    def proves(self, heard: Heard) -> bool:
        """Tell whether a webhook came from this CRM."""
        return CONNECTORS[self.kind].is_proved(heard, self.credentials, self.secret)


def find_listener(database: Database, public_token: str, keyring: Keyring) -> Listener:
    """Return whose webhook's address ends in a token; raises NotFound, also if nobody listens."""
    row = None
    if "\0" not in public_token:  # PostgreSQL knows no such text
        with database.read_only(system_scope("the workspace of a CRM")) as uow:
            params = {"public_token": public_token}
            row = uow.run(statements.FIND_LISTENER, params).mappings().first()
    if row is None:
        raise NotFound("There is no such webhook.")
    at = (row["workspace_id"], row["public_token"])
    bound_to, secret_bound_to = connector_binding(*at), webhook_binding(*at)
    kept = read_credentials(row["webhook_secret_encrypted"], keyring, bound_to=secret_bound_to)
    return Listener(
        workspace_id=row["workspace_id"],
        connector_id=row["id"],
        kind=row["kind"],
        credentials=read_credentials(row["credentials_encrypted"], keyring, bound_to=bound_to),
        secret=kept.get("secret", ""),
    )


def hear(database: Database, listener: Listener, raw: bytes) -> int:
    """Queue the reading of whom a proved webhook names; return of how many people it is.

    Whom nobody here knows, and what is of no contact, is left alone. Raises Invalid for no JSON.
    """
    named = CONNECTORS[listener.kind].contacts_heard(read_json(raw))
    wanted = list(dict.fromkeys(named))[:MOST_CONTACTS]
    params = {
        "workspace_id": listener.workspace_id,
        "id": listener.connector_id,
        "contact_ids": wanted,
        "kind": READ_CONTACT,
    }
    scope = workspace_scope(listener.workspace_id, "crm webhook")
    with database.unit_of_work(scope) as uow:
        queued = uow.run(statements.QUEUE_READS, params).all() if wanted else []
        uow.run(statements.REMEMBER_HEARD, {name: params[name] for name in ("workspace_id", "id")})
    return len(queued)


def take_over(uow: UnitOfWork, key: Mapping[str, Any], said: Said | None) -> None:
    """Change the person whom a contact was read for, where the CRM says something of its own.

    One that is gone, or is another by now, is the person's contact no more. `key` are the
    workspace, connector, profile and contact, and the credentials that it was read with.
    """
    link = uow.run(statements.LINK, key).mappings().first()
    if link is None:
        return
    if said is None or said.id != key["contact_id"]:
        names = ("workspace_id", "connector_id", "contact_id")
        uow.run(statements.LOSE_LINKS, {name: key[name] for name in names})
        return
    hears_it = CRMHearing.ALL if link["adopted"] else CRMHearing.OWN
    if link["hears"] not in {hears_it, CRMHearing.ALL}:
        return
    before = link["seen"]
    seen = Person.of(before)
    fields_seen = before.get("fields") or {}
    changed = said.changed_since(seen)
    known = {**seen.as_row(), **_flat(fields_seen)}
    now = {**seen.as_row(), **changed, **_flat(_told(said))}
    own_way = before.get("own_way") or {}
    news = {
        name
        for name, value in now.items()
        if not _is_same(value, known.get(name, ""))
        and not _is_own_way(
            value, known.get(name, ""), own_way.get(name), is_adopted=link["adopted"]
        )
    }
    given = {name: value for name, value in changed.items() if name in news}
    given |= _fields_changed(link["fields"], said, news)
    connector = key["connector_id"]
    allowed = {name: value for name, value in given.items() if _is_allowed(name, value)}
    if allowed != given:
        left_out = sorted(set(given) - set(allowed))
        logger.warning("crm_values_left_out", connector=connector, fields=left_out)
    if allowed:
        update_profile(uow, link["user_id"], allowed, source=f"crm:{connector}")
    now_seen = {
        **seen.as_row(),
        **changed,
        "fields": {**fields_seen, **_told(said)},
        "own_way": {**own_way, **_written(known, now, is_read=before.get("is_read", False))},
        "is_read": True,
    }
    params = {
        "workspace_id": key["workspace_id"],
        "id": link["id"],
        "seen": uow.json(as_stored(uow, now_seen)),
    }
    uow.run(statements.REMEMBER_SEEN, params)


def _is_same(value: str, known: str) -> bool:
    """Tell whether a value is what is known, if written otherwise, or kept masked."""
    return known.casefold() in {value.casefold(), masked_numbers(value).casefold()}


def _is_own_way(value: str, told: str, written: list[str] | None, *, is_adopted: bool) -> bool:
    """Tell whether the CRM writes so what it was told; an adopted contact keeps what it said."""
    if written is None:
        return False
    was_told, said = written
    return _is_same(value, said) and (is_adopted or _is_same(told, was_told))


def _written(
    known: Mapping[str, str], now: Mapping[str, str], *, is_read: bool
) -> dict[str, list[str]]:
    """Return what was told with what the CRM says instead; what it changed itself as it is."""
    if not is_read:
        return {name: [known.get(name, ""), value] for name, value in now.items()}
    return {name: [value, value] for name, value in now.items() if value != known.get(name, "")}


def _flat(fields: Mapping[str, str]) -> dict[str, str]:
    return {f"fields.{name}": _clean(value) for name, value in fields.items()}


def _fields_changed(wanted: Mapping[str, str], said: Said, news: Collection[str]) -> dict[str, Any]:
    """Return what the CRM's properties say of other fields; our ids are nobody's to change."""
    found: dict[str, Any] = {}
    for name, property_ in wanted.items():
        value = _clean(said.fields.get(property_, ""))
        if f"fields.{property_}" not in news:
            continue
        group, _, inner = name.partition(".")
        if group == "custom" and inner not in _NOT_CUSTOM:
            found[inner] = value
        elif name == "tags":
            found[name] = [it.strip() for it in re.split(r"[,;]", value) if it.strip()]
        elif name in {"locale", "timezone"}:
            found[name] = value
    return found


def _told(said: Said) -> dict[str, str]:
    return {name: _clean(value) for name, value in said.fields.items() if value}


def _clean(value: str) -> str:
    return " ".join(value.replace("\0", "").split())


def _is_allowed(name: str, value: Any) -> bool:
    """Tell whether a profile may say so; the tool that changes profiles asks the same."""
    if name == "tags":
        return len(value) <= _MOST_TAGS and all(len(tag) <= _LONGEST_TAG for tag in value)
    if name == "timezone" and value not in clock.known_zones():
        return False
    return len(value) <= _LONGEST.get(name, _LONGEST_VALUE) and "\0" not in value
