"""API keys over REST. Authentication: a bearer token with `keys:manage`, which no key has."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta

from flask import Blueprint, Response, request, url_for
from pydantic import BaseModel, ConfigDict, Field

from talkhub.blueprints.answers import private_answer
from talkhub.blueprints.gate import Gate
from talkhub.blueprints.runtime import Runtime
from talkhub.names import Scope
from talkhub.security import Principal
from talkhub.services.access.api_keys import NewKey, create_api_key, revoke_api_key, rotate_api_key
from talkhub.store.queries.api_keys import list_api_keys
from talkhub.store.uow import principal_scope
from talkhub.strict_json import read_json

PATH = "/api/v1/api-keys"
LONGEST_DAYS = 3650


class ApiKeyRequest(BaseModel):
    """What a new key is to be."""

    model_config = ConfigDict(extra="forbid")

    name: str
    scopes: list[str]
    expires_in_days: int | None = Field(default=None, ge=1, le=LONGEST_DAYS)


def create_blueprint(runtime: Runtime, gate: Gate) -> Blueprint:
    """Return the routes on which keys are made, listed, rotated and revoked."""
    blueprint = Blueprint("api_keys", __name__)
    database = runtime.database

    @blueprint.get(PATH, endpoint="list")
    @gate.open_to_tokens("list_api_keys", scopes=[Scope.KEYS_MANAGE])
    def list_(principal: Principal) -> Response:
        """List the workspace's keys; the keys themselves are shown once, when they are made."""
        with database.read_only(principal_scope(principal)) as uow:
            keys = list_api_keys(uow)
        return private_answer({"api_keys": [asdict(key) for key in keys]})

    @blueprint.post(PATH)
    @gate.open_to_tokens("create_api_key", scopes=[Scope.KEYS_MANAGE])
    def create(principal: Principal) -> Response:
        """Make a key."""
        given = ApiKeyRequest.model_validate(read_json(request.get_data()))
        days = given.expires_in_days
        with database.unit_of_work(principal_scope(principal)) as uow:
            made = create_api_key(
                uow,
                name=given.name,
                scopes=given.scopes,
                lifetime=None if days is None else timedelta(days=days),
            )
        return _made(made)

    @blueprint.post(f"{PATH}/<int:key_id>/rotate")
    @gate.open_to_tokens("rotate_api_key", scopes=[Scope.KEYS_MANAGE])
    def rotate(principal: Principal, key_id: int) -> Response:
        """Make a key's successor; the old one stays valid for a day."""
        with database.unit_of_work(principal_scope(principal)) as uow:
            made = rotate_api_key(uow, key_id)
        return _made(made)

    @blueprint.delete(f"{PATH}/<int:key_id>")
    @gate.open_to_tokens("revoke_api_key", scopes=[Scope.KEYS_MANAGE])
    def revoke(principal: Principal, key_id: int) -> Response:
        """Revoke a key."""
        with database.unit_of_work(principal_scope(principal)) as uow:
            revoke_api_key(uow, key_id)
        runtime.revoked.forget()
        return Response(status=204)

    return blueprint


def _made(made: NewKey) -> Response:
    document = {
        "id": made.id,
        "name": made.name,
        "key": made.text,
        "scopes": made.scopes,
        "expires_at": made.expires_at,
    }
    response = private_answer(document, 201)
    response.headers["Location"] = url_for("api_keys.list")
    return response
