"""OpenAPI 3.1, derived from the registry; and the exports."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from pydantic.json_schema import models_json_schema

from talkhub import __version__
from talkhub.services.exporting.export_formats import MEDIA_TYPES, ExportFormat
from talkhub.services.exporting.exports import ExportKind
from talkhub.tools.catalogue import registry
from talkhub.tools.exports import AskedExport
from talkhub.tools.spec import ToolInput, ToolSpec

_PROBLEM = {
    "type": "object",
    "description": "What went wrong (RFC 9457).",
    "required": ["type", "title", "status"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string"},
        "request_id": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "pointer": {"type": "string"},
                    "detail": {"type": "string"},
                    "code": {"type": "string"},
                },
            },
        },
    },
}

_REFUSED = {
    "description": "Refused or failed.",
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
}


@cache
def openapi_document(prefix: str) -> dict[str, Any]:
    """Return the document that describes the tools' REST faces below `prefix`."""
    specs = list(registry)
    inputs = [(spec.input_model, "validation") for spec in specs]
    outputs = [(spec.output_model, "serialization") for spec in specs]
    references, definitions = models_json_schema(
        [*inputs, *outputs],  # type: ignore[list-item]
        ref_template="#/components/schemas/{model}",
    )
    paths: dict[str, Any] = {}
    for spec in specs:
        body = references[spec.input_model, "validation"]
        answer = references[spec.output_model, "serialization"]
        paths[f"{prefix}/mcp/{spec.name}"] = {"post": _operation(spec, answer, body=body)}
        for face in spec.faces:
            path = re.sub(r"<(\w+)>", r"{\1}", f"{prefix}{face.path}")
            method = face.method.lower()
            operation = (
                _operation(spec, answer, query=True, path=path, suffix="_get")
                if method == "get"
                else _operation(
                    spec, answer, body=body, path=path, suffix=f"_{method}{path.count('{')}"
                )
            )
            paths.setdefault(path, {})[method] = operation
    paths[f"{prefix}/exports/{{file_name}}"] = {"get": _export()}
    return {
        "openapi": "3.1.0",
        "info": {"title": "TalkHub MCP Server", "version": __version__},
        "paths": paths,
        "components": {
            "schemas": {**definitions["$defs"], "Problem": _PROBLEM},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"token": []}],
    }


def _operation(
    spec: ToolSpec,
    answer: dict[str, Any],
    *,
    body: dict[str, Any] | None = None,
    query: bool = False,
    path: str = "",
    suffix: str = "",
) -> dict[str, Any]:
    in_path = set(re.findall(r"{(\w+)}", path))
    operation: dict[str, Any] = {
        "operationId": spec.name + suffix,
        "summary": spec.title,
        "description": spec.description,
        "parameters": _parameters(spec.input_model, in_path, query=query),
        "responses": {
            str(spec.success_status): {
                "description": "Done.",
                "content": {"application/json": {"schema": answer}},
            },
            "default": _REFUSED,
        },
    }
    if body is not None:
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": body}},
        }
    return operation


def _export() -> dict[str, Any]:
    """Describe the exports, which are no tool: they answer with a file."""
    names = [f"{kind}.{form}" for kind in ExportKind for form in ExportFormat]
    parameters = _parameters(AskedExport, set(), query=True)
    in_path = {"name": "file_name", "in": "path", "required": True, "schema": {"enum": names}}
    return {
        "operationId": "export",
        "summary": "Export rows",
        "description": "Send the rows of conversations, their messages or people as a file.",
        "parameters": [in_path, *parameters],
        "responses": {
            "200": {
                "description": "The file.",
                "content": {media_type: {} for media_type in MEDIA_TYPES.values()},
            },
            "default": _REFUSED,
        },
    }


def _parameters(model: type[ToolInput], in_path: set[str], *, query: bool) -> list[dict[str, Any]]:
    schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
    parameters: list[dict[str, Any]] = []
    for name, described in schema["properties"].items():
        if name in in_path:
            parameters.append(
                {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
            )
        elif query:
            is_required = name in schema.get("required", [])
            parameters.append(
                {
                    "name": name,
                    "in": "query",
                    "required": is_required,
                    "description": described.get("description", ""),
                    "schema": {"type": "string"},
                }
            )
    return parameters
