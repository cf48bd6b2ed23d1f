"""Saved views: tabs over the list of conversations, each with filters of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import parse_qsl

from flask import Blueprint, redirect, request
from pydantic import BaseModel, ConfigDict, Field
from werkzeug.wrappers import Response

from talkhub.blueprints.dashboard.forms import ConversationsForm
from talkhub.blueprints.dashboard.pages import Frame, read_frame, writing
from talkhub.blueprints.dashboard.paths import list_path
from talkhub.errors import Forbidden
from talkhub.services.teamwork.saved_views import (
    LONGEST_NAME,
    SavedViewLine,
    change_view,
    default_view,
    delete_view,
    save_view,
)
from talkhub.store.uow import Database

ALL = "all"
"""What the address of the list says to show all of it, whatever it begins with."""


@dataclass(frozen=True, slots=True)
class Tab:
    """A view over the list, and whether the list shows just what it keeps."""

    view: SavedViewLine
    href: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class ViewTabs:
    """The tabs, the form that keeps what is shown, and the one that changes the current view."""

    tabs: list[Tab]
    has_default: bool
    is_all: bool
    kept: str
    may_share: bool
    longest_name: int = LONGEST_NAME

    def path(self, filters: Mapping[str, str]) -> str:
        """Return the address of the list under some filters; under none it is not the default."""
        return list_path(filters or ({"view": ALL} if self.has_default else {}))

    @property
    def current(self) -> SavedViewLine | None:
        """The view that is shown."""
        return next((tab.view for tab in self.tabs if tab.is_current), None)

    @property
    def may_change(self) -> bool:
        """Whether who looks may rename or delete the current view."""
        view = self.current
        return view is not None and (view.is_own or self.may_share)


class ViewForm(BaseModel):
    """What keeps the list's filters: a name, and the list's query."""

    model_config = ConfigDict(extra="forbid")

    name: str = ""
    filters: Annotated[str, Field(max_length=2_000)] = ""
    shared: bool = False


class ChangedViewForm(BaseModel):
    """What renames a view, and makes it the one that the list begins with."""

    model_config = ConfigDict(extra="forbid")

    name: str = ""
    default: bool = False
    filters: Annotated[str, Field(max_length=2_000)] = ""


def view_tabs(
    frame: Frame, views: tuple[SavedViewLine, ...], filters: Mapping[str, str]
) -> ViewTabs:
    """Return the tabs over a list that is narrowed by some filters."""
    tabs = [Tab(view, list_path(view.filters), dict(view.filters) == filters) for view in views]
    return ViewTabs(
        tabs=tabs,
        has_default=default_view(views) is not None,
        is_all=not filters,
        kept=list_path(filters).partition("?")[2],
        may_share=frame.annotates,
    )


def register(blueprint: Blueprint, database: Database) -> None:
    """Add keeping, changing and deleting views to the dashboard."""

    @blueprint.post("/views", endpoint="save_view")
    def save() -> Response:
        form = ViewForm.model_validate(request.form.to_dict())
        filters = _read(form.filters)
        with writing(database) as uow:
            if form.shared and not read_frame(uow).annotates:
                raise Forbidden("You may keep views for yourself here, but not for all.")
            save_view(uow, form.name, filters, is_shared=form.shared)
        return redirect(list_path(filters), 303)

    @blueprint.post("/views/<int:view_id>", endpoint="change_view")
    def change(view_id: int) -> Response:
        form = ChangedViewForm.model_validate(request.form.to_dict())
        with writing(database) as uow:
            may_share = read_frame(uow).annotates
            change_view(uow, view_id, form.name, is_default=form.default, may_share=may_share)
        return redirect(list_path(_read(form.filters)), 303)

    @blueprint.post("/views/<int:view_id>/delete", endpoint="delete_view")
    def delete(view_id: int) -> Response:
        with writing(database) as uow:
            delete_view(uow, view_id, may_share=read_frame(uow).annotates)
        return redirect(list_path({"view": ALL}), 303)


def _read(query: str) -> dict[str, str]:
    """Return the filters that a query says; raises what the list itself would."""
    return ConversationsForm.model_validate(dict(parse_qsl(query))).filters()
