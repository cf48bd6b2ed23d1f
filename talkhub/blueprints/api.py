"""The tools over REST. Authentication: a bearer token with the tool's scope."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, Response, request

from talkhub import __version__
from talkhub.blueprints.answers import json_answer
from talkhub.blueprints.bodies import read_body
from talkhub.blueprints.gate import Gate
from talkhub.blueprints.runtime import Runtime
from talkhub.errors import Invalid
from talkhub.names import Scope
from talkhub.security import Principal, require_scope
from talkhub.store.uow import Database, principal_scope
from talkhub.strict_json import read_json
from talkhub.tools.catalogue import registry
from talkhub.tools.openapi import openapi_document
from talkhub.tools.spec import Answer, ToolSpec

PREFIX = "/api/v1"
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def create_blueprint(runtime: Runtime, gate: Gate) -> Blueprint:
    """Return the tool routes, the listing, the OpenAPI document and the connection test."""
    blueprint = Blueprint("api", __name__)
    for spec in registry:
        view = gate.open_to_tokens(spec.name, scopes=[spec.scope])(_view(runtime, spec))
        faces = [("POST", f"/mcp/{spec.name}"), *((face.method, face.path) for face in spec.faces)]
        for number, (method, path) in enumerate(faces):
            blueprint.add_url_rule(
                f"{PREFIX}{path}", f"{spec.name}_{number}", view, methods=[method]
            )

    @blueprint.get(f"{PREFIX}/mcp/tools")
    @gate.open_to_tokens("tools")
    def tools(_principal: Principal) -> Response:
        """List the tools."""
        return json_answer({"tools": [spec.listing() for spec in registry]})

    @blueprint.get(f"{PREFIX}/analytics/series")
    @gate.open_to_tokens("analytics_series", scopes=[Scope.ANALYTICS_READ])
    def series(principal: Principal) -> Response:
        """Tell the analytics step by step alone, by day unless asked otherwise."""
        spec = registry.specs["get_conversation_analytics"]
        arguments = {"granularity": "day", **_arguments(spec, {})}
        answer = run_tool(runtime.database, principal, spec, arguments)
        return _conditional(json_answer(_series_of(answer)))

    @blueprint.get(f"{PREFIX}/test")
    @gate.open_to_tokens("test")
    def test(principal: Principal) -> Response:
        """Tell a caller that its token works, and what it allows."""
        return json_answer(
            {
                "ok": True,
                "user": principal.subject,
                "scopes": sorted(principal.scopes),
                "version": __version__,
            }
        )

    @blueprint.get("/openapi.json")
    @gate.open_to_anyone("openapi")
    def openapi() -> Response:
        """Describe the API."""
        return json_answer(openapi_document(PREFIX))

    return blueprint


def run_tool(
    database: Database, principal: Principal, spec: ToolSpec, arguments: Mapping[str, Any]
) -> Answer:
    """Run a tool for a caller whose token allows it."""
    require_scope(principal, spec.scope)
    open_unit = database.read_only if spec.read_only else database.unit_of_work
    with open_unit(principal_scope(principal)) as uow:
        return spec.call(uow, arguments)


def take_idempotency_key(spec: ToolSpec, arguments: dict[str, Any]) -> dict[str, Any]:
    """Add the header's key where the tool takes one and the arguments name none.

    Clients send the header with every write; most tools need none.
    """
    key = request.environ.get("HTTP_IDEMPOTENCY_KEY")
    if key is not None and "idempotency_key" in spec.input_model.model_fields:
        arguments.setdefault("idempotency_key", key)
    return arguments


def _view(runtime: Runtime, spec: ToolSpec) -> Callable[..., Response]:
    def view(principal: Principal, **path: str) -> Response:
        answer = run_tool(runtime.database, principal, spec, _arguments(spec, path))
        response = json_answer(answer, spec.success_status)
        location = spec.output_model.location
        if location and not spec.read_only and isinstance(answer, dict):
            response.headers["Location"] = PREFIX + location.format_map(answer)
        return _conditional(response) if request.method == "GET" else response

    return view


def _conditional(response: Response) -> Response:
    """Answer 304 to a client that has the same already."""
    response.add_etag()
    response.make_conditional(request)
    return response


def _series_of(answer: Any) -> dict[str, Any]:
    """Return what an answer tells step by step, and of which periods."""
    told = {name: answer[name] for name in ("period", "series")}
    if "previous" in answer:
        told["previous"] = _series_of(answer["previous"])
    return told


def _arguments(spec: ToolSpec, path: dict[str, str]) -> dict[str, Any]:
    """Merge body or query, path and the idempotency header into one set of arguments."""
    if request.method == "GET":
        return query_arguments(path)
    body = read_json(read_body(request))
    if not isinstance(body, dict):
        raise Invalid.at(detail="The body must be a JSON object.", code="not_an_object")
    given = dict(body)
    if path:
        _refuse_unstorable(path)
        given.update(path)
    return take_idempotency_key(spec, given)


def query_arguments(path: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return what a query says, and the path; raises Invalid for what cannot be stored."""
    given: dict[str, Any] = {
        name: values if len(values) > 1 else values[0] for name, values in request.args.lists()
    }
    given.update(path or {})
    _refuse_unstorable(given)
    return given


def _refuse_unstorable(given: Mapping[str, str | list[str]]) -> None:
    for name, value in given.items():
        texts = [name, value] if isinstance(value, str) else [name, *value]
        if any(map(_UNSTORABLE.search, texts)):
            raise Invalid.at(
                _UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", name[:64]),
                detail="This text holds a character that cannot be stored.",
                code="character_invalid",
            )
