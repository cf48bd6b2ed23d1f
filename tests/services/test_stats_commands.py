"""`verify-stats` and `rebuild-stats`, as somebody runs them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from conversation_rows import Row, insert_conversations
from factories import rows

from talkhub.cli.program import run
from talkhub.settings import Settings, environment_of_child
from talkhub.store.uow import Database, workspace_scope

LONG_AGO = datetime(2026, 2, 20, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def environment(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The settings of the tests, as a command reads them."""
    for name, value in environment_of_child(settings).items():
        monkeypatch.setenv(name, value)


def test_verifying_tells_of_hours_still_to_be_counted_and_of_figures_only_when_there_are_none(
    database: Database, workspace: int, capsys: pytest.CaptureFixture[str]
) -> None:
    (slug,) = rows(database, workspace, "select slug from workspaces")
    mine = ["--workspace", slug["slug"]]
    people = [Row(f"p{n}", LONG_AGO.replace(hour=n % 24, day=1 + n // 24)) for n in range(30)]
    insert_conversations(database, workspace, people)  # more hours than are read from the rows

    assert run(["verify-stats", *mine]) == 1
    told = capsys.readouterr()
    assert "30 hours in which something changed are still to be counted" in told.err
    assert told.out == ""

    assert run(["rebuild-stats", "--quiet", *mine]) == 0
    assert run(["verify-stats", *mine]) == 0
    capsys.readouterr()

    with database.unit_of_work(workspace_scope(workspace, "tests")) as uow:
        uow.run("update bucket_stats set counts[2] = 7 where level = 'month' and dimension = 'all'")
    assert run(["verify-stats", *mine]) == 1
    assert "2026-02: messages of all is 7, and 54 by the rows" in capsys.readouterr().out
