"""A person's rights under the law: a copy of all their data, and that it be erased."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from operator import attrgetter

from flask import Blueprint, redirect, url_for
from pydantic import TypeAdapter
from werkzeug.wrappers import Response

from talkhub.blueprints.archives import archive_answer
from talkhub.blueprints.dashboard.pages import (
    Frame,
    read_frame,
    reading,
    render_page,
    writing_if,
)
from talkhub.blueprints.dashboard.shown_once import (
    Made,
    forget,
    made_just_now,
    redirect_to_show,
)
from talkhub.blueprints.runtime import Runtime
from talkhub.errors import NotFound
from talkhub.services.people.tombstones import Tombstones
from talkhub.services.privacy.erasing import TIMEOUT_MS, Receipt, erase_person
from talkhub.services.privacy.retention import hold
from talkhub.store.base import LARGEST_ID
from talkhub.store.queries.person_pages import known_ids
from talkhub.store.uow import Database, UnitOfWork

_RECEIPT = TypeAdapter(Receipt)


@dataclass(frozen=True, slots=True)
class ErasedPage:
    """Everything the page shows, once, after a person was erased."""

    frame: Frame
    receipt: Receipt


def register(blueprint: Blueprint, runtime: Runtime) -> None:
    """Add what owners and admins do with a person's data as a whole."""
    keyring = runtime.settings.keyring
    tombstones = Tombstones(runtime.hashing_keys.tombstones)

    # By POST: reading all that is kept of somebody is written down, and no link does that.
    @blueprint.post("/people/<int:profile_id>/copy")
    def copy_person(profile_id: int) -> Response:
        with _managing(runtime.database) as uow:
            return archive_answer(uow, _user_id(uow, profile_id), runtime.settings)

    @blueprint.post("/people/<int:profile_id>/erase", endpoint="erase_person")
    def erase_person_(profile_id: int) -> Response:
        with _managing(runtime.database) as uow:
            receipt = erase_person(uow, _user_id(uow, profile_id), tombstones)
        made = Made(receipt.id, _RECEIPT.dump_json(receipt).decode())
        return redirect_to_show(made, path=url_for("dashboard.erased_person"), keyring=keyring)

    @blueprint.post("/people/<int:profile_id>/hold")
    def hold_person(profile_id: int) -> Response:
        return hold_or_release(profile_id, is_held=True)

    @blueprint.post("/people/<int:profile_id>/release")
    def release_person(profile_id: int) -> Response:
        return hold_or_release(profile_id, is_held=False)

    def hold_or_release(profile_id: int, *, is_held: bool) -> Response:
        with _managing(runtime.database) as uow:
            hold(uow, _user_id(uow, profile_id), is_held=is_held)
        return redirect(url_for("dashboard.person", profile_id=profile_id), 303)

    @blueprint.get("/people/erased")
    def erased_person() -> Response:
        made = made_just_now(keyring)
        if made is None:
            return redirect(url_for("dashboard.people"), 303)
        with reading(runtime.database) as uow:
            page = ErasedPage(read_frame(uow), _RECEIPT.validate_json(made.text))
        response = render_page("dashboard/rights/erased.html", page)
        forget(response, path=url_for("dashboard.erased_person"))
        return response


def _managing(database: Database) -> AbstractContextManager[UnitOfWork]:
    refusal = "Only owners and admins of the workspace copy and erase people's data."
    return writing_if(
        database, attrgetter("manages_privacy"), refusal=refusal, timeout_ms=TIMEOUT_MS
    )


def _user_id(uow: UnitOfWork, profile_id: int) -> str:
    ids = known_ids(uow, profile_id) if profile_id <= LARGEST_ID else ()
    if not ids:
        raise NotFound("There is no such person.")
    return ids[0].user_id
