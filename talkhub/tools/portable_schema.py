"""JSON schemas without references, for readers that follow none."""

from __future__ import annotations

from functools import cache
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode

_DEFINITIONS = "#/$defs/"


@cache
def portable_schema(model: type[BaseModel], mode: JsonSchemaMode = "validation") -> dict[str, Any]:
    """Return a model's schema, its definitions written where they are used.

    Pydantic's titles repeat the names and are left out: language models read every word.
    Recursive models have no such schema. All callers share it: it is for reading.
    """
    schema = model.model_json_schema(mode=mode)
    written: dict[str, Any] = _written_out(schema, schema.pop("$defs", {}))
    return written


def _written_out(value: Any, definitions: dict[str, Any]) -> Any:
    if isinstance(value, list):
        return [_written_out(each, definitions) for each in value]
    if not isinstance(value, dict):
        return value
    reference = value.get("$ref")
    if isinstance(reference, str):
        definition = definitions[reference.removeprefix(_DEFINITIONS)]
        own = {name: each for name, each in value.items() if name != "$ref"}
        return _written_out({**definition, **own}, definitions)
    return {
        name: (
            {each: _written_out(schema, definitions) for each, schema in inner.items()}
            if name == "properties"
            else _written_out(inner, definitions)
        )
        for name, inner in value.items()
        if not (name == "title" and isinstance(inner, str))
    }
