"""What people agree to and by which words they opt out; for owners and admins."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from talkhub.blueprints.dashboard.i18n import gettext as _
from talkhub.blueprints.dashboard.pages import (
    Frame,
    read_frame,
    reading,
    render_page,
    writing_if,
)
from talkhub.errors import Forbidden, Invalid, NotFound
from talkhub.services.fitting import without_nul
from talkhub.services.people.consents import (
    LONGEST_TEXT,
    ConsentWish,
    Purpose,
    add_text,
    note_consent,
    opt_out_in_saved,
    opt_out_words,
    set_opt_out_in_saved,
    set_opt_out_words,
    texts,
)
from talkhub.store.base import LARGEST_ID
from talkhub.store.queries.person_pages import known_ids
from talkhub.store.uow import Database, UnitOfWork

_REFUSAL = "Only owners and admins of the workspace look after consents."


@dataclass(frozen=True, slots=True)
class ConsentsPage:
    """Everything the page shows; `texts` are all versions, of each purpose the newest first."""

    frame: Frame
    texts: list[dict[str, Any]]
    words: tuple[str, ...]
    opt_out_in_saved: bool
    purposes: Mapping[str, str]
    refused: str = ""
    longest: int = LONGEST_TEXT


def purpose_name(purpose: str) -> str:
    """Return what a person agrees to."""
    return _purposes().get(purpose, purpose)


def register(blueprint: Blueprint, database: Database) -> None:
    """Add the page to the dashboard, and what is noted of one person."""

    @blueprint.get("/privacy/consents", endpoint="consents")
    def show() -> Response:
        return _page(database)

    @blueprint.post("/privacy/consents/texts")
    def add_consent_text() -> Response:
        purpose, body = request.form.get("purpose", ""), request.form.get("text", "")
        try:
            with _managing(database) as uow:
                add_text(uow, _purpose(purpose), body)
        except Invalid:
            return _page(database, refused=_("Escreva o texto."), status=422)
        return redirect(url_for("dashboard.consents"), 303)

    @blueprint.post("/privacy/consents/words")
    def set_words() -> Response:
        lines = without_nul(request.form.get("words", "")).splitlines()
        is_ours = "ours" in request.form
        try:
            with _managing(database) as uow:
                set_opt_out_words(uow, None if is_ours else lines)
                set_opt_out_in_saved(uow, in_saved="in_saved" in request.form)
        except Invalid:
            refused = _("Até 50 palavras, cada uma em sua linha.")
            return _page(database, refused=refused, status=422)
        return redirect(url_for("dashboard.consents"), 303)

    @blueprint.post("/people/<int:profile_id>/consents")
    def note_consent_of_person(profile_id: int) -> Response:
        is_given = request.form.get("given") == "yes"
        with _managing(database) as uow:
            ids = known_ids(uow, profile_id) if profile_id <= LARGEST_ID else ()
            if not ids:
                raise NotFound("There is no such person.")
            wish = ConsentWish(_purpose(request.form.get("purpose", "")), is_given)
            note_consent(uow, ids[0].user_id, wish)
        return redirect(url_for("dashboard.person", profile_id=profile_id), 303)


def _page(database: Database, *, refused: str = "", status: int = 200) -> Response:
    with reading(database) as uow:
        frame = read_frame(uow)
        if not frame.manages_privacy:
            raise Forbidden(_REFUSAL)
        page = ConsentsPage(
            frame=frame,
            texts=texts(uow),
            words=opt_out_words(uow),
            opt_out_in_saved=opt_out_in_saved(uow),
            purposes=_purposes(),
            refused=refused,
        )
    return render_page("dashboard/rights/consents.html", page, status=status)


def _managing(database: Database) -> AbstractContextManager[UnitOfWork]:
    return writing_if(database, attrgetter("manages_privacy"), refusal=_REFUSAL)


def _purpose(text: str) -> Purpose:
    try:
        return Purpose(text)
    except ValueError:
        detail = "There is no such purpose."
        raise Invalid.at("purpose", detail=detail, code="purpose_invalid") from None


def _purposes() -> dict[str, str]:
    return {
        Purpose.CONTACT: _("Receber mensagens"),
        Purpose.MEMORY: _("Ser lembrado"),
        Purpose.RECORDING: _("Ter chamadas gravadas"),
    }
