"""A workspace may have CPF, CNPJ and card numbers stored masked: none is left by any door."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from callers import Caller
from chats import Chat
from factories import make_workspace, rows, transcript
from flask.testing import FlaskClient
from providers import payload, said

from talkhub import clock
from talkhub.cli import privacy
from talkhub.cli.program import run
from talkhub.errors import Conflict
from talkhub.jobs.handlers import renew_analyses
from talkhub.jobs.packing import pack_conversations
from talkhub.jobs.schedule import sweep
from talkhub.names import Platform
from talkhub.services.privacy.masking_stored import mask_stored, rows_with_texts
from talkhub.services.privacy.number_masking import set_masking
from talkhub.services.teamwork.notes import add_note, change_note
from talkhub.services.teamwork.saved_views import save_view
from talkhub.settings import Settings
from talkhub.store.base import Base
from talkhub.store.uow import Database, UnitOfWork, system_scope, workspace_scope

CPF, CARD, CNPJ = "529.982.247-25", "4111 1111 1111 1111", "11.222.333/0001-81"
SAID = f"cpf {CPF}, cartão {CARD}, cnpj {CNPJ}"
MASKED = "cpf ***.***.***-25, cartão **** 1111, cnpj **.***.***/****-81"
TRACES = (CPF, "52998224725", CARD, "4111111111111111", CNPJ, "11222333000181")


def traces(database: Database, workspace: int) -> list[tuple[str, str]]:
    """Return which tables' rows of a workspace hold a number, also where bytes are kept."""
    with database.read_only(system_scope("a test")) as uow:
        return [
            (table.name, number)
            for table in Base.metadata.sorted_tables
            if "workspace_id" in table.columns
            for row in uow.run(
                f"select to_jsonb(t)::text from {table.name} t where workspace_id = %(of)s",
                {"of": workspace},
            ).scalars()
            for number in TRACES
            if number in row or number.encode().hex() in row
        ]


@pytest.fixture
def masks(caller: Caller) -> None:
    answer = caller.put("/api/v1/retention", {"mask_numbers": True})
    assert (answer.status_code, answer.json["mask_numbers"]) == (200, True)


@pytest.fixture
def in_workspace(
    database: Database, workspace: int
) -> Callable[[Callable[[UnitOfWork], Any]], Any]:
    def do(work: Callable[[UnitOfWork], Any]) -> Any:
        with database.unit_of_work(workspace_scope(workspace, "ana")) as uow:
            return work(uow)

    return do


def test_numbers_that_come_by_a_channel_are_masked_wherever_they_stood(
    masks: None, open_chat: Callable[[Platform], Chat]
) -> None:
    chat = open_chat(Platform.TELEGRAM)
    told = payload("telegram/text")
    told["message"]["text"] = SAID
    told["message"]["from"]["first_name"] = f"Ana {CPF}"
    changed = payload("telegram/edited_message")
    changed["edited_message"] |= {"message_id": told["message"]["message_id"], "text": f"{SAID}!"}
    changed["edited_message"]["edit_date"] = told["message"]["date"] + 9
    ignored = {**payload("telegram/future_update"), "said": SAID}
    for document in (told, changed, ignored, told):
        assert chat.door.post(document).status_code == 200
        chat.drain()

    assert chat.transcript() == [("user", f"{MASKED}!")]
    assert traces(chat.database, chat.caller.workspace_id) == []
    assert chat.read("select distinct state, raw, payload from inbound_events order by 1") == [
        {"state": "done", "raw": None, "payload": None},
        {"state": "ignored", "raw": None, "payload": None},
    ]


def put_in_everywhere(
    caller: Caller,
    database: Database,
    drain: Callable[[], None],
    in_workspace: Callable[..., Any],
) -> None:
    """Let numbers come by each door that stores what callers and people of the team say."""
    workspace = caller.workspace_id
    profile = {"name": f"Ana {CPF}", "cpf": 52998224725, "tags": [CPF], "preferences": {"a": SAID}}
    session = {"user_id": "u1", "user_data": {"cpf": CPF, "name": SAID}}
    saved = {
        "session_id": "s1",
        "user_id": "u1",
        "messages": [{"role": "user", "content": SAID, "name": SAID}],
        "metadata": {"seen": [SAID]},
        "intent_analysis": {"intent": "pay", "why": SAID},
    }
    requested = {"kind": "access", "user_id": "u1", "details": SAID, "asked_by": SAID}
    occurred = {"user_id": "u1", "name": f"paid {CPF}"[:64]}

    for name, body in (
        ("create_chat_session", session),
        ("save_conversation", saved),
        ("save_conversation", saved),
        ("update_user_profile", {"user_id": "u1", "profile_data": profile}),
        ("record_event", occurred),
        ("record_score", {"user_id": "u1", "kind": "nps", "score": 9, "comment": SAID}),
    ):
        answer = caller.tool(name, body, **{"Idempotency-Key": f"{name}-1"})
        assert answer.status_code in {200, 201}, answer.json
    rpc = {"name": "save_conversation", "arguments": {**saved, "session_id": "s2"}}
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": rpc}
    assert caller.post("/mcp", message).json["result"].get("isError") is not True
    drain()
    caller.post("/api/v1/people/u1/facts", {"kind": "city", "value": SAID})
    asked = caller.post("/api/v1/subject-requests", requested).json["id"]
    caller.patch(f"/api/v1/subject-requests/{asked}", {"state": "done", "answer": SAID})
    of = "select conversation_id as id from conversations where session_id = 's1'"
    (conversation,) = rows(database, workspace, of)
    note = in_workspace(lambda uow: add_note(uow, conversation["id"], SAID))
    in_workspace(lambda uow: change_note(uow, conversation["id"], note, f"{SAID}."))
    in_workspace(lambda uow: save_view(uow, "v", {"q": SAID}, is_shared=False))


