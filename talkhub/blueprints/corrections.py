"""Corrections of analyses over REST. Authentication: a bearer token with `analysis:write`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from flask import Blueprint, Response, request, url_for
from pydantic import BaseModel, ConfigDict, Field

from talkhub.blueprints.answers import private_answer
from talkhub.blueprints.gate import Gate
from talkhub.blueprints.runtime import Runtime
from talkhub.errors import NotFound
from talkhub.names import Scope
from talkhub.names.labels import Correctable
from talkhub.security import Principal
from talkhub.services.labelling.corrections import (
    Correction,
    correct,
    list_corrections,
    standing,
    undo,
)
from talkhub.services.talking.labels import Said, found_in, intents_in
from talkhub.store.queries.transcripts import find_transcript
from talkhub.store.uow import UnitOfWork, principal_scope
from talkhub.strict_json import read_json

PATH = "/api/v1/conversations/<conversation_id>/corrections"
SCOPES = [Scope.ANALYSIS_WRITE]


class CorrectionRequest(BaseModel):
    """What is right; what is left out stays as it is. With a message's id it is of that message."""

    model_config = ConfigDict(extra="forbid")

    message_id: str | None = Field(default=None, min_length=1, max_length=64)
    intent: str | None = None
    sentiment: str | None = None
    outcome: str | None = None
    resolution: str | None = None
    intents: list[str] | None = None


def create_blueprint(runtime: Runtime, gate: Gate) -> Blueprint:
    """Return the routes on which corrections are made, listed and undone."""
    blueprint = Blueprint("corrections", __name__)
    database = runtime.database

    @blueprint.get(PATH, endpoint="list")
    @gate.open_to_tokens("list_corrections", scopes=SCOPES)
    def list_(principal: Principal, conversation_id: str) -> Response:
        """List what was corrected of a conversation, the latest first, and what counts now."""
        with database.read_only(principal_scope(principal)) as uow:
            document = _document(uow, conversation_id)
        return private_answer(document)

    @blueprint.post(PATH)
    @gate.open_to_tokens("correct_analysis", scopes=SCOPES)
    def add(principal: Principal, conversation_id: str) -> Response:
        """Correct the labels of a conversation, or of one of its messages."""
        given = CorrectionRequest.model_validate(read_json(request.get_data()))
        said = given.model_dump(exclude={"message_id"}, exclude_none=True)
        with database.unit_of_work(principal_scope(principal)) as uow:
            correct(uow, conversation_id, said, message_id=given.message_id)
            document = _document(uow, conversation_id)
        response = private_answer(document, 201)
        response.headers["Location"] = url_for("corrections.list", conversation_id=conversation_id)
        return response

    @blueprint.delete(f"{PATH}/<int:correction_id>")
    @gate.open_to_tokens("undo_correction", scopes=SCOPES)
    def take_back(principal: Principal, conversation_id: str, correction_id: int) -> Response:
        """Undo a correction."""
        with database.unit_of_work(principal_scope(principal)) as uow:
            undo(uow, conversation_id, correction_id)
        return Response(status=204)

    return blueprint


def _document(uow: UnitOfWork, conversation_id: str) -> dict[str, Any]:
    found = find_transcript(uow, conversation_id)
    if found is None:
        raise NotFound("There is no such conversation.")
    corrections = list_corrections(uow, conversation_id)
    said = standing(corrections)
    analysed = (found.result or {}).get("messages", ())
    return {
        "conversation_id": conversation_id,
        "intent_analysis": found.intent_analysis,
        "messages": [_of_message(it, said.get(it["message_id"], {})) for it in analysed],
        "corrections": [_shown(it) for it in corrections],
    }


def _of_message(analysed: Mapping[str, Any], said: Said) -> dict[str, Any]:
    """Return what counts of a message, with the words that speak for what was found in it."""
    counts = {**analysed, **found_in(said)}
    return {
        **{name: counts[name] for name in ("message_id", "language", "sentiment", "score")},
        "intents": [{"intent": name, "confidence": sure} for name, sure in counts["intents"]],
        "reasons": counts["reasons"],
        "is_corrected": bool(said),
    }


def _shown(correction: Correction) -> dict[str, Any]:
    """Return a correction with its intents as the list that they were given as."""
    shown = asdict(correction)
    if correction.field == Correctable.INTENTS:
        shown["value"] = intents_in(correction.value)
        shown["previous"] = intents_in(correction.previous) if correction.previous else None
    return shown
