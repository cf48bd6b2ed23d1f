"""The graph over HTTP. Authentication: a bearer token with the scopes of what is asked."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request

from talkhub.blueprints.answers import private_answer
from talkhub.blueprints.bodies import read_body
from talkhub.blueprints.gate import Gate
from talkhub.blueprints.runtime import Runtime
from talkhub.errors import Invalid
from talkhub.graphql.request import GraphRequest
from talkhub.security import Principal
from talkhub.store.uow import principal_scope
from talkhub.strict_json import read_json

PATH = "/api/v1/graphql"
MEDIA_TYPE = "application/graphql-response+json"


def create_blueprint(runtime: Runtime, gate: Gate) -> Blueprint:
    """Return the route; what answers it is imported with the first request, as few are asked."""
    blueprint = Blueprint("graphql", __name__)
    introspection = runtime.settings.graphql_introspection

    @blueprint.post(PATH)
    @gate.open_to_tokens("graphql")
    def answer(principal: Principal) -> Response:
        """Answer one request. Its fields say which scopes they need."""
        from talkhub.graphql.answering import answered

        asked = _asked()
        with runtime.database.read_only(principal_scope(principal)) as uow:
            document = answered(uow, principal, asked, introspection=introspection)
        return _response(document)

    return blueprint


def _asked() -> GraphRequest:
    body = read_json(read_body(request))
    if not isinstance(body, dict):
        raise Invalid.at(detail="Send one request, as a JSON object.", code="not_an_object")
    return GraphRequest.model_validate(body)


def _response(document: dict[str, Any]) -> Response:
    """Return an answer as its client understands it (GraphQL over HTTP).

    Whoever knows the newer media type is told of a request that could not be begun by its status.
    """
    if MEDIA_TYPE not in request.accept_mimetypes.values():
        return private_answer(document)
    response = private_answer(document, 200 if "data" in document else 400)
    response.mimetype = MEDIA_TYPE
    return response
