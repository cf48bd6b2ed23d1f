"""A workspace's own intents and topics over REST. Authentication: a token with `analysis:write`."""

from __future__ import annotations

from dataclasses import asdict

from flask import Blueprint, Response, request, url_for
from pydantic import BaseModel, ConfigDict

from talkhub.blueprints.answers import private_answer
from talkhub.blueprints.gate import Gate
from talkhub.blueprints.runtime import Runtime
from talkhub.names import Scope
from talkhub.names.labels import OwnKind
from talkhub.security import Principal
from talkhub.services.labelling.own_labels import delete_label, list_labels, set_label
from talkhub.services.labelling.own_models import ask_for_model, list_models, use_model
from talkhub.store.uow import principal_scope
from talkhub.strict_json import read_json

LABELS = "/api/v1/own-labels"
MODELS = "/api/v1/own-models"
SCOPES = [Scope.ANALYSIS_WRITE]


class LabelRequest(BaseModel):
    """What a label is, and phrases that mean it."""

    model_config = ConfigDict(extra="forbid")

    kind: str = OwnKind.INTENT
    phrases: list[str]


def create_blueprint(runtime: Runtime, gate: Gate) -> Blueprint:
    """Return the routes on which labels are kept, learned, and put to use."""
    blueprint = Blueprint("own_labels", __name__)
    _add_labels(blueprint, runtime, gate)
    _add_models(blueprint, runtime, gate)
    return blueprint


def _add_labels(blueprint: Blueprint, runtime: Runtime, gate: Gate) -> None:
    database = runtime.database

    @blueprint.get(LABELS, endpoint="list")
    @gate.open_to_tokens("list_own_labels", scopes=SCOPES)
    def list_(principal: Principal) -> Response:
        """List the workspace's own intents and topics with their phrases."""
        with database.read_only(principal_scope(principal)) as uow:
            found = list_labels(uow)
        return private_answer({"labels": [asdict(label) for label in found]})

    @blueprint.put(f"{LABELS}/<name>")
    @gate.open_to_tokens("set_own_label", scopes=SCOPES)
    def set_(principal: Principal, name: str) -> Response:
        """Add a label, or replace its phrases."""
        given = LabelRequest.model_validate(read_json(request.get_data()))
        with database.unit_of_work(principal_scope(principal)) as uow:
            is_new = set_label(uow, name, kind=given.kind, phrases=given.phrases)
        return Response(status=201 if is_new else 204)

    @blueprint.delete(f"{LABELS}/<name>")
    @gate.open_to_tokens("delete_own_label", scopes=SCOPES)
    def delete(principal: Principal, name: str) -> Response:
        """Remove a label."""
        with database.unit_of_work(principal_scope(principal)) as uow:
            delete_label(uow, name)
        return Response(status=204)


def _add_models(blueprint: Blueprint, runtime: Runtime, gate: Gate) -> None:
    database = runtime.database

    @blueprint.get(MODELS)
    @gate.open_to_tokens("list_own_models", scopes=SCOPES)
    def models(principal: Principal) -> Response:
        """List the versions that were learned, with their reports."""
        with database.read_only(principal_scope(principal)) as uow:
            found = list_models(uow)
        return private_answer({"models": [asdict(model) for model in found]})

    @blueprint.post(MODELS)
    @gate.open_to_tokens("ask_for_own_model", scopes=SCOPES)
    def ask(principal: Principal) -> Response:
        """Have the labels as they stand learned, and put to use."""
        with database.unit_of_work(principal_scope(principal)) as uow:
            version = ask_for_model(uow)
        response = private_answer({"version": version}, 202)
        response.headers["Location"] = url_for("own_labels.models")
        return response

    @blueprint.post(f"{MODELS}/<int:version>/use")
    @gate.open_to_tokens("use_own_model", scopes=SCOPES)
    def use(principal: Principal, version: int) -> Response:
        """Put a version to use again."""
        with database.unit_of_work(principal_scope(principal)) as uow:
            use_model(uow, version)
        return Response(status=204)

    @blueprint.delete(f"{MODELS}/in-use")
    @gate.open_to_tokens("use_no_own_model", scopes=SCOPES)
    def use_none(principal: Principal) -> Response:
        """Put no version to use: only our own labels are found from now on."""
        with database.unit_of_work(principal_scope(principal)) as uow:
            use_model(uow, None)
        return Response(status=204)
