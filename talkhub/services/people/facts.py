"""The facts known of a person: listed, added, corrected, deleted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from talkhub import clock
from talkhub.errors import Conflict, Invalid, NotFound
from talkhub.memory.facts.kinds import FactKind, FactSource
from talkhub.memory.facts.model import LONGEST_VALUE, lasts_until, slot_of
from talkhub.services.audit import audit
from talkhub.services.masking import as_stored
from talkhub.services.people.learning import settle_facts
from talkhub.store.base import LARGEST_ID
from talkhub.store.statements import facts as statements
from talkhub.store.uow import UnitOfWork

MOST_LISTED: Final = 200


@dataclass(frozen=True, slots=True)
class NewFact:
    """A fact that somebody adds. `confidence` is theirs: an operator is sure."""

    kind: FactKind
    value: str
    source: FactSource = FactSource.OPERATOR
    confidence: float = 1.0
    quote: str = ""


def facts_of_person(uow: UnitOfWork, user_id: str) -> list[dict[str, Any]]:
    """Return what is known of a person and what was, the newest first; raises NotFound.

    Of whoever opted out of the memory nothing is told.
    """
    person = _person(uow, user_id, statement=statements.FIND_PERSON)
    if person["memory_opt_out"]:
        return []
    params = {"profile_id": person["id"], "limit": MOST_LISTED}
    found = uow.run(statements.FACTS_OF_PERSON, {"workspace_id": uow.workspace_id, **params})
    return [dict(row) for row in found.mappings()]


def add_fact(uow: UnitOfWork, user_id: str, given: NewFact) -> int:
    """Add a fact, in the place of what was known of the same, and return its number.

    Raises NotFound for an unknown person, Conflict for one who refused the memory.
    """
    person = _writable(uow, user_id)
    given = replace(given, value=as_stored(uow, given.value), quote=as_stored(uow, given.quote))
    slot = slot_of(given.kind, _checked(given.value))
    fact_id = _add(uow, person, given, slot=slot, after=None)
    audit(uow, action="fact.added", subject=str(fact_id), address=None)
    return fact_id


def change_fact(
    uow: UnitOfWork, user_id: str, fact_id: int, value: str, *, source: FactSource
) -> int:
    """Put another value in the place of a fact, which stays as what was; return its number.

    Raises NotFound for a fact that the person does not have, Conflict for one of the past.
    """
    person = _writable(uow, user_id)
    known = _fact(uow, person, fact_id)
    if known["valid_to"] is not None and known["valid_to"] <= clock.now():
        raise Conflict("This fact holds no longer. Change what took its place, or add another.")
    value = as_stored(uow, value)
    given = NewFact(FactKind(known["kind"]), value, source)
    if _checked(value) == known["value"]:
        return fact_id
    new_id = _add(uow, person, given, slot=known["slot"], after=known["valid_from"])
    audit(uow, action="fact.changed", subject=str(fact_id), address=None)
    return new_id


def delete_fact(uow: UnitOfWork, user_id: str, fact_id: int) -> None:
    """Forget a fact, however often it was said, also of one who refused the memory.

    Raises NotFound.
    """
    person = _person(uow, user_id, statement=statements.LOCK_PERSON)
    known = _fact(uow, person, fact_id)
    params = {
        "workspace_id": uow.workspace_id,
        "profile_id": person["id"],
        "slot": known["slot"],
        "kind": known["kind"],
        "value": known["value"],
        "now": clock.now(),
    }
    uow.run(statements.DISMISS_FACT, params)
    settle_facts(uow, [person["id"]])
    audit(uow, action="fact.deleted", subject=str(fact_id), address=None)


def _add(
    uow: UnitOfWork,
    person: Mapping[str, Any],
    given: NewFact,
    *,
    slot: str,
    after: datetime | None,
) -> int:
    # A message may bear a later time than ours; what corrects it comes after it all the same.
    valid_from = clock.now() if after is None else max(clock.now(), after)
    params = {
        "workspace_id": uow.workspace_id,
        "profile_id": person["id"],
        "user_id": person["user_id"],
        "kind": given.kind.value,
        "slot": slot,
        "value": _checked(given.value),
        "quote": given.quote,
        "confidence": given.confidence,
        "source": given.source.value,
        "valid_from": valid_from,
        "expires_at": lasts_until(given.kind, valid_from),
    }
    fact_id: int = uow.run(statements.ADD_FACT, params).scalar_one()
    settle_facts(uow, [person["id"]])
    return fact_id


def _checked(value: str) -> str:
    """Return a value on one line; raises Invalid for none and for one that is too long."""
    said = " ".join(value.split())
    if not 0 < len(said) <= LONGEST_VALUE:
        detail = f"A value has from 1 to {LONGEST_VALUE} characters."
        raise Invalid.at("value", detail=detail, code="value_invalid")
    return said


def _writable(uow: UnitOfWork, user_id: str) -> dict[str, Any]:
    person = _person(uow, user_id, statement=statements.LOCK_PERSON)
    if person["memory_opt_out"]:
        raise Conflict("This person refused the memory: nothing is kept of them.")
    return person


def _person(uow: UnitOfWork, user_id: str, *, statement: str) -> dict[str, Any]:
    key = {"workspace_id": uow.workspace_id, "user_id": user_id}
    found = uow.run(statement, key).mappings().first()
    if found is None:
        raise NotFound("There is no such person.")
    return dict(found)


def _fact(uow: UnitOfWork, person: Mapping[str, Any], fact_id: int) -> dict[str, Any]:
    params = {"workspace_id": uow.workspace_id, "profile_id": person["id"], "id": fact_id}
    found = None
    if 0 < fact_id <= LARGEST_ID:
        found = uow.run(statements.FIND_FACT, params).mappings().first()
    if found is None:
        raise NotFound("There is no such fact of this person.")
    return dict(found)
