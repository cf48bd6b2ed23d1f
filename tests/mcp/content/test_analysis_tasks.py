"""Saving as a task: for whom, until when, and what it is completed with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from callers import Caller
from flask.testing import FlaskClient
from rpc import Rpc

from talkhub.mcp.protocol import (
    HEADER_MISMATCH,
    INVALID_PARAMS,
    MISSING_REQUIRED_CLIENT_CAPABILITY,
)
from talkhub.mcp.tasks import EXTENSION
from talkhub.names import Scope
from talkhub.store.uow import Database, workspace_scope

DECLARED = {"extensions": {EXTENSION: {}}}
HELLO = {"role": "user", "content": "Adorei o atendimento!"}


def save(rpc: Rpc, *more: dict[str, Any], meta: dict[str, str] | None = None, **given: Any):
    """Save a conversation as a client that declares the extension; return the call's result."""
    arguments = {"session_id": "s-1", "user_id": "ana", "messages": [HELLO, *more], **given}
    params = {"name": "save_conversation", "arguments": arguments, "_meta": meta or {}}
    answer = rpc.modern("tools/call", params, **DECLARED)
    assert answer.status_code == 200, answer.text
    return answer.json["result"]


def ask(rpc: Rpc, method: str, task_id: str, **params: Any):
    return rpc.modern(method, {"taskId": task_id, **params}, **DECLARED)


def standing(rpc: Rpc, task_id: str):
    answer = ask(rpc, "tasks/get", task_id)
    assert answer.status_code == 200, answer.text
    return answer.json["result"]


def test_the_extension_is_announced_where_extensions_are(rpc: Rpc) -> None:
    assert rpc.result("server/discover")["capabilities"]["extensions"][EXTENSION] == {}


def test_saving_answers_with_a_task_that_works_until_the_analysis_is_there(
    rpc: Rpc, drain: Callable[[], None]
) -> None:
    task = save(rpc)

    assert task["resultType"] == "task"
    assert "structuredContent" not in task
    before = standing(rpc, task["taskId"])
    drain()
    after = standing(rpc, task["taskId"])

    assert (before["status"], before["resultType"]) == ("working", "complete")
    assert "result" not in before
    assert after["status"] == "completed"
    row = after["result"]["structuredContent"]
    assert row["conversation_id"] == task["_meta"]["me.talkhub/conversation_id"]
    assert row["intent_analysis"]["status"] == "done"
    assert row["intent_analysis"]["sentiment"]
    assert after["createdAt"] == task["createdAt"]
    assert after["lastUpdatedAt"] >= task["createdAt"]


def test_what_a_task_is_completed_with_is_what_saving_answers(
    rpc: Rpc, drain: Callable[[], None]
) -> None:
    task = save(rpc)
    drain()

    completed = standing(rpc, task["taskId"])["result"]
    again = save(rpc)

    assert again["resultType"] == "complete"
    assert again["structuredContent"] == completed["structuredContent"]


def test_a_client_that_declares_nothing_gets_the_row_at_once(rpc: Rpc) -> None:
    arguments = {"session_id": "s-1", "user_id": "ana", "messages": [HELLO]}

    result = rpc.call("save_conversation", arguments)

    assert result["structuredContent"]["intent_analysis"]["status"] == "pending"


@pytest.mark.parametrize(
    "wish", [{"meta": {"me.talkhub/answer": "now"}}, {"intent_analysis": {"intent": "praise"}}]
)
def test_who_asks_for_the_row_or_brings_an_analysis_gets_it_at_once(
    rpc: Rpc, wish: dict[str, Any]
) -> None:
    result = save(rpc, **wish)

    assert result["resultType"] == "complete"
    assert result["structuredContent"]["session_id"] == "s-1"


def test_arguments_that_are_not_valid_are_a_result_and_no_task(rpc: Rpc) -> None:
    result = save(rpc, messages=[])

    assert result["resultType"] == "complete"
    assert result["isError"] is True


def test_a_completed_task_stays_so_while_its_conversation_grows(
    rpc: Rpc, drain: Callable[[], None]
) -> None:
    first = save(rpc)
    drain()

    second = save(rpc, {"role": "bot", "content": "Obrigado!"})

    assert standing(rpc, first["taskId"])["status"] == "completed"
    assert standing(rpc, second["taskId"])["status"] == "working"