def test_numbers_that_are_saved_or_noted_are_masked(  # noqa: PLR0917 -- fixtures
    masks: None,
    caller: Caller,
    database: Database,
    workspace: int,
    drain: Callable[[], None],
    in_workspace: Callable[..., Any],
) -> None:
    put_in_everywhere(caller, database, drain, in_workspace)

    assert traces(database, workspace) == []
    (told,) = rows(database, workspace, "select name, custom, tags from user_profiles")
    assert told == {
        "name": "Ana ***.***.***-25",
        "custom": {"cpf": "***.***.***-25"},
        "tags": ["***.***.***-25"],
    }
    assert rows(database, workspace, "select body from notes") == [{"body": f"{MASKED}."}]


def test_what_is_sent_arrives_whole_and_is_kept_masked(
    masks: None, open_chat: Callable[[Platform], Chat]
) -> None:
    chat = open_chat(Platform.UCHAT)
    chat.hear("oi")
    queued = chat.say(SAID, idempotency_key="k")
    again = chat.say(SAID, idempotency_key="k")

    chat.deliver()

    assert [body["content"] for body in chat.interface.bodies] == [SAID]
    assert queued == again
    assert (queued["text"], chat.message(queued)["text"]) == (MASKED, MASKED)
    assert chat.transcript() == [("user", "oi"), ("bot", MASKED)]
    # UChat's live chat tells the same message again, as it was sent.
    echo = said(Platform.UCHAT, SAID, at=clock.now())
    echo["message"]["type"] = "out"
    assert chat.door.post(echo).json["accepted"] == 1
    chat.drain()
    assert [text for _role, text in chat.transcript()] == ["oi", MASKED]
    assert traces(chat.database, chat.caller.workspace_id) == []


def test_a_transcript_grows_whatever_was_masked_meanwhile(
    caller: Caller, database: Database, workspace: int
) -> None:
    texts = ["oi", SAID, "certo", "mais", "fim"]
    for length, is_masked in ((2, False), (3, True), (3, True), (4, False), (5, False)):
        set_masking(database, workspace_scope(workspace, "ana"), masks=is_masked)
        body = {"session_id": "s", "user_id": "u", "messages": transcript(*texts[:length])}
        assert caller.tool("save_conversation", body).status_code == 200

    (row,) = rows(database, workspace, "select messages from conversations")
    assert [it["content"] for it in row["messages"]] == ["oi", MASKED, "certo", "mais", "fim"]
    changes = "select action, actor from audit_entries where action like 'masking%%' order by id"
    assert rows(database, workspace, changes) == [
        {"action": "masking.on", "actor": "ana"},
        {"action": "masking.off", "actor": "ana"},
    ]


def test_numbers_stay_where_nobody_asked_for_masks(
    caller: Caller, database: Database, workspace: int
) -> None:
    other = make_workspace(database)
    set_masking(database, workspace_scope(other, "ana"), masks=True)
    body = {"session_id": "s", "user_id": "u", "messages": transcript(SAID)}

    saved = caller.tool("save_conversation", body)

    assert saved.json["messages"][0]["content"] == SAID
    assert ("conversations", CPF) in traces(database, workspace)
    assert caller.get("/api/v1/retention").json["mask_numbers"] is False


