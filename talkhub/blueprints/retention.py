"""How long a workspace keeps what, over REST. Authentication: a token with `privacy:manage`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from flask import Blueprint, Response, request
from pydantic import BaseModel, ConfigDict

from talkhub.blueprints.answers import private_answer
from talkhub.blueprints.gate import Gate
from talkhub.blueprints.runtime import Runtime
from talkhub.names import Scope
from talkhub.security import Principal
from talkhub.services.masking import masks_numbers
from talkhub.services.privacy.number_masking import set_masking
from talkhub.services.privacy.retention import (
    COUNTED_AT_MOST,
    DataClass,
    days_at_most,
    hold,
    keep_for,
    retentions,
    rows_due,
)
from talkhub.store.uow import UnitOfWork, principal_scope
from talkhub.strict_json import read_json

PATH = "/api/v1/retention"
HOLD = "/api/v1/people/<user_id>/hold"
SCOPES = [Scope.PRIVACY_MANAGE]


class RetentionRequest(BaseModel):
    """Days by class; null is as long as ever, and what is not named stays as it is.

    `mask_numbers` says whether CPF, CNPJ and card numbers are stored masked from now on.
    """

    model_config = ConfigDict(extra="forbid")

    messages: int | None = None
    people: int | None = None
    inbound: int | None = None
    outbound: int | None = None
    mask_numbers: bool = False


def create_blueprint(runtime: Runtime, gate: Gate) -> Blueprint:
    """Return the routes on which it is said how long what is kept, and whose data have to be."""
    blueprint = Blueprint("retention", __name__)
    at_most = days_at_most(runtime.settings)

    @blueprint.get(PATH)
    @gate.open_to_tokens("show_retention", scopes=SCOPES)
    def show(principal: Principal) -> Response:
        """Tell how long each class is kept, and how many rows the next night would take."""
        with runtime.database.read_only(principal_scope(principal)) as uow:
            return private_answer(_told(uow, at_most))

    @blueprint.put(PATH)
    @gate.open_to_tokens("set_retention", scopes=SCOPES)
    def change(principal: Principal) -> Response:
        """Keep classes of data for other times from the next night on."""
        wanted = RetentionRequest.model_validate(read_json(request.get_data()))
        given = wanted.model_dump(exclude_unset=True)
        masks = given.pop("mask_numbers", None)
        scope = principal_scope(principal)
        with runtime.database.unit_of_work(scope) as uow:
            for name, days in given.items():
                keep_for(uow, DataClass(name), days, at_most)
        if masks is not None:
            set_masking(runtime.database, scope, masks=masks)
        with runtime.database.read_only(scope) as uow:
            return private_answer(_told(uow, at_most))

    @blueprint.put(HOLD, endpoint="hold")
    @gate.open_to_tokens("hold_person", scopes=SCOPES)
    def hold_person(principal: Principal, user_id: str) -> Response:
        """Keep a person's data whatever rules and requests say: a duty asks for them."""
        with runtime.database.unit_of_work(principal_scope(principal)) as uow:
            hold(uow, user_id, is_held=True)
        return Response(status=204)

    @blueprint.delete(HOLD, endpoint="release")
    @gate.open_to_tokens("release_person", scopes=SCOPES)
    def release_person(principal: Principal, user_id: str) -> Response:
        """Let rules and requests have a person's data again."""
        with runtime.database.unit_of_work(principal_scope(principal)) as uow:
            hold(uow, user_id, is_held=False)
        return Response(status=204)

    return blueprint


def _told(uow: UnitOfWork, at_most: Mapping[DataClass, int]) -> dict[str, Any]:
    due = rows_due(uow, at_most=COUNTED_AT_MOST)
    return {
        "classes": [
            {**asdict(it), "rows_due": due.get(it.data_class, 0)} for it in retentions(uow, at_most)
        ],
        "mask_numbers": masks_numbers(uow),
    }