def test_an_analysis_that_was_given_up_completes_its_task_and_says_so(
    rpc: Rpc, database: Database, workspace: int
) -> None:
    task = save(rpc)
    given_up = (
        "update conversations set analysis_due_at = null,"
        """ intent_analysis = intent_analysis || '{"status": "failed"}'"""
        " where workspace_id = %(workspace_id)s"
    )
    with database.unit_of_work(workspace_scope(workspace, "tests")) as uow:
        uow.run(given_up, {"workspace_id": workspace})

    after = standing(rpc, task["taskId"])

    assert after["status"] == "completed"
    assert "failed" in after["statusMessage"]
    assert after["result"]["structuredContent"]["intent_analysis"]["status"] == "failed"


def test_cancelling_and_updating_are_acknowledged_and_change_nothing(
    rpc: Rpc, drain: Callable[[], None]
) -> None:
    task = save(rpc)

    cancelled = ask(rpc, "tasks/cancel", task["taskId"])
    updated = ask(rpc, "tasks/update", task["taskId"], inputResponses={"never": {"asked": 1}})
    drain()

    for acknowledged in (cancelled, updated):
        assert acknowledged.json["result"].keys() == {"resultType", "_meta"}
    assert standing(rpc, task["taskId"])["status"] == "completed"


@pytest.mark.parametrize("method", ["tasks/get", "tasks/update", "tasks/cancel"])
def test_a_task_is_there_for_its_caller_alone(
    method: str, rpc: Rpc, client: FlaskClient, stranger: int, sign_token: Callable[..., str]
) -> None:
    task_id = save(rpc)["taskId"]
    caio = Rpc(client, sign_token(stranger))
    bia = Rpc(client, sign_token(stranger, subject="bia"))

    for other in (caio, bia):
        refused = ask(other, method, task_id, inputResponses={})
        assert (refused.status_code, refused.json["error"]["code"]) == (400, INVALID_PARAMS)


@pytest.mark.parametrize("task_id", ["", "made-up", "ação", "gAAAA" + 200 * "x", None])
def test_made_up_ids_name_no_task(task_id: Any, rpc: Rpc) -> None:
    refused = rpc.modern("tasks/get", {"taskId": task_id}, _name(task_id), **DECLARED)

    assert (refused.status_code, refused.json["error"]["code"]) == (400, INVALID_PARAMS)


def _name(task_id: Any) -> dict[str, str | None]:
    return {"Mcp-Name": "=?base64?YcOnw6Nv?="} if task_id == "ação" else {}


def test_tasks_need_the_scope_of_saving(rpc: Rpc, rpc_of: Callable[..., Rpc]) -> None:
    task_id = save(rpc)["taskId"]

    refused = ask(rpc_of(Scope.MCP_READ), "tasks/get", task_id)

    assert refused.status_code == 403


def test_a_client_that_does_not_declare_the_extension_is_told_what_it_needs(rpc: Rpc) -> None:
    task_id = save(rpc)["taskId"]

    refused = rpc.modern("tasks/get", {"taskId": task_id})

    assert refused.status_code == 400
    assert refused.json["error"]["code"] == MISSING_REQUIRED_CLIENT_CAPABILITY
    assert refused.json["error"]["data"] == {"requiredCapabilities": DECLARED}


def test_the_name_header_repeats_the_tasks_id(rpc: Rpc) -> None:
    task_id = save(rpc)["taskId"]

    refused = rpc.modern("tasks/get", {"taskId": task_id}, {"Mcp-Name": "another"}, **DECLARED)

    assert (refused.status_code, refused.json["error"]["code"]) == (400, HEADER_MISMATCH)


def test_older_revisions_know_no_tasks(rpc: Rpc, caller: Caller) -> None:
    arguments = {"session_id": "s-1", "user_id": "ana", "messages": [HELLO]}
    saved = rpc.legacy_result("tools/call", {"name": "save_conversation", "arguments": arguments})
    refused = rpc.legacy("tasks/get", {"taskId": "any"})

    assert saved["structuredContent"]["user_id"] == "ana"
    assert refused.json["error"]["code"] == -32601
