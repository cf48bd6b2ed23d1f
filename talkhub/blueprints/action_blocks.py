"""The action blocks of flow builders, as the original README writes them.

`{"integration": "mcp_server", "action": …, "parameters": …}`, or with `tool` in the place
of `action` and the name of an `output_variable`. They run a tool as its REST route does.
"""

from __future__ import annotations

from typing import Any, TypeGuard

from flask import Response, request

from talkhub import json_codec
from talkhub.blueprints.answers import json_answer
from talkhub.blueprints.api import run_tool, take_idempotency_key
from talkhub.blueprints.gate import CALLED_KEY, Called
from talkhub.errors import BadRequest, Invalid
from talkhub.names import RequestChannel
from talkhub.security import Principal
from talkhub.store.uow import Database
from talkhub.strict_json import JSONValue, read_event, read_json
from talkhub.tools.catalogue import registry
from talkhub.tools.spec import ToolSpec

INTEGRATION = "mcp_server"
LONGEST_VARIABLE = 100


def is_action_block(document: JSONValue) -> TypeGuard[dict[str, Any]]:
    """Tell an action block from a JSON-RPC message."""
    return isinstance(document, dict) and "integration" in document and "jsonrpc" not in document


def refuse_action_block(raw: bytes) -> None:
    """Raise Invalid with the right address for a block that was sent where events belong."""
    if b'"integration"' not in raw:
        return
    try:
        document = read_event(raw)
    except BadRequest:
        return
    if is_action_block(document) and document["integration"] == INTEGRATION:
        raise Invalid.at(
            "integration",
            detail="This is an action for the MCP server: post it to /mcp with a bearer token.",
            code="wrong_address",
        )


class ActionBlocks:
    """Runs the tools that action blocks name."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def answer(self, principal: Principal, block: dict[str, Any]) -> Response:
        """Answer as the tool's REST route; a second time under the block's variable."""
        spec = _tool(block)
        request.environ[CALLED_KEY] = Called(RequestChannel.MCP, spec.name)
        variable = _variable(block)
        arguments = take_idempotency_key(spec, _parameters(block))
        answer = run_tool(self._database, principal, spec, arguments)
        if variable is not None:
            told = json_codec.loads(answer) if isinstance(answer, bytes) else answer
            answer = {**told, variable: told}
        return json_answer(answer, spec.success_status)


def _tool(block: dict[str, Any]) -> ToolSpec:
    if block["integration"] != INTEGRATION:
        raise Invalid.at(
            "integration", detail=f"The integration is `{INTEGRATION}`.", code="unknown_integration"
        )
    member = "tool" if "tool" in block else "action"
    name = block.get(member)
    spec = registry.specs.get(name) if isinstance(name, str) else None
    if spec is None:
        known = ", ".join(registry.specs)
        raise Invalid.at(
            member, detail=f"There is no such action; there are {known}.", code="unknown_action"
        )
    return spec


def _parameters(block: dict[str, Any]) -> dict[str, Any]:
    given = block.get("parameters", {})
    if isinstance(given, str):  # some builders send what they built as a text
        given = read_json(given.encode("utf-8", "surrogatepass"))
    if not isinstance(given, dict):
        raise Invalid.at("parameters", detail="This must be an object.", code="not_an_object")
    return dict(given)


def _variable(block: dict[str, Any]) -> str | None:
    name = block.get("output_variable")
    if name is None or name == "":
        return None
    if not isinstance(name, str) or len(name) > LONGEST_VARIABLE:
        raise Invalid.at(
            "output_variable", detail="This must be a short text.", code="variable_invalid"
        )
    return name
