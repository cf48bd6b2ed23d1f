"""Whether a language model reads, over REST. Authentication: a token with `webhooks:manage`."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request
from pydantic import BaseModel, ConfigDict

from talkhub.blueprints.answers import private_answer
from talkhub.blueprints.gate import Gate
from talkhub.blueprints.runtime import Runtime
from talkhub.enrichment.consent import consent_of, progress_of, set_consent, usage_today
from talkhub.enrichment.model import Covers, EnrichmentState
from talkhub.names import Scope
from talkhub.security import Principal
from talkhub.store.uow import UnitOfWork, principal_scope
from talkhub.strict_json import read_json

PATH = "/api/v1/enrichment"
SCOPES = [Scope.WEBHOOKS_MANAGE]


class ConsentRequest(BaseModel):
    """What a workspace wants from now on."""

    model_config = ConfigDict(extra="forbid")

    enabled: bool
    covers: Covers = Covers.DOUBTFUL


def create_blueprint(runtime: Runtime, gate: Gate) -> Blueprint:
    """Return the routes on which the reading is looked at and switched."""
    blueprint = Blueprint("enrichment", __name__)
    model = runtime.settings.language_model

    @blueprint.get(PATH, endpoint="show")
    @gate.open_to_tokens("show_enrichment", scopes=SCOPES)
    def show(principal: Principal) -> Response:
        """Tell what the workspace wants, what today took, and how seven days went."""
        with runtime.database.read_only(principal_scope(principal)) as uow:
            return private_answer(_told(uow, model))

    @blueprint.put(PATH, endpoint="change")
    @gate.open_to_tokens("change_enrichment", scopes=SCOPES)
    def change(principal: Principal) -> Response:
        """Let a language model read from now on, or no longer."""
        wanted = ConsentRequest.model_validate(read_json(request.get_data()))
        with runtime.database.unit_of_work(principal_scope(principal)) as uow:
            set_consent(
                uow, is_given=wanted.enabled, covers=wanted.covers, address=request.remote_addr
            )
            return private_answer(_told(uow, model))

    return blueprint


def _told(uow: UnitOfWork, model: str | None) -> dict[str, Any]:
    """Return what is told. `model` is None where the operator has named no interface."""
    consent, used, progress = consent_of(uow), usage_today(uow), progress_of(uow)
    return {
        "enabled": consent.is_given,
        "covers": consent.covers,
        "changed_by": consent.changed_by,
        "changed_at": consent.changed_at,
        "model": model,
        "today": {"calls": used.calls, "tokens": used.tokens, "cost": used.cost},
        "last_7_days": {
            **{state.value: progress.counts.get(state, 0) for state in EnrichmentState},
            "trouble": progress.trouble,
        },
    }
