"""What the service logs of real requests is JSON, findable by request, and names nobody."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest
from callers import Caller
from factories import make_channel, transcript
from providers import Door, said

from talkhub.jobs import handlers
from talkhub.logs import configure_logging
from talkhub.names import Platform
from talkhub.settings import Settings
from talkhub.store.uow import Database

PRIVATE = ["Joaquina", "5511987650001", "joaquina@example.com", "segredo do corpo"]


@pytest.fixture(autouse=True)
def _quiet_afterwards(settings: Settings) -> Iterator[None]:
    yield
    configure_logging(settings.log_level)


def log_lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_requests_that_fail_or_succeed_leave_nobodys_data(
    caller: Caller,
    database: Database,
    *,
    drain: Callable[[], None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    configure_logging("INFO")
    name, phone, email, text = PRIVATE
    person = {"user_id": phone, "profile_data": {"name": name, "phone": phone, "email": email}}
    caller.tool("update_user_profile", person)
    body = {"session_id": "s", "user_id": phone, "messages": transcript(text)}
    caller.tool("save_conversation", body)
    caller.tool("save_conversation", {**body, "user_id": name})  # a conflict
    caller.tool("save_conversation", {**body, text: phone})  # an unknown field
    caller.get(f"/api/v1/mcp/get_user_context/{phone}")
    path = make_channel(database, caller.workspace_id, Platform.WHATSAPP)
    door, document = Door(caller.client, Platform.WHATSAPP, path), said(Platform.WHATSAPP, text)
    door.post(document)
    door.post(document, secret="wrong")
    drain()

    logged = json.dumps(log_lines(capsys), ensure_ascii=False)

    assert "webhook_refused" in logged
    assert [secret for secret in PRIVATE if secret in logged] == []


def test_an_event_that_fails_is_logged_without_what_it_says(
    caller: Caller,
    database: Database,
    drain: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(handlers, "fitted", lambda message: message)  # details stay too long
    path = make_channel(database, caller.workspace_id, Platform.WHATSAPP)
    document = said(Platform.WHATSAPP, PRIVATE[3])
    contact = document["entry"][0]["changes"][0]["value"]["contacts"][0]
    contact["profile"]["name"] = PRIVATE[0] * 100
    Door(caller.client, Platform.WHATSAPP, path).post(document)
    configure_logging("INFO")

    drain()

    lines = log_lines(capsys)
    failed = [line for line in lines if "StringDataRightTruncation" in str(line.get("exception"))]
    logged = json.dumps(lines, ensure_ascii=False)
    assert {line["event"] for line in failed} == {"event_failed"}
    assert [secret for secret in PRIVATE if secret in logged] == []


def test_a_requests_lines_carry_its_id(caller: Caller, capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("INFO")

    answer = caller.client.post("/telegram", json={}, headers={"X-Request-Id": "trace-0123456789"})

    refused = [line for line in log_lines(capsys) if line["event"] == "webhook_refused"]
    assert answer.headers["X-Request-Id"] == "trace-0123456789"
    assert [line["request_id"] for line in refused] == ["trace-0123456789"]
