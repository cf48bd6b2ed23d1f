"""Saved views: filters of the list of conversations that somebody goes back to by a name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from talkhub.errors import Conflict, Invalid, NotFound
from talkhub.services.fitting import without_nul
from talkhub.services.masking import as_stored
from talkhub.store.base import LARGEST_ID
from talkhub.store.statements import teamwork as statements
from talkhub.store.uow import UnitOfWork

LONGEST_NAME = 40
MOST_VIEWS = 30
"""That one person sees: the workspace's and their own."""


@dataclass(frozen=True, slots=True)
class SavedViewLine:
    """A view that the unit of work's actor sees: a shared one is the workspace's."""

    id: int
    name: str
    filters: Mapping[str, str]
    is_shared: bool
    is_default: bool
    is_own: bool


def list_views(uow: UnitOfWork) -> tuple[SavedViewLine, ...]:
    """Return the workspace's views and the actor's own, each by name."""
    key = {"workspace_id": uow.workspace_id, "owner": uow.scope.actor}
    return tuple(SavedViewLine(**row) for row in uow.run(statements.SAVED_VIEWS, key).mappings())


def default_view(views: tuple[SavedViewLine, ...]) -> SavedViewLine | None:
    """Return what the list begins with: the actor's own default, else the workspace's."""
    defaults = sorted((view for view in views if view.is_default), key=lambda view: view.is_shared)
    return defaults[0] if defaults else None


def save_view(uow: UnitOfWork, name: str, filters: Mapping[str, str], *, is_shared: bool) -> int:
    """Keep filters under a name and return the view's number. Raises Invalid and Conflict."""
    if not filters:
        detail = "A view keeps filters: choose some first."
        raise Invalid.at("filters", detail=detail, code="filters_missing")
    if len(list_views(uow)) >= MOST_VIEWS:
        raise Conflict(f"There are at most {MOST_VIEWS} views.")
    params = {
        "workspace_id": uow.workspace_id,
        "owner": uow.scope.actor,
        "name": _checked(name),
        "filters": uow.json(as_stored(uow, dict(filters))),
        "is_shared": is_shared,
    }
    return int(uow.run(statements.ADD_SAVED_VIEW, params).scalar_one())


def change_view(
    uow: UnitOfWork, view_id: int, name: str, *, is_default: bool, may_share: bool
) -> None:
    """Rename a view, and have the list begin with it or no longer.

    Raises NotFound for one of another person's, and for a shared one unless the actor
    `may_share`; and Invalid.
    """
    key = _key(uow, view_id, may_share=may_share)
    params = {**key, "name": _checked(name), "is_default": is_default}
    if uow.run(statements.CHANGE_SAVED_VIEW, params).first() is None:
        raise NotFound("There is no such view of yours.")


def delete_view(uow: UnitOfWork, view_id: int, *, may_share: bool) -> None:
    """Delete a view. Raises NotFound as `change_view` does."""
    key = _key(uow, view_id, may_share=may_share)
    if uow.run(statements.DELETE_SAVED_VIEW, key).first() is None:
        raise NotFound("There is no such view of yours.")


def _key(uow: UnitOfWork, view_id: int, *, may_share: bool) -> dict[str, object]:
    return {
        "workspace_id": uow.workspace_id,
        "owner": uow.scope.actor,
        "id": min(view_id, LARGEST_ID),
        "may_share": may_share,
    }


def _checked(name: str) -> str:
    said = " ".join(without_nul(name).split())
    if not 0 < len(said) <= LONGEST_NAME or not said.isprintable():
        detail = f"A view's name has from 1 to {LONGEST_NAME} characters."
        raise Invalid.at("name", detail=detail, code="name_invalid")
    return said
