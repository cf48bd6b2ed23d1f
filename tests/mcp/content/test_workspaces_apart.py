"""Nothing that the protocol or its REST twin answers ever tells of another workspace.

Built from the registries: whatever is registered is asked, by a stranger with the ids of
Ana's workspace, and must answer as if nobody had these ids.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import pytest
from callers import Caller
from factories import make_workspace
from rpc import Rpc
from werkzeug.test import TestResponse

from talkhub.mcp.content.addresses import address
from talkhub.mcp.content.prompts import prompts
from talkhub.mcp.content.resources import resources, templates
from talkhub.store.uow import Database
from talkhub.tools.catalogue import registry

MARK = "segredo-da-ana"
DAY = "2026-03-02"
MESSAGES = [{"role": "user", "content": "oi", "timestamp": f"{DAY}T12:00:00Z"}]
OTHERWISE: dict[str, Any] = {
    "messages": MESSAGES,
    "profile_data": {"tags": ["x"]},
    "start": DAY,
    "end": DAY,
    "query": "péssimo",
    "id": 1,
    "name": "visit",
    "kind": "csat",
    "score": 1,
}
"""What else is required, beside ids. Whatever is new and required must be added here."""

CHANGING = [
    (re.compile(r"\d{4}-\d\d-\d\d[T ][0-9:.]+(Z|\+00:00)?"), "TIME"),
    (re.compile(r"\b(session|conv|conversation)_[0-9A-Za-z_-]{8,}"), "NEW-ID"),
    (re.compile(r'"(id|instance|request_id)": ("[^"]*"|\d+)'), "ROW"),
    (re.compile(r'\\"(id|instance|request_id)\\": ?(\\"[^"]*\\"|\d+)'), "ROW"),
    (re.compile(r"\b[0-9a-f]{16,}\b|\bm[0-9a-f]{15}\b"), "HEX"),
]
Ask = Callable[[Rpc, Caller, dict[str, str]], TestResponse]


@dataclass(frozen=True)
class Who:
    """Someone with a token of one workspace."""

    rpc: Rpc
    caller: Caller


@pytest.fixture
def someone(client, database: Database, sign_token: Callable[..., str]) -> Callable[[], Who]:
    """Make someone in a workspace of their own."""

    def make() -> Who:
        workspace = make_workspace(database)
        token = sign_token(workspace)
        return Who(Rpc(client, token), Caller(client, workspace, token))

    return make


@pytest.fixture
def anas_ids(rpc: Rpc, caller: Caller, drain: Callable[[], None]) -> dict[str, str]:
    """The ids of a workspace in which every text carries the mark."""
    user_id = f"u-{secrets.token_hex(8)}"
    opened = caller.tool(
        "create_chat_session",
        {"user_id": user_id, "user_data": {"name": MARK}, "platform": MARK},
    ).json
    messages = [{"role": "user", "content": f"{MARK} péssimo"}, {"role": "bot", "content": MARK}]
    session = {"session_id": opened["session_id"], "user_id": user_id}
    saved = caller.tool("save_conversation", {**session, "messages": messages})
    assert saved.status_code == 200
    given = {"tags": [MARK], "preferences": {"a": MARK}, "custom_field": MARK}
    caller.tool("update_user_profile", {"user_id": user_id, "profile_data": given})
    drain()
    return {**session, "conversation_id": saved.json["conversation_id"]}


def nobodys(ids: dict[str, str]) -> dict[str, str]:
    """Return ids of the same form that nobody has."""
    return {name: f"u-{secrets.token_hex(8)}" for name in ids}


def tool_arguments(model: Any, ids: dict[str, str]) -> dict[str, Any]:
    """Return what a tool requires, and every id that it takes."""
    return {
        name: ids.get(name) or OTHERWISE[name]
        for name, field in model.model_fields.items()
        if name in ids or field.is_required()
    }


def read(uri: str) -> Ask:
    return lambda rpc, _caller, ids: rpc.modern(
        "resources/read", {"uri": address(uri, **places(uri, ids))}
    )


def places(form: str, ids: dict[str, str]) -> dict[str, str]:
    return {name: ids.get(name) or OTHERWISE[name] for name in re.findall(r"\{(\w+)\}", form)}


def call_tool(spec: Any) -> Ask:
    return lambda rpc, _caller, ids: rpc.modern(
        "tools/call", {"name": spec.name, "arguments": tool_arguments(spec.input_model, ids)}
    )


def call_rest(spec: Any) -> Ask:
    return lambda _rpc, caller, ids: caller.tool(spec.name, tool_arguments(spec.input_model, ids))


def get_prompt(prompt: Any) -> Ask:
    required = [each["name"] for each in prompt.descriptor["arguments"] if each["required"]]
    return lambda rpc, _caller, ids: rpc.modern(
        "prompts/get",
        {"name": prompt.name, "arguments": {name: ids[name] for name in required}},
    )


def complete(reference: dict[str, str], argument: str, *, typed: bool) -> Ask:
    return lambda rpc, _caller, ids: rpc.modern(
        "completion/complete",
        {
            "ref": reference,
            "argument": {"name": argument, "value": ids.get(argument, "")[:9] if typed else ""},
        },
    )


def list_all(method: str) -> Ask:
    return lambda rpc, _caller, _ids: rpc.modern(method)


def asked() -> Iterator[tuple[str, Ask]]:
    """Yield everything that is registered, with a name for the test."""
    for spec in registry:
        yield f"tool {spec.name}", call_tool(spec)
        yield f"rest {spec.name}", call_rest(spec)
    for uri in [each.descriptor["uri"] for each in resources()]:
        yield f"read {uri}", read(uri)
    for template in templates():
        form = template.descriptor["uriTemplate"]
        yield f"read {form}", read(form)
        for name in template.completers:
            for typed in (True, False):
                reference = {"type": "ref/resource", "uri": form}
                yield f"complete {form} {name} {typed}", complete(reference, name, typed=typed)
    for prompt in prompts():
        yield f"prompt {prompt.name}", get_prompt(prompt)
        for name in prompt.completers:
            for typed in (True, False):
                reference = {"type": "ref/prompt", "name": prompt.name}
                yield (
                    f"complete {prompt.name} {name} {typed}",
                    complete(reference, name, typed=typed),
                )
    for method in ("tools/list", "resources/list", "resources/templates/list", "prompts/list"):
        yield method, list_all(method)


EVERYTHING = dict(asked())
TELLING = [
    "tool get_user_context",
    "rest get_user_context",
    "tool search_memory",
    "rest search_memory",
    "tool list_profiles",
    "rest list_profiles",
    "read talkhub://users/{user_id}/profile",
    "read talkhub://users/{user_id}/context",
    "read talkhub://sessions/{session_id}",
    "read talkhub://conversations/{conversation_id}/transcript",
    "prompt summarize_conversation",
    "prompt answer_customer",
    "prompt retention_plan",
    "resources/list",
]
"""What tells Ana of her own marked texts, so that its silence towards others means something."""


def told(answer: TestResponse, ids: dict[str, str]) -> tuple[int, str]:
    """Return an answer without what differs from call to call, and with ids by their names."""
    text = json.dumps(answer.json, ensure_ascii=False)
    for name, value in ids.items():
        text = text.replace(value, name).replace(quote(value, safe=""), name)
    for pattern, name in CHANGING:
        text = pattern.sub(name, text)
    return answer.status_code, text


@pytest.mark.parametrize("name", list(EVERYTHING))
def test_a_stranger_is_answered_as_if_nobody_had_the_ids(
    someone: Callable[[], Who], anas_ids: dict[str, str], name: str
) -> None:
    ask, stranger, other, unknown = EVERYTHING[name], someone(), someone(), nobodys(anas_ids)

    answer = ask(stranger.rpc, stranger.caller, anas_ids)
    expected = ask(other.rpc, other.caller, unknown)

    assert MARK not in json.dumps(answer.json, ensure_ascii=False)
    assert told(answer, anas_ids) == told(expected, unknown)
    assert answer.status_code < 500


@pytest.mark.parametrize("name", TELLING)
def test_ana_is_told_what_is_hers(
    rpc: Rpc, caller: Caller, anas_ids: dict[str, str], name: str
) -> None:
    assert MARK in json.dumps(EVERYTHING[name](rpc, caller, anas_ids).json, ensure_ascii=False)


@pytest.mark.parametrize("argument", ["user_id", "session_id", "conversation_id"])
def test_ana_has_her_own_ids_completed(
    rpc: Rpc, caller: Caller, anas_ids: dict[str, str], argument: str
) -> None:
    for name, ask in EVERYTHING.items():
        if name.startswith("complete ") and f" {argument} " in name:
            values = ask(rpc, caller, anas_ids).json["result"]["completion"]["values"]
            assert values == [anas_ids[argument]]


def test_what_a_stranger_writes_under_anas_ids_changes_nothing_of_hers(
    rpc: Rpc, caller: Caller, someone: Callable[[], Who], anas_ids: dict[str, str]
) -> None:
    stranger = someone()
    reads = [EVERYTHING[name] for name in TELLING]
    before = [told(ask(rpc, caller, anas_ids), {}) for ask in reads]

    for spec in registry:
        call_tool(spec)(stranger.rpc, stranger.caller, anas_ids)

    assert [told(ask(rpc, caller, anas_ids), {}) for ask in reads] == before
