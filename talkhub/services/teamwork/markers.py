"""Markers: words with a colour that a team puts on conversations, and finds them by."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from talkhub.errors import Conflict, Invalid, NotFound
from talkhub.services.audit import audit
from talkhub.services.fitting import without_nul
from talkhub.store.base import LARGEST_ID
from talkhub.store.statements import teamwork as statements
from talkhub.store.uow import UnitOfWork

LONGEST_NAME = 32
MOST_MARKERS = 100
"""Of one workspace."""


class MarkerColour(StrEnum):
    """The colours of the style sheet; what a marker says stands in its name, never in these."""

    GREY = "grey"
    BLUE = "blue"
    TEAL = "teal"
    GREEN = "green"
    YELLOW = "yellow"
    ORANGE = "orange"
    RED = "red"
    PURPLE = "purple"


@dataclass(frozen=True, slots=True)
class MarkerLine:
    """A marker, and how many conversations bear it."""

    id: int
    name: str
    colour: str
    conversations: int


def list_markers(uow: UnitOfWork) -> tuple[MarkerLine, ...]:
    """Return the workspace's markers by name."""
    rows = uow.run(statements.MARKERS, {"workspace_id": uow.workspace_id}).mappings()
    return tuple(MarkerLine(**row) for row in rows)


def marker_names(uow: UnitOfWork) -> tuple[str, ...]:
    """Return what the workspace's markers are called, without counting their conversations."""
    key = {"workspace_id": uow.workspace_id}
    return tuple(uow.run(statements.MARKER_NAMES, key).scalars())


def make_marker(uow: UnitOfWork, name: str, colour: str) -> int:
    """Make a marker and return its number; raises Invalid, and Conflict for a name that is taken.

    Names that differ in capitals alone are one.
    """
    wanted = _checked(name, colour)
    if len(marker_names(uow)) >= MOST_MARKERS:
        raise Conflict(f"A workspace has at most {MOST_MARKERS} markers.")
    _refuse_taken(uow, wanted["name"], None)
    params = {"workspace_id": uow.workspace_id, **wanted}
    made = uow.run(statements.ADD_MARKER, params).scalar()
    if made is None:
        raise Conflict("There is a marker of this name.")
    audit(uow, action="marker.made", subject=str(made), address=None)
    return int(made)


def change_marker(uow: UnitOfWork, marker_id: int, name: str, colour: str) -> None:
    """Give a marker another name or colour, wherever it is.

    Raises as `make_marker` does, and NotFound.
    """
    wanted = _checked(name, colour)
    key = {"workspace_id": uow.workspace_id, "id": min(marker_id, LARGEST_ID)}
    before = uow.run(statements.LOCK_MARKER, key).mappings().first()
    if before is None:
        raise NotFound("There is no such marker.")
    _refuse_taken(uow, wanted["name"], key["id"])
    uow.run(statements.CHANGE_MARKER, {**key, **wanted, "before": before["name"]})
    audit(uow, action="marker.changed", subject=str(marker_id), address=None)


def delete_marker(uow: UnitOfWork, marker_id: int) -> None:
    """Take a marker off all conversations and delete it. Raises NotFound."""
    key = {"workspace_id": uow.workspace_id, "id": min(marker_id, LARGEST_ID)}
    if uow.run(statements.DELETE_MARKER, key).first() is None:
        raise NotFound("There is no such marker.")
    audit(uow, action="marker.deleted", subject=str(marker_id), address=None)


def set_markers(uow: UnitOfWork, conversation_id: str, marker_ids: Collection[int]) -> None:
    """Have a conversation bear exactly these markers; those that there are not are left out.

    Raises NotFound for a conversation that there is not (any more).
    """
    params = {
        "workspace_id": uow.workspace_id,
        "conversation_id": without_nul(conversation_id),
        "marker_ids": [it for it in marker_ids if it <= LARGEST_ID],
    }
    if uow.run(statements.SET_MARKERS, params).first() is None:
        raise NotFound("There is no such conversation.")


def _checked(name: str, colour: str) -> dict[str, str]:
    said = " ".join(without_nul(name).split())
    if not 0 < len(said) <= LONGEST_NAME or not said.isprintable():
        detail = f"A marker's name has from 1 to {LONGEST_NAME} characters."
        raise Invalid.at("name", detail=detail, code="name_invalid")
    if colour not in set(MarkerColour):
        detail = f"A marker's colour is one of {', '.join(MarkerColour)}."
        raise Invalid.at("colour", detail=detail, code="colour_unknown")
    return {"name": said, "colour": colour}


def _refuse_taken(uow: UnitOfWork, name: str, marker_id: int | None) -> None:
    key = {"workspace_id": uow.workspace_id, "name": name}
    if set(uow.run(statements.FIND_MARKER_NAMED, key).scalars()) - {marker_id}:
        raise Conflict("There is a marker of this name.")
