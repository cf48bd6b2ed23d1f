"""An incident's report says who was touched and how, and that somebody asked for it."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from callers import Caller
from click.testing import CliRunner
from factories import rows
from flask.testing import FlaskClient

from talkhub import clock
from talkhub.cli.program import main
from talkhub.errors import Invalid
from talkhub.services.privacy.incident import Incident, findings
from talkhub.settings import Settings
from talkhub.store.uow import Database, workspace_scope


def saved(caller: Caller, user_id: str, name: str) -> str:
    message = {"role": "user", "content": "oi"}
    talk = {"session_id": f"s-{user_id}", "user_id": user_id, "messages": [message]}
    conversation = caller.tool("save_conversation", talk).json["conversation_id"]
    caller.tool("update_user_profile", {"user_id": user_id, "profile_data": {"name": name}})
    return str(conversation)


def test_a_report_says_who_was_read_who_was_copied_and_by_whom(  # noqa: PLR0917 -- fixtures
    caller: Caller,
    browse: Callable[..., FlaskClient],
    database: Database,
    workspace: int,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    read = saved(caller, "lida", "Lia | =2+2")
    saved(caller, "copiada", "=cmd()")
    saved(caller, "guardada", "Gil")
    browse(workspace, name="bia").get(f"/dashboard/conversations/{read}")
    caller.get("/api/v1/people/copiada/copy").close()
    (own,) = rows(database, workspace, "select slug from workspaces")
    monkeypatch.setattr("talkhub.cli.incident.settings_or_exit", lambda: settings)

    for name in (f"workspace-{workspace}.md", f"workspace-{workspace}-people.csv"):
        (tmp_path / name).touch(0o644)  # of an earlier run, or somebody's who waits for it

    since = f"{clock.now() - timedelta(days=1):%Y-%m-%d}"
    asked = ["incident", "--since", since, "--workspace", own["slug"], "-o", str(tmp_path)]
    told = CliRunner().invoke(main, asked, catch_exceptions=False)

    report = (tmp_path / f"workspace-{workspace}.md").read_text()
    file = tmp_path / f"workspace-{workspace}-people.csv"
    listed = list(csv.DictReader(io.StringIO(file.read_text("utf-8-sig")), delimiter=";"))
    assert told.exit_code == 0, told.output
    assert "3 people kept, 1 copied, 1 read" in told.output
    assert {it["user_id"]: it["how"] for it in listed} == {
        "lida": "read",
        "copiada": "copied",
        "guardada": "kept",
    }
    assert listed[1]["name"] == "'=cmd()"
    assert {it.stat().st_mode & 0o777 for it in tmp_path.iterdir()} == {0o600}
    assert "| `person.copied` | ana |" in report
    assert "| `transcript.read` | bia |" in report
    assert "até 3 pessoas" in report
    trail = rows(database, workspace, "select action from audit_entries order by id desc limit 1")
    assert trail == [{"action": "incident.listed"}]

    with database.unit_of_work(workspace_scope(workspace, "ana")) as uow:
        now = clock.now()
        only = findings(uow, Incident(now - timedelta(days=1), now, actor="bia"))
        assert sorted(only.touched.values()) == ["read"]
        assert {it.actor for it in (*only.reading, *only.entering, *only.taking)} == {"bia"}
        with pytest.raises(Invalid):
            findings(uow, Incident(now, now))