@pytest.mark.parametrize("attempts", [4, 5], ids=["failed", "ended its workers"])
def test_what_was_given_up_waits_masked_and_can_be_tried_again(  # noqa: PLR0917 -- fixtures
    attempts: int,
    masks: None,
    database: Database,
    settings: Settings,
    workspace: int,
    drain: Callable[[], None],
    in_workspace: Callable[..., Any],
) -> None:
    poison = (
        "insert into inbound_events (workspace_id, platform, source, external_id, kind, raw,"
        " payload, attempts, due_at) values (%(workspace_id)s, 'carrier-pigeon', 'x', 'x', 'x',"
        " 'x', %(payload)s, %(attempts)s, now() - interval '1 hour')"
    )
    body = json.dumps({"text": SAID, "from": {"id": 52998224725}})
    params = {"workspace_id": workspace, "payload": body, "attempts": attempts}
    in_workspace(lambda uow: uow.run(poison, params))

    drain()
    sweep(database, settings)

    left = rows(database, workspace, "select state, raw, payload from inbound_events")
    kept = {"text": MASKED, "from": {"id": 52998224725}}
    assert left == [{"state": "dead", "raw": None, "payload": kept}]


def test_owners_and_admins_switch_the_masks_on_their_page(
    browse: Callable[..., FlaskClient], database: Database, workspace: int
) -> None:
    page = "/dashboard/privacy/retention"
    owner, analyst = browse(workspace), browse(workspace, "analyst", name="bia")

    refused = analyst.post(page, data={"mask_numbers": "true"})
    switched = owner.post(page, data={"mask_numbers": "true"})
    owner.post(page, data={"messages": "90"})

    assert (refused.status_code, switched.status_code) == (403, 303)
    assert "Guardados mascarados." in owner.get(page).text
    on = "select masks_numbers from workspaces where id = %(of)s"
    assert rows(database, workspace, on, of=workspace) == [{"masks_numbers": True}]


def test_what_was_stored_before_is_masked_by_a_command(  # noqa: PLR0917 -- fixtures
    caller: Caller,
    database: Database,
    workspace: int,
    drain: Callable[[], None],
    in_workspace: Callable[..., Any],
    open_chat: Callable[[Platform], Chat],
) -> None:
    def mask(*, is_dry: bool = False) -> dict[str, int]:
        told: list[int] = []
        found = mask_stored(database, workspace, actor="a", is_dry=is_dry, tell=told.append)
        assert told[-1] <= rows_with_texts(database, workspace, "a")
        return {table: count for table, count in found.items() if count}

    chat = open_chat(Platform.UCHAT)
    chat.hear(SAID)
    chat.say(SAID, idempotency_key="k")
    chat.deliver()
    put_in_everywhere(caller, database, drain, in_workspace)
    poison = (
        "insert into inbound_events (workspace_id, platform, source, external_id, kind, raw,"
        " payload, state) values (%(workspace_id)s, 'x', 'x', 'x', 'x', %(raw)s, %(payload)s,"
        " 'dead')"
    )
    dead = {"workspace_id": workspace, "raw": CPF.encode(), "payload": json.dumps({"text": SAID})}
    in_workspace(lambda uow: uow.run(poison, dead))
    before = {table for table, _number in traces(database, workspace)}
    analysed = "select count(*) as n, sum(length(stems)) > 0 as found from conversations"
    transcripts = caller.tool("get_conversation_analytics", {}).json

    planned = mask(is_dry=True)
    with pytest.raises(Conflict):
        mask()
    set_masking(database, workspace_scope(workspace, "ana"), masks=True)
    done, again = mask(), mask()
    renew_analyses()
    pack_conversations(database)

    assert before >= {"conversations", "inbound_events", "outbound_messages", "idempotency_keys"}
    assert (done, again) == (planned, {})
    assert before <= set(done)
    assert traces(database, workspace) == []
    assert rows(database, workspace, analysed) == [{"n": 3, "found": True}]
    assert caller.tool("get_conversation_analytics", {}).json == transcripts
    assert chat.transcript()[:2] == [("user", MASKED), ("bot", MASKED)]
    left = "select count(*) from audit_entries where action = 'masking.applied'"
    assert rows(database, workspace, left) == [{"count": 1}]


def test_the_command_says_what_it_masks(  # noqa: PLR0917 -- fixtures
    caller: Caller,
    database: Database,
    workspace: int,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    body = {"session_id": "s", "user_id": "u", "messages": transcript(SAID)}
    caller.tool("save_conversation", body)
    set_masking(database, workspace_scope(workspace, "ana"), masks=True)
    slug = "select slug from workspaces where id = %(of)s"
    (named,) = rows(database, workspace, slug, of=workspace)
    monkeypatch.setattr(privacy, "settings_or_exit", lambda: settings)
    command = ["mask-at-rest", "--quiet", "--workspace", named["slug"]]

    codes = [run([*command, "--dry-run"]), run(command), run(command)]

    assert codes == [0, 0, 0]
    assert capsys.readouterr().out.splitlines() == [
        "1 of conversations would be masked",
        "1 of conversations were masked",
        "There is nothing to mask.",
    ]
