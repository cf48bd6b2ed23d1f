"""The engine's mechanisms, each on things made up for it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from engine import MadeUp, Someone, code, result

from requirements import requirement
from talkhub.errors import Forbidden, Unavailable
from talkhub.mcp import sealing
from talkhub.mcp.asking import Mailbox
from talkhub.mcp.call import Call, InputRequired, Outcome
from talkhub.mcp.completions import Completions
from talkhub.mcp.listing import PAGE_SIZE
from talkhub.mcp.prompts import Prompt, Prompts
from talkhub.mcp.resources import Resource, ResourceMissing, Resources, ResourceTemplate
from talkhub.mcp.server import McpServer
from talkhub.mcp.tools import Tool, Tools, text_result
from talkhub.mcp.waiting import told_while_waiting

ELICIT = {
    "method": "elicitation/create",
    "params": {
        "mode": "form",
        "message": "Sure?",
        "requestedSchema": {"type": "object", "properties": {}},
    },
}


def tool(run: Any, name: str = "t", scope: str | None = None, **properties: Any) -> Tool:
    schema = {"type": "object", "properties": properties}
    return Tool({"name": name, "inputSchema": schema}, run, scope)


def with_tool(run: Any, **properties: Any) -> MadeUp:
    return MadeUp([Tools([tool(run, **properties)])])


@requirement("mcp:capabilities")
def test_only_what_there_is_is_announced() -> None:
    nothing, tools = MadeUp([]), MadeUp([Tools([])])

    assert result(nothing.ask("server/discover"))["capabilities"] == {}
    assert result(tools.ask("server/discover"))["capabilities"] == {"tools": {}}
    assert code(nothing.ask("tools/list")) == -32601


@pytest.mark.parametrize(
    ("wanted", "given"), [("2024-11-05", "2024-11-05"), ("1999-01-01", "2025-11-25")]
)
@requirement("mcp:handshake")
def test_the_handshake_settles_on_a_revision_with_a_handshake(wanted: str, given: str) -> None:
    hello = {
        "protocolVersion": wanted,
        "capabilities": {},
        "clientInfo": {"name": "c", "version": "1"},
    }

    settled = result(MadeUp([]).ask_legacy("initialize", hello))

    assert settled == {
        "protocolVersion": given,
        "capabilities": {},
        "serverInfo": {"name": "made-up", "title": "Made up", "version": "1"},
        "instructions": "Try things.",
    }


def test_a_long_list_is_handed_out_page_by_page() -> None:
    names = [f"tool-{number:03}" for number in range(2 * PAGE_SIZE + 1)]
    served = MadeUp([Tools([tool(lambda *_: {}, name) for name in names])])
    found: list[str] = []
    params: dict[str, Any] = {}

    for _ in range(3):
        page = result(served.ask("tools/list", params))
        found += [each["name"] for each in page["tools"]]
        params = {"cursor": page.get("nextCursor")}

    assert found == names
    assert params == {"cursor": None}


def test_what_a_caller_may_not_use_is_not_listed_and_not_run() -> None:
    served = MadeUp([Tools([tool(lambda *_: text_result("done"), scope="write")])])
    writer = Someone(scopes=frozenset({"write"}))

    assert result(served.ask("tools/list"))["tools"] == []
    assert len(result(served.ask("tools/list", caller=writer))["tools"]) == 1
    with pytest.raises(Forbidden):
        served.ask("tools/call", {"name": "t"})
    assert result(served.ask("tools/call", {"name": "t"}, caller=writer))["isError"] is False


@requirement("mcp:internal-error")
def test_an_unexpected_error_tells_nothing(caplog: pytest.LogCaptureFixture) -> None:
    def fail(_call: Call, _arguments: object) -> Outcome:
        raise RuntimeError("the password is 123")

    answer = with_tool(fail).ask("tools/call", {"name": "t"})

    assert answer.status == 200
    assert answer.message is not None
    assert answer.message["error"] == {"code": -32603, "message": "Internal error"}


@requirement("mcp:progress")
def test_a_stream_tells_progress_and_then_the_result() -> None:
    def slow(call: Call, _arguments: object) -> Iterator[Any]:
        yield call.progress(1, 2, "half")
        return text_result("done")

    token = {"name": "t", "_meta": {"progressToken": 5}}
    told = list(with_tool(slow).ask("tools/call", token).stream or ())
    untold = list(with_tool(slow).ask("tools/call", {"name": "t"}).stream or ())

    assert told[0] == {
        "jsonrpc": "2.0",
        "method": "notifications/progress",
        "params": {"progressToken": 5, "progress": 1, "total": 2, "message": "half"},
    }
    assert told[1] is not None
    assert told[1]["result"]["content"] == [{"type": "text", "text": "done"}]
    assert untold[0] is None


@pytest.mark.parametrize(
    ("raised", "message"),
    [(RuntimeError("secret"), "Internal error"), (Unavailable("Later."), "Later.")],
)
def test_an_error_in_a_stream_ends_it(raised: Exception, message: str) -> None:
    def slow(_call: Call, _arguments: object) -> Iterator[Any]:
        yield None
        raise raised

    told = list(with_tool(slow).ask("tools/call", {"name": "t"}).stream or ())

    assert told[-1] == {
        "jsonrpc": "2.0",
        "id": 1,
        "error": {"code": -32603, "message": message},
    }


def test_slow_work_gives_signs_of_life_until_it_is_done() -> None:
    finish = threading.Event()

    def slow(call: Call, _arguments: object) -> Outcome:
        def work() -> dict[str, Any]:
            finish.wait(10)
            return text_result("done")

        return told_while_waiting(call, work, message="Working", interval=0.001)

    params = {"name": "t", "_meta": {"progressToken": "p"}}
    stream = with_tool(slow).ask("tools/call", params).stream
    assert stream is not None
    first = [next(stream) for _ in range(3)]
    finish.set()
    last = list(stream)[-1]

    assert [each and each["params"]["progress"] for each in first] == [0, 1, 2]
    assert last is not None
    assert last["result"]["content"][0]["text"] == "done"


def asking(call: Call, _arguments: object) -> Outcome:
    """Ask once, then tell what was kept and what was answered."""
    if call.state is None:
        raise InputRequired({"sure": ELICIT}, {"kept": 1})
    return text_result(f"{call.state} {call.answers['sure']['action']}")


def test_a_tool_can_ask_the_client_and_go_on() -> None:
    served = with_tool(asking)
    able = {"elicitation": {}}

    asked = result(served.ask("tools/call", {"name": "t"}, capabilities=able))
    again = {
        "name": "t",
        "requestState": asked["requestState"],
        "inputResponses": {"sure": {"action": "accept", "content": {}}},
    }
    done = result(served.ask("tools/call", again, capabilities=able))

    assert (asked["resultType"], asked["inputRequests"]) == ("input_required", {"sure": ELICIT})
    assert done["content"][0]["text"] == "{'kept': 1} accept"


@requirement("mcp:client-capability")
def test_a_client_that_cannot_be_asked_is_told_what_it_lacks() -> None:
    served = with_tool(asking)

    refused = served.ask("tools/call", {"name": "t"})

    assert (refused.status, code(refused)) == (400, -32021)
    assert refused.message is not None
    assert refused.message["error"]["data"] == {"requiredCapabilities": {"elicitation": {}}}
    assert code(served.ask_legacy("tools/call", {"name": "t"})) == -32600


@requirement("mcp:request-state")
def test_sealed_state_is_worth_nothing_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    served = MadeUp([Tools([tool(asking), tool(asking, "other")])])
    able = {"elicitation": {}}
    asked = result(served.ask("tools/call", {"name": "t"}, capabilities=able))
    sealed = asked["requestState"]

    def again(name: str, state: str, caller: Someone) -> int:
        params = {"name": name, "requestState": state}
        return code(served.ask("tools/call", params, caller=caller, capabilities=able))

    assert again("t", sealed, Someone("bia")) == -32602
    assert again("other", sealed, Someone()) == -32602
    assert again("t", sealed[:-4] + "AAA=", Someone()) == -32602
    monkeypatch.setattr(sealing, "LIFETIME", timedelta(seconds=-1))
    assert again("t", sealed, Someone()) == -32602


REGION = {"type": "string", "x-mcp-header": "Region"}
DEPTH = {
    "type": "object",
    "properties": {"level": {"type": "integer", "x-mcp-header": "Level"}},
}


@pytest.mark.parametrize(
    ("arguments", "headers", "fits"),
    [
        ({}, {}, True),
        ({"region": "sul"}, {"Mcp-Param-Region": "sul"}, True),
        ({"region": "são"}, {"mcp-param-region": "=?base64?c8Ojbw==?="}, True),
        ({"region": None}, {}, True),
        ({"depth": {"level": 42}}, {"Mcp-Param-Level": "42.0"}, True),
        ({"region": "sul"}, {}, False),
        ({}, {"Mcp-Param-Region": "sul"}, False),
        ({"region": "sul"}, {"Mcp-Param-Region": "norte"}, False),
        ({"region": "sul"}, {"Mcp-Param-Region": "=?base64?!?="}, False),
        ({"depth": {"level": 42}}, {"Mcp-Param-Level": "43"}, False),
        ({"depth": {"level": True}}, {"Mcp-Param-Level": "1"}, False),
    ],
    ids=repr,
)
@requirement("mcp:param-headers")
def test_arguments_that_headers_repeat_must_be_the_same(
    arguments: dict[str, Any], headers: dict[str, str], fits: object
) -> None:
    served = with_tool(lambda *_: text_result("ok"), region=REGION, depth=DEPTH)

    answer = served.ask("tools/call", {"name": "t", "arguments": arguments}, headers=headers)

    assert (result(answer)["isError"] is False) if fits else (code(answer) == -32020)


@pytest.mark.parametrize(
    "properties",
    [
        {"a": {"type": "object", "x-mcp-header": "A"}},
        {"a": {"type": "string", "x-mcp-header": "no token"}},
        {"a": REGION, "b": {**REGION, "x-mcp-header": "region"}},
    ],
    ids=["object", "token", "twice"],
)
def test_a_tool_cannot_claim_a_header_wrongly(properties: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"."):
        with_tool(lambda *_: {}, **properties)


def person(_call: Call, user_id: str) -> dict[str, Any]:
    if user_id == "nobody":
        raise ResourceMissing
    return {"text": user_id}


def names(_call: Call, typed: str, chosen: Any) -> list[str]:
    return [f"{typed}{number}" for number in range(101 if not chosen else 2)]


PEOPLE = ResourceTemplate(
    {"name": "person", "uriTemplate": "made://people/{user_id}", "mimeType": "text/plain"},
    person,
    scope="read",
    completers={"user_id": names},
)
HEALTH = Resource({"name": "health", "uri": "made://health"}, lambda _call: {"text": "well"})
READER = Someone(scopes=frozenset({"read"}))


def test_resources_are_read_by_their_addresses() -> None:
    served = MadeUp([Resources([HEALTH], [PEOPLE])])

    health = result(served.ask("resources/read", {"uri": "made://health"}))
    ana = result(served.ask("resources/read", {"uri": "made://people/ana%20b"}, caller=READER))

    assert health["contents"] == [{"uri": "made://health", "text": "well"}]
    assert ana["contents"] == [
        {"uri": "made://people/ana%20b", "mimeType": "text/plain", "text": "ana b"}
    ]
    assert (ana["ttlMs"], ana["cacheScope"]) == (0, "private")


@pytest.mark.parametrize("uri", ["made://people/nobody", "made://people/a/b", "made://people/"])
@requirement("mcp:resource-not-found")
def test_what_is_not_there_is_an_error_and_never_empty(uri: str) -> None:
    served = MadeUp([Resources([HEALTH], [PEOPLE])])

    assert code(served.ask("resources/read", {"uri": uri}, caller=READER)) == -32602
    unknown = served.ask_legacy("resources/read", {"uri": "made://nothing"})
    assert code(unknown) == -32002


def test_an_address_of_megabytes_is_neither_read_nor_repeated() -> None:
    served = MadeUp([Resources([], [PEOPLE])])

    answer = served.ask(
        "resources/read", {"uri": "made://people/" + "%41" * 100_000}, caller=READER
    )

    assert code(answer) == -32602
    assert len(str(answer.message)) < 10_000


def test_templates_are_for_those_who_may_read_them() -> None:
    served = MadeUp([Resources([], [PEOPLE]), Completions(templates=[PEOPLE])])

    assert result(served.ask("resources/templates/list"))["resourceTemplates"] == []
    with pytest.raises(Forbidden):
        served.ask("resources/read", {"uri": "made://people/ana"})
    with pytest.raises(Forbidden):
        served.ask("completion/complete", completion_of("made://people/{user_id}"))


def completion_of(uri: str, argument: str = "user_id", **chosen: str) -> dict[str, Any]:
    return {
        "ref": {"type": "ref/resource", "uri": uri},
        "argument": {"name": argument, "value": "a"},
        **({"context": {"arguments": chosen}} if chosen else {}),
    }


@requirement("mcp:completions")
def test_completions_are_cut_at_a_hundred() -> None:
    served = MadeUp([Completions(templates=[PEOPLE])])
    uri = "made://people/{user_id}"

    many = result(served.ask("completion/complete", completion_of(uri), caller=READER))
    few = result(served.ask("completion/complete", completion_of(uri, x="y"), caller=READER))
    none = result(served.ask("completion/complete", completion_of(uri, "x"), caller=READER))

    assert (len(many["completion"]["values"]), many["completion"]["hasMore"]) == (100, True)
    assert few["completion"] == {"values": ["a0", "a1"], "total": 2, "hasMore": False}
    assert none["completion"] == {"values": [], "total": 0, "hasMore": False}
    assert code(served.ask("completion/complete", completion_of("x"), caller=READER)) == -32602


GREET = Prompt(
    {
        "name": "greet",
        "description": "Greets.",
        "arguments": [{"name": "who", "required": True}, {"name": "tone"}],
    },
    lambda _call, who, tone="kind": [
        {"role": "user", "content": {"type": "text", "text": f"{who} {tone}"}}
    ],
)


def test_prompts_are_written_with_their_arguments() -> None:
    served = MadeUp([Prompts([GREET])])

    greeting = result(served.ask("prompts/get", {"name": "greet", "arguments": {"who": "Ana"}}))

    assert greeting["description"] == "Greets."
    assert greeting["messages"][0]["content"]["text"] == "Ana kind"


@pytest.mark.parametrize(
    "params",
    [
        {"name": "greet"},
        {"name": "greet", "arguments": {"who": ""}},
        {"name": "greet", "arguments": {"who": "Ana", "call": "x"}},
        {"name": "other"},
    ],
    ids=repr,
)
def test_a_prompt_without_its_arguments_is_refused(params: dict[str, Any]) -> None:
    assert code(MadeUp([Prompts([GREET])]).ask("prompts/get", params)) == -32602


def test_in_the_old_era_a_call_can_ask_on_its_stream() -> None:
    mailbox = Mailbox()

    def ask(call: Call, _arguments: object) -> Iterator[Any]:
        answer = yield from mailbox.ask(call, "sampling/createMessage", {})
        return text_result(str(answer))

    served = with_tool(ask)
    server = McpServer(served.server._identity, served.features, mailbox=mailbox)
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "t"}}
    stream = server.receive(body, None, Someone("ana")).stream
    assert stream is not None
    question = next(stream)
    assert question is not None

    for sender, answer in (("bia", {"by": "bia"}), ("ana", {"by": "ana"})):
        posted = {"jsonrpc": "2.0", "id": question["id"], "result": answer}
        assert server.receive(posted, None, Someone(sender)).status == 202

    last = next(stream)
    assert last is not None
    assert last["result"]["content"][0]["text"] == "{'by': 'ana'}"
