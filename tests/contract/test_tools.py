"""Every tool keeps the contract that its one definition makes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from callers import Caller
from factories import transcript
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator
from providers import hear_from

from talkhub.names import Scope
from talkhub.store.uow import Database
from talkhub.tools.catalogue import registry
from talkhub.tools.spec import ToolInput, ToolOutput, ToolRegistry, ToolSpec

TOOLS = pytest.mark.parametrize("spec", list(registry), ids=lambda spec: spec.name)
EXAMPLES: dict[str, dict[str, Any]] = {
    "create_chat_session": {
        "user_id": "ana",
        "user_data": {"name": "Ana"},
        "platform": "whatsapp",
    },
    "save_conversation": {
        "session_id": "s",
        "user_id": "ana",
        "messages": transcript("oi", "olá"),
        "intent_analysis": {"intent": "support"},
        "metadata": {"campaign": "natal"},
    },
    "get_user_context": {"user_id": "ana", "include_history": True},
    "search_memory": {"user_id": "ana", "query": "olá", "limit": 5},
    "update_user_profile": {"user_id": "ana", "profile_data": {"name": "Ana", "tags": ["vip"]}},
    "get_conversation_analytics": {
        "date_range": {"start": "2026-01-01"},
        "metrics": ["total_conversations", "peak_hours"],
    },
    "list_conversations": {"channel": ["api"], "limit": 5},
    "list_profiles": {"label": ["vip"], "start": "2026-01-01"},
    "send_message": {"user_id": "ana", "template": "Olá, {first_name|tudo bem}!", "role": "bot"},
    "get_message": {"id": 1},
    "record_event": {"user_id": "ana", "name": "order_paid", "value": 99.9},
    "record_score": {"user_id": "ana", "kind": "csat", "score": 5, "comment": "ótimo"},
    "get_satisfaction": {"granularity": "week", "compare": True},
    "get_retention": {"granularity": "month"},
    "get_funnel": {"steps": ["order_paid"]},
}
ANSWERED_WITHOUT_ANYBODY = pytest.mark.parametrize(
    "spec",
    [spec for spec in registry if spec.name not in {"send_message", "get_message"}],
    ids=lambda spec: spec.name,
)


def test_every_tool_has_an_example_and_every_example_a_tool() -> None:
    assert set(EXAMPLES) == set(registry.specs)


@TOOLS
def test_the_schemas_are_valid_json_schema(spec: ToolSpec) -> None:
    listing = spec.listing()

    Draft202012Validator.check_schema(listing["inputSchema"])
    Draft202012Validator.check_schema(listing["outputSchema"])


@TOOLS
def test_the_description_is_made_of_sentences(spec: ToolSpec) -> None:
    assert spec.description.endswith(".")
    assert spec.description[0].isupper()
    assert spec.title


@TOOLS
def test_every_argument_and_result_is_typed(spec: ToolSpec) -> None:
    listing = spec.listing()

    assert listing["inputSchema"]["additionalProperties"] is False
    for schema in (listing["inputSchema"], listing["outputSchema"]):
        assert schema["type"] == "object"
        assert all(set(described) - {"title"} for described in schema["properties"].values())


@TOOLS
def test_the_example_fits_the_input_schema(spec: ToolSpec) -> None:
    Draft202012Validator(spec.listing()["inputSchema"]).validate(EXAMPLES[spec.name])


@TOOLS
def test_the_answer_is_what_the_output_schema_says(
    caller: Caller, database: Database, drain: Callable[[], None], spec: ToolSpec
) -> None:
    caller.tool("save_conversation", EXAMPLES["save_conversation"])
    hear_from(database, caller, "ana")
    drain()
    sent = caller.tool("send_message", EXAMPLES["send_message"]).json

    example = {"id": sent["id"]} if spec.name == "get_message" else EXAMPLES[spec.name]
    answer = caller.tool(spec.name, example)

    assert answer.status_code == spec.success_status
    spec.output_model.model_validate_json(answer.data)
    schema = spec.listing()["outputSchema"]
    Draft202012Validator(schema).validate(answer.json)


@ANSWERED_WITHOUT_ANYBODY
def test_an_empty_answer_is_what_the_output_schema_says(caller: Caller, spec: ToolSpec) -> None:
    answer = caller.tool(spec.name, EXAMPLES[spec.name])

    spec.output_model.model_validate_json(answer.data)


@TOOLS
def test_without_a_token_nothing_is_done(client: FlaskClient, spec: ToolSpec) -> None:
    answer = client.post(f"/api/v1/mcp/{spec.name}", json=EXAMPLES[spec.name])

    assert answer.status_code == 401


@TOOLS
def test_a_token_of_every_other_scope_is_not_enough(
    caller: Caller, sign_token: Callable[..., str], spec: ToolSpec
) -> None:
    others = [scope for scope in Scope if scope != spec.scope]
    caio = Caller(caller.client, caller.workspace_id, sign_token(caller.workspace_id, *others))

    assert caio.tool(spec.name, EXAMPLES[spec.name]).status_code == 403


@TOOLS
def test_an_unknown_field_is_refused_by_its_name(caller: Caller, spec: ToolSpec) -> None:
    refused = caller.tool(spec.name, {**EXAMPLES[spec.name], "surprise": 1})

    assert refused.status_code == 422
    assert [error["pointer"] for error in refused.json["errors"]] == ["/surprise"]


@TOOLS
def test_the_listing_is_the_tools_own(caller: Caller, spec: ToolSpec) -> None:
    listed = caller.get("/api/v1/mcp/tools").json["tools"]

    assert [tool for tool in listed if tool["name"] == spec.name] == [spec.listing()]


@TOOLS
def test_a_tool_that_says_it_only_reads_cannot_write(spec: ToolSpec) -> None:
    writes = {Scope.MCP_WRITE, Scope.PROFILE_WRITE, Scope.MESSAGES_SEND}

    assert spec.read_only == (spec.scope not in writes)


def test_two_tools_of_one_name_are_refused() -> None:
    tools = ToolRegistry()
    register = tools.tool(title="T", scope=Scope.MCP_READ, output=ToolOutput)

    def tool(uow: object, args: ToolInput) -> dict[str, Any]:
        return {}

    register(tool)
    with pytest.raises(ValueError, match="two tools are named tool"):
        register(tool)
