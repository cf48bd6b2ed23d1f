"""Exports over REST, from the dashboard and the command line."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from arro3.io import read_parquet
from callers import Caller
from conversation_rows import Row, insert_conversations
from factories import make_workspace, rows, transcript
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from talkhub.cli.program import run
from talkhub.errors import Unavailable
from talkhub.names import Scope
from talkhub.services.access.auth import DEFAULT_WORKSPACE_ID
from talkhub.services.exporting import exports
from talkhub.services.talking.transcripts import MAX_BYTES
from talkhub.settings import Settings, environment_of_child
from talkhub.store.uow import Database

NOON = datetime(2026, 3, 2, 15, tzinfo=UTC)
TRAIL = (
    "select actor, action, subject, detail from audit_entries where action ^@ 'export' order by id"
)


@pytest.fixture
def many(caller: Caller, database: Database, monkeypatch: pytest.MonkeyPatch) -> Caller:
    """Seven conversations of three people, in batches of two."""
    monkeypatch.setattr(exports, "ROWS_AT_ONCE", 2)
    begun = [Row(f"p{n % 3}", NOON + timedelta(hours=n), platform="api") for n in range(7)]
    insert_conversations(database, caller.workspace_id, begun)
    return caller


def fetch(caller: Caller, name: str, *, whole: bool = True, **query: str) -> TestResponse:
    """Fetch an export, as servers do: a response that was read is closed."""
    return caller.client.get(
        f"/api/v1/exports/{name}",
        query_string=query,
        headers={"Authorization": f"Bearer {caller.token}"},
        buffered=whole,
    )


def lines_of(caller: Caller, name: str, **query: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in fetch(caller, name, **query).data.splitlines()]


def test_each_form_holds_what_the_list_does(many: Caller) -> None:
    listed = many.get("/api/v1/conversations", end="2026-03-02").json["conversations"]

    text, lines, table = (
        fetch(many, f"conversations.{form}", end="2026-03-02")
        for form in ("csv", "ndjson", "parquet")
    )

    assert [json.loads(line) for line in lines.data.splitlines()] == listed
    told = list(csv.DictReader(io.StringIO(text.text, newline="")))
    assert [it["conversation_id"] for it in told] == [it["conversation_id"] for it in listed]
    read = read_parquet(io.BytesIO(table.data)).read_all()
    assert read.column("started_at").to_pylist() == [
        datetime.fromisoformat(it["started_at"]) for it in listed
    ]
    assert text.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert text.headers["Content-Disposition"].startswith('attachment; filename="conversations-')


def test_people_are_told_once_each(many: Caller) -> None:
    people = lines_of(many, "profiles.ndjson", channel="api")

    assert sorted(person["user_id"] for person in people) == ["p0", "p1", "p2"]


def test_messages_are_told_with_what_is_found_of_them_and_as_people_corrected_it(
    caller: Caller, drain: Callable[[], None]
) -> None:
    said = transcript("meu pedido não chegou, péssimo!", "vou verificar")
    body = {"session_id": "s", "user_id": "ana", "messages": said}
    saved = caller.tool("save_conversation", body).json
    drain()
    first, second = lines_of(caller, "messages.ndjson")
    correction = {"message_id": first["message_id"], "sentiment": "neutral"}
    path = f"/api/v1/conversations/{saved['conversation_id']}/corrections"
    assert caller.post(path, correction).status_code == 201

    again = lines_of(caller, "messages.ndjson")[0]

    assert (first["sentiment"], first["is_corrected"]) == ("negative", False)
    assert (second["role"], second["waited_seconds"], second["sentiment"]) == ("bot", 60.0, None)
    assert again == {**first, "sentiment": "neutral", "sentiment_score": 0.0, "is_corrected": True}


def test_messages_of_many_conversations_are_told_once_each(
    caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "ROWS_AT_ONCE", 3)
    monkeypatch.setattr(exports, "TRANSCRIPTS_AT_ONCE", 2)
    for n in range(4):
        body = {"session_id": f"s{n}", "user_id": f"p{n}", "messages": transcript("oi", "olá")}
        caller.tool("save_conversation", body)

    told = [(row["user_id"], row["position"]) for row in lines_of(caller, "messages.ndjson")]

    assert sorted(told) == [(f"p{n}", position) for n in range(4) for position in range(2)]


def test_transcripts_are_read_a_few_megabytes_at_a_time() -> None:
    assert exports.TRANSCRIPTS_AT_ONCE * MAX_BYTES <= 8 * 2**20


def test_who_took_what_is_written_down(many: Caller, database: Database) -> None:
    taken = fetch(many, "conversations.csv", channel="api", excel="true", user_id="p0")

    assert len(taken.data.splitlines()) == 4
    begun, ended = rows(database, many.workspace_id, TRAIL)
    whose = "select id from user_profiles where user_id = 'p0'"
    (person,) = rows(database, many.workspace_id, whose)
    assert begun == {
        "actor": "ana",
        "action": "export.begun",
        "subject": "conversations.csv",
        "detail": {"asked": {"channel": ["api"], "excel": True, "profile_id": person["id"]}},
    }
    assert (ended["action"], ended["detail"]) == ("export.ended", {"rows": 3, "is_whole": True})


def test_whoever_goes_ends_the_reading(many: Caller, database: Database) -> None:
    gone = fetch(many, "conversations.ndjson", whole=False)

    gone.close()

    ended = rows(database, many.workspace_id, TRAIL)[-1]
    assert ended["detail"] == {"rows": 2, "is_whole": False}  # the first batch


def test_what_fails_on_the_way_breaks_the_answer_off(
    many: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = exports.conversation_rows
    calls = iter(range(10))

    def fails_at_last(*args: object) -> object:
        if next(calls) == 3:
            raise Unavailable("The database cannot be reached right now.")
        return read(*args)

    monkeypatch.setattr(exports, "conversation_rows", fails_at_last)
    answer = fetch(many, "conversations.ndjson", whole=False)

    with pytest.raises(Unavailable):
        list(answer.iter_encoded())

    answer.close()
    assert answer.status_code == 200


def test_what_fails_at_once_is_a_problem(many: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_args: object) -> None:
        raise Unavailable("The database cannot be reached right now.")

    monkeypatch.setattr(exports, "conversation_rows", fails)

    assert fetch(many, "conversations.csv").json["type"] == "/problems/unavailable"


@pytest.mark.parametrize(
    ("name", "query", "status"),
    [
        ("conversations.xlsx", {}, 404),
        ("tokens.csv", {}, 404),
        ("conversations", {}, 404),
        ("messages.csv", {"limit": "5"}, 422),
        ("messages.csv", {"start": "2026-03-02", "end": "2026-03-01"}, 422),
    ],
)
def test_what_there_is_not_is_refused(
    caller: Caller, name: str, query: dict[str, str], status: int
) -> None:
    assert fetch(caller, name, **query).status_code == status


def test_an_export_needs_its_scope_and_has_a_limit_of_its_own(
    make_client: Callable[..., FlaskClient], sign_token: Callable[..., str], workspace: int
) -> None:
    client = make_client(rate_limit_exports=2)
    others = [scope for scope in Scope if scope != Scope.DATA_EXPORT]
    caio = Caller(client, workspace, sign_token(workspace, *others, subject="caio"))
    bia = Caller(client, workspace, sign_token(workspace, Scope.DATA_EXPORT, subject="bia"))

    statuses = [fetch(who, "profiles.ndjson").status_code for who in (caio, bia, bia, bia)]

    assert statuses == [403, 200, 200, 429]
    assert bia.get("/api/v1/test").status_code == 200


def test_an_export_tells_nothing_of_another_workspace(
    many: Caller, database: Database, sign_token: Callable[..., str]
) -> None:
    elsewhere = make_workspace(database)
    stranger = Caller(many.client, elsewhere, sign_token(elsewhere))

    kinds = [kind for kind in exports.ExportKind if kind != exports.ExportKind.AUDIT]
    told = [fetch(stranger, f"{kind}.ndjson").data for kind in kinds]

    assert told == [b""] * 3


def test_a_command_writes_the_same_into_a_file(
    database: Database,
    settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, value in environment_of_child(settings).items():
        monkeypatch.setenv(name, value)
    far = NOON.replace(year=2031)
    insert_conversations(database, DEFAULT_WORKSPACE_ID, [Row("command-ana", far)])
    file = tmp_path / "conversas.ndjson"
    period = ["--start", "2031-03-02", "--end", "2031-03-02"]

    codes = [
        run(["export", "conversations", "--format", "ndjson", "-o", str(file), *period]),
        run(["export", "conversations", "--timezone", "Nowhere"]),
    ]

    (told,) = [json.loads(line) for line in file.read_bytes().splitlines()]
    assert told["user_id"] == "command-ana"
    assert [path.name for path in tmp_path.iterdir()] == [file.name]
    assert codes == [0, 2]
    assert "--timezone" in capsys.readouterr().err
