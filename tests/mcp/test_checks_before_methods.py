"""What is refused before any method runs, in the order of the specification."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from callers import Caller
from flask.testing import FlaskClient
from rpc import LEGACY, MODERN, Headers, Rpc, modern_params

from requirements import requirement
from talkhub.strict_json import MAX_BODY_BYTES, MAX_VALUES

PING = {"jsonrpc": "2.0", "id": 7, "method": "ping"}
META = "io.modelcontextprotocol/"
LIST: dict[str, Any] = {
    "jsonrpc": "2.0",
    "id": 7,
    "method": "tools/list",
    "params": modern_params({}),
}
LIST_HEADERS: Headers = {"MCP-Protocol-Version": MODERN, "Mcp-Method": "tools/list"}


def error(answer: Any) -> tuple[int, int, object]:
    """Return status, code and id of a JSON-RPC error."""
    return answer.status_code, answer.json["error"]["code"], answer.json["id"]


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://localhost.evil.example"]
)
@requirement("mcp:origin")
def test_a_foreign_origin_is_refused_before_the_token_is_looked_at(
    client: FlaskClient, origin: str
) -> None:
    answer = client.post("/mcp", json=PING, headers={"Origin": origin})

    assert answer.status_code == 403


def test_our_own_origin_is_let_in(rpc: Rpc) -> None:
    assert rpc.post(PING, {"Origin": "http://localhost"}).status_code == 200


def test_an_allowed_origin_is_let_in_and_told_so(
    shared_client: Callable[..., FlaskClient], caller: Caller
) -> None:
    client = shared_client(allowed_origins=("https://*.example.com",))
    own = Rpc(client, caller.token)

    assert own.post(PING, {"Origin": "https://chat.example.com"}).headers[
        "Access-Control-Allow-Origin"
    ] == ("https://chat.example.com")
    assert own.post(PING, {"Origin": "https://example.org"}).status_code == 403


@requirement("mcp:dns-rebinding")
def test_a_page_cannot_reach_a_loopback_address_by_a_name_of_its_own(rpc: Rpc) -> None:
    rebound: Headers = {"Host": "evil.example", "Origin": "http://evil.example"}

    assert rpc.post(PING, rebound).status_code == 403


@pytest.mark.parametrize("changed", [{"trusted_proxies": 1}, {"host": "0.0.0.0"}])  # noqa: S104
def test_elsewhere_the_service_has_any_name(
    shared_client: Callable[..., FlaskClient], caller: Caller, changed: dict[str, Any]
) -> None:
    own = Rpc(shared_client(**changed), caller.token)

    assert own.post(PING, {"Host": "mcp.example.com"}).status_code == 200


@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT", "PATCH"])
@requirement("mcp:post-only")
def test_there_is_only_post(client: FlaskClient, method: str) -> None:
    answer = client.open("/mcp", method=method)

    assert answer.status_code == 405
    assert answer.headers["Allow"] == "POST"


@requirement("mcp:too-large")
def test_a_body_beyond_the_limit_is_413(rpc: Rpc) -> None:
    assert rpc.post(b" " * (MAX_BODY_BYTES + 1)).status_code == 413


@pytest.mark.parametrize("token", ["", "abc", "a.b.c"])
@requirement("mcp:unauthorized")
def test_without_a_valid_token_nothing_of_the_message_is_looked_at(
    client: FlaskClient, token: str
) -> None:
    answer = Rpc(client, token).post(b"not json")

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("body", [b"", b"{", b"nonsense", b"\xff\xfe", b"[" * 100_000, b"NaN"])
@requirement("mcp:parse-error")
def test_what_is_not_json_is_a_parse_error(rpc: Rpc, body: bytes) -> None:
    assert error(rpc.post(body)) == (400, -32700, None)


@pytest.mark.parametrize(
    "body",
    [
        [],
        [PING],
        1,
        "ping",
        None,
        {},
        {"jsonrpc": "1.0", "method": "ping"},
        {"method": "ping"},
        {"jsonrpc": "2.0", "method": 5},
        {"jsonrpc": "2.0"},
        *({**PING, "id": wrong} for wrong in (None, True, 1.5, [], {})),
    ],
    ids=repr,
)
@requirement("mcp:invalid-request")
def test_what_is_no_single_message_is_an_invalid_request(rpc: Rpc, body: object) -> None:
    assert error(rpc.post(json.dumps(body).encode())) == (400, -32600, None)


def test_a_body_of_more_values_than_anyone_needs_is_an_invalid_request(rpc: Rpc) -> None:
    arguments = {f"a{number}": "" for number in range(MAX_VALUES + 1)}
    params = {"name": "weekly_report", "arguments": arguments}
    body = {"jsonrpc": "2.0", "id": 7, "method": "prompts/get", "params": params}

    assert error(rpc.post(body)) == (400, -32600, None)


def test_an_invalid_request_keeps_the_id_that_could_be_read(rpc: Rpc) -> None:
    assert error(rpc.post({"jsonrpc": "2.0", "id": "x", "method": 5})) == (400, -32600, "x")


def test_a_key_that_stands_twice_is_refused_by_its_place(rpc: Rpc) -> None:
    answer = rpc.post(b'{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"}')

    assert error(answer) == (400, -32600, None)
    assert answer.json["error"]["data"][0]["code"] == "duplicate_key"


@pytest.mark.parametrize(
    "body",
    [
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}},
        {"jsonrpc": "2.0", "id": 1, "result": {}},
        {"jsonrpc": "2.0", "id": 1, "error": {"code": 1, "message": "no"}},
    ],
    ids=["initialized", "cancelled", "result", "error"],
)
@requirement("mcp:notifications")
def test_what_needs_no_answer_is_accepted_without_one(rpc: Rpc, body: object) -> None:
    answer = rpc.post(body)

    assert (answer.status_code, answer.data) == (202, b"")


@pytest.mark.parametrize("version", ["2024-11-05", "2025-03-26", "2025-06-18", LEGACY, None])
@requirement("mcp:both-eras")
def test_the_old_revisions_need_no_envelope(rpc: Rpc, version: str | None) -> None:
    answer = rpc.legacy("tools/list", version=version)

    assert answer.status_code == 200
    assert "resultType" not in answer.json["result"]


@pytest.mark.parametrize("version", ["2023-01-01", "nonsense", MODERN])
@requirement("mcp:both-eras")
def test_any_other_version_header_means_the_new_era(rpc: Rpc, version: str) -> None:
    assert error(rpc.legacy("tools/list", version=version)) == (400, -32602, 1)


@pytest.mark.parametrize(
    "meta",
    [
        {f"{META}protocolVersion": MODERN},
        {f"{META}protocolVersion": MODERN, f"{META}clientCapabilities": 1},
    ],
    ids=["no capabilities", "capabilities of a wrong kind"],
)
@requirement("mcp:envelope")
def test_an_incomplete_envelope_is_refused(rpc: Rpc, meta: dict[str, Any]) -> None:
    body = {**LIST, "params": {"_meta": meta}}

    assert error(rpc.post(body, LIST_HEADERS)) == (400, -32602, 7)


@pytest.mark.parametrize(
    "changed",
    [
        {"MCP-Protocol-Version": None},
        {"MCP-Protocol-Version": LEGACY},
        {"Mcp-Method": None},
        {"Mcp-Method": "tools/call"},
        {"Mcp-Method": "Tools/List"},
    ],
    ids=repr,
)
@requirement("mcp:headers")
def test_headers_must_say_what_the_body_says(rpc: Rpc, changed: Headers) -> None:
    assert error(rpc.post(LIST, {**LIST_HEADERS, **changed})) == (400, -32020, 7)


@pytest.mark.parametrize(
    "name", [None, "save_conversation", "=?base64?!?=", "=?base64?eA==?=", "=?base64?/w==?="]
)
@requirement("mcp:headers")
def test_the_name_header_must_say_which_tool(rpc: Rpc, name: str | None) -> None:
    params = {"name": "get_user_context", "arguments": {"user_id": "ana"}}
    answer = rpc.modern("tools/call", params, {"Mcp-Name": name})

    assert error(answer) == (400, -32020, 1)


def test_a_name_may_travel_in_base64(rpc: Rpc) -> None:
    spelled = base64.b64encode(b"get_user_context").decode()
    params = {"name": "get_user_context", "arguments": {"user_id": "ana"}}

    answer = rpc.modern("tools/call", params, {"Mcp-Name": f"=?base64?{spelled}?="})

    assert answer.status_code == 200


@requirement("mcp:version")
def test_a_version_that_is_not_served_is_refused_with_those_that_are(rpc: Rpc) -> None:
    envelope = {f"{META}protocolVersion": "2027-01-01", f"{META}clientCapabilities": {}}
    body = {**LIST, "params": {"_meta": envelope}}

    answer = rpc.post(body, {**LIST_HEADERS, "MCP-Protocol-Version": "2027-01-01"})

    assert error(answer) == (400, -32022, 7)
    assert answer.json["error"]["data"] == {"supported": [MODERN], "requested": "2027-01-01"}


@pytest.mark.parametrize(
    "method",
    ["initialize", "ping", "logging/setLevel", "resources/subscribe", "tasks/nothing", "nonsense"],
)
@requirement("mcp:method-not-found")
def test_what_the_new_revision_does_not_have_is_404(rpc: Rpc, method: str) -> None:
    assert error(rpc.modern(method)) == (404, -32601, 1)


@pytest.mark.parametrize("method", ["server/discover", "logging/setLevel", "nonsense", ""])
@requirement("mcp:method-not-found")
def test_what_the_old_revisions_do_not_have_is_an_error_in_200(rpc: Rpc, method: str) -> None:
    params = {"level": "info"} if method == "logging/setLevel" else {}

    assert error(rpc.legacy(method, params)) == (200, -32601, 1)


@pytest.mark.parametrize(
    "params", [{}, {"name": 5}, {"name": "x", "arguments": []}, {"name": "x", "arguments": 1}]
)
@requirement("mcp:invalid-params")
def test_parameters_must_fit_the_method(rpc: Rpc, params: dict[str, Any]) -> None:
    named: Headers = {"Mcp-Name": "x" if params.get("name") == "x" else None}
    status = 400, -32020 if params.get("name") == 5 else -32602, 1

    assert error(rpc.modern("tools/call", params, named)) == status
    assert error(rpc.legacy("tools/call", params)) == (200, -32602, 1)


@requirement("mcp:unknown-tool")
def test_an_unknown_tool_is_an_error_of_the_protocol(rpc: Rpc) -> None:
    assert error(rpc.modern("tools/call", {"name": "x"})) == (400, -32602, 1)
    assert error(rpc.legacy("tools/call", {"name": "x"})) == (200, -32602, 1)


@pytest.mark.parametrize("cursor", ["", "x", "dG9vbHM6NTA=", "dG9vbHM6LTE=", "cHJvbXB0czow"])
@requirement("mcp:cursor")
def test_an_unknown_cursor_is_refused(rpc: Rpc, cursor: str) -> None:
    assert error(rpc.modern("tools/list", {"cursor": cursor})) == (400, -32602, 1)


def test_an_unknown_state_is_refused(rpc: Rpc) -> None:
    params = {"name": "get_user_context", "requestState": "forged", "arguments": {"user_id": "a"}}

    assert error(rpc.modern("tools/call", params)) == (400, -32602, 1)


@pytest.mark.parametrize("path", ["/", "/api/v1/mcp"])
def test_the_protocol_is_spoken_at_the_other_addresses_too(caller: Caller, path: str) -> None:
    rpc = Rpc(caller.client, caller.token, path)

    assert rpc.result("tools/list")["tools"]
    assert caller.client.get("/").headers["Location"] == "/dashboard"


def test_the_api_role_speaks_it_at_its_root(
    shared_client: Callable[..., FlaskClient], caller: Caller
) -> None:
    client = shared_client(role="api")

    assert Rpc(client, caller.token, "/").result("tools/list")["tools"]
    assert client.get("/").json["service"] == "talkhub-api"


@pytest.mark.parametrize("role", ["webhook", "dashboard"])
def test_other_roles_do_not_speak_it(shared_client: Callable[..., FlaskClient], role: str) -> None:
    client = shared_client(role=role)

    assert client.post("/mcp", json=PING).status_code == 404
    assert client.post("/", json=PING).status_code == 405
