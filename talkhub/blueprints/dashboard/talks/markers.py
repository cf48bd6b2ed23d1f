"""The page of a workspace's markers: made, renamed, recoloured and deleted."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, redirect, request, url_for
from pydantic import BaseModel, ConfigDict
from werkzeug.wrappers import Response

from talkhub.blueprints.dashboard.i18n import gettext as _
from talkhub.blueprints.dashboard.pages import Frame, read_frame, reading, render_page
from talkhub.blueprints.dashboard.talks.teamwork import annotating
from talkhub.errors import Conflict, Invalid
from talkhub.services.teamwork.markers import (
    LONGEST_NAME,
    MarkerColour,
    MarkerLine,
    change_marker,
    delete_marker,
    list_markers,
    make_marker,
)
from talkhub.store.uow import Database


@dataclass(frozen=True, slots=True)
class MarkersPage:
    """Everything the page shows; `changed` is whose the form is, None for a new marker's."""

    frame: Frame
    markers: tuple[MarkerLine, ...]
    colours: dict[str, str]
    form: MarkerForm
    changed: MarkerLine | None
    refused: str
    longest_name: int = LONGEST_NAME


class MarkerForm(BaseModel):
    """What the form sends."""

    model_config = ConfigDict(extra="forbid")

    name: str = ""
    colour: str = MarkerColour.BLUE.value


def register(blueprint: Blueprint, database: Database) -> None:
    """Add the page to the dashboard."""

    @blueprint.get("/markers", endpoint="markers")
    def show() -> Response:
        return _page(database, marker_id=request.args.get("marker", type=int))

    @blueprint.post("/markers", endpoint="make_marker")
    def make() -> Response:
        return _save(database, None)

    @blueprint.post("/markers/<int:marker_id>", endpoint="change_marker")
    def change(marker_id: int) -> Response:
        return _save(database, marker_id)

    @blueprint.post("/markers/<int:marker_id>/delete", endpoint="delete_marker")
    def delete(marker_id: int) -> Response:
        with annotating(database) as uow:
            delete_marker(uow, marker_id)
        return redirect(url_for("dashboard.markers"), 303)


def colour_names() -> dict[str, str]:
    """Return what the colours are called."""
    return {
        MarkerColour.GREY: _("Cinza"),
        MarkerColour.BLUE: _("Azul"),
        MarkerColour.TEAL: _("Turquesa"),
        MarkerColour.GREEN: _("Verde"),
        MarkerColour.YELLOW: _("Amarelo"),
        MarkerColour.ORANGE: _("Laranja"),
        MarkerColour.RED: _("Vermelho"),
        MarkerColour.PURPLE: _("Roxo"),
    }


def _save(database: Database, marker_id: int | None) -> Response:
    form = MarkerForm.model_validate(request.form.to_dict())
    try:
        with annotating(database) as uow:
            if marker_id is None:
                make_marker(uow, form.name, form.colour)
            else:
                change_marker(uow, marker_id, form.name, form.colour)
    except (Invalid, Conflict) as refused:
        return _page(database, marker_id=marker_id, form=form, refused=refused)
    return redirect(url_for("dashboard.markers"), 303)


def _page(
    database: Database,
    *,
    marker_id: int | None,
    form: MarkerForm | None = None,
    refused: Invalid | Conflict | None = None,
) -> Response:
    with reading(database) as uow:
        frame, markers = read_frame(uow), list_markers(uow)
    changed = next((it for it in markers if it.id == marker_id), None)
    if form is None and changed is not None:
        form = MarkerForm(name=changed.name, colour=changed.colour)
    page = MarkersPage(
        frame=frame,
        markers=markers,
        colours=colour_names(),
        form=form or MarkerForm(),
        changed=changed,
        refused=_why(refused) if refused else "",
    )
    return render_page(
        "dashboard/talks/markers.html", page, status=refused.status if refused else 200
    )


def _why(refused: Invalid | Conflict) -> str:
    names: dict[str, str] = {
        "name_invalid": _("O nome tem de 1 a %(n)s letras.") % {"n": LONGEST_NAME},
        Conflict.code: _("Já há um marcador com este nome, ou marcadores demais."),
    }
    return names.get(refused.first_code, refused.detail)
