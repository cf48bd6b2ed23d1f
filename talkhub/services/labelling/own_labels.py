"""A workspace's own intents and topics: what they are called, and phrases that mean them."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from talkhub import clock
from talkhub.analysis.personal import masked
from talkhub.errors import Conflict, Invalid, NotFound
from talkhub.names import Intent
from talkhub.names.labels import OwnKind
from talkhub.services.audit import audit
from talkhub.services.talking.labels import SEPARATOR
from talkhub.store.statements import own_models as statements
from talkhub.store.uow import UnitOfWork

MOST_LABELS = 30
MOST_PHRASES = 30
LONGEST_NAME = 32
LONGEST_PHRASE = 300


@dataclass(frozen=True, slots=True)
class OwnLabelLine:
    """A label as it stands; its phrases have what names people masked."""

    name: str
    kind: str
    phrases: tuple[str, ...]
    author: str
    updated_at: datetime


def list_labels(uow: UnitOfWork) -> tuple[OwnLabelLine, ...]:
    """Return the workspace's own labels, intents first."""
    rows = uow.run(statements.LABELS, {"workspace_id": uow.workspace_id}).mappings()
    return tuple(OwnLabelLine(**{**row, "phrases": tuple(row["phrases"])}) for row in rows)


def set_label(uow: UnitOfWork, name: str, *, kind: str, phrases: Sequence[str]) -> bool:
    """Add a label or replace its phrases; return whether it is new.

    What is learned changes with the next training. Raises Invalid and Conflict.
    """
    name = " ".join(name.split())
    if not _is_name(name):
        detail = (
            f"A name has 1 to {LONGEST_NAME} characters, no comma or slash, and is none of ours."
        )
        raise Invalid.at("name", detail=detail, code="name_invalid")
    if kind not in set(OwnKind):
        raise Invalid.at("kind", detail="It is an intent or a topic.", code="kind_unknown")
    said = list(dict.fromkeys(masked(" ".join(it.split())) for it in phrases if it.strip()))
    if not 1 <= len(said) <= MOST_PHRASES or any(len(it) > LONGEST_PHRASE for it in said):
        detail = f"Give 1 to {MOST_PHRASES} phrases of at most {LONGEST_PHRASE} characters."
        raise Invalid.at("phrases", detail=detail, code="phrases_invalid")
    known = {label.name for label in list_labels(uow)}
    if name not in known and len(known) >= MOST_LABELS:
        raise Conflict(f"A workspace has at most {MOST_LABELS} labels of its own.")
    params = {
        "workspace_id": uow.workspace_id,
        "name": name,
        "kind": kind,
        "phrases": said,
        "author": uow.scope.actor,
        "now": clock.now(),
    }
    is_new: bool = uow.run(statements.SET_LABEL, params).scalar_one()
    audit(uow, action="own_label.set", subject=name, address=None)
    return is_new


def delete_label(uow: UnitOfWork, name: str) -> None:
    """Remove a label; models that know it are not changed by it. Raises NotFound."""
    key = {"workspace_id": uow.workspace_id, "name": name}
    if uow.run(statements.DELETE_LABEL, key).first() is None:
        raise NotFound("There is no such intent or topic.")
    audit(uow, action="own_label.deleted", subject=name, address=None)


def known_intents(uow: UnitOfWork) -> tuple[str, ...]:
    """Return what a conversation may want: our intents and the workspace's own."""
    return (*Intent, *own_intents(uow))


def own_intents(uow: UnitOfWork) -> tuple[str, ...]:
    """Return the names of the workspace's own intents."""
    return tuple(it.name for it in list_labels(uow) if it.kind == OwnKind.INTENT)


def _is_name(name: str) -> bool:
    is_plain = not any(unicodedata.category(char).startswith("C") for char in name)
    is_ours = name.casefold() in set(Intent)
    is_whole = SEPARATOR not in name and "/" not in name
    return 0 < len(name) <= LONGEST_NAME and is_plain and is_whole and not is_ours
