"""The audit trail is sealed, and whoever changes it or takes from it is found out."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from factories import KEYRING, rows

from talkhub.cli.program import run
from talkhub.services.audit import audit
from talkhub.services.audit_chain import AuditKey, Verdict, seal_entries, verify_chain
from talkhub.settings import Settings
from talkhub.store.hashing_keys import HashingKeys
from talkhub.store.uow import Database, system_scope, workspace_scope

ACTOR = "tests"


@pytest.fixture
def key(database: Database) -> AuditKey:
    return AuditKey(HashingKeys(database, KEYRING).audit_trail())


@pytest.fixture
def verify(database: Database, workspace: int, key: AuditKey) -> Callable[[], Verdict]:
    return lambda: verify_chain(database, workspace, key, actor=ACTOR)


@pytest.fixture
def sealed(database: Database, workspace: int, key: AuditKey) -> list[int]:
    """The ids of five entries that were sealed, in two rounds."""
    write_down(database, workspace, "a", "b", "c")
    seal_entries(database, key)
    write_down(database, workspace, "d", "e")
    seal_entries(database, key)
    ids = rows(database, workspace, "select id from audit_entries order by id")
    return [row["id"] for row in ids]


def write_down(database: Database, workspace: int, *subjects: str) -> None:
    with database.unit_of_work(workspace_scope(workspace, ACTOR)) as uow:
        for subject in subjects:
            audit(uow, action="test.done", subject=subject, address=None, detail={"é": [1.5, None]})


def test_what_was_sealed_and_left_alone_is_whole(
    sealed: list[int], verify: Callable[[], Verdict], database: Database, workspace: int
) -> None:
    write_down(database, workspace, "f")

    verdict = verify()

    assert (verdict.entries, verdict.unsealed, verdict.fault) == (5, 1, None)


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("update audit_entries set actor = 'nobody' where id = %(second)s", "at position 2"),
        ("update audit_entries set detail = '{}' where id = %(second)s", "at position 2"),
        ("delete from audit_entries where id = %(second)s", "from position 2 on"),
        ("delete from audit_entries where id = %(last)s", "The last 1 entries are gone"),
        ("delete from audit_entries where workspace_id = %(workspace_id)s", "The last 5 entries"),
        (
            """delete from audit_entries where id = %(last)s;
            update audit_chains set entries = 4, seal = (
              select seal from audit_entries
              where workspace_id = %(workspace_id)s and position = 4)
            where workspace_id = %(workspace_id)s""",
            "record of the chain's end was changed",
        ),
        ("delete from audit_chains where workspace_id = %(workspace_id)s", "no record of a chain"),
    ],
)
def test_whoever_changes_or_deletes_is_found_out(
    sealed: list[int],
    verify: Callable[[], Verdict],
    intruder: Callable[..., None],
    statement: str,
    fault: str,
) -> None:
    intruder(statement, second=sealed[1], last=sealed[-1])

    assert fault in str(verify().fault)


def test_a_broken_chain_is_not_sealed_over(  # noqa: PLR0917 -- fixtures
    sealed: list[int],
    verify: Callable[[], Verdict],
    intruder: Callable[..., None],
    database: Database,
    workspace: int,
    key: AuditKey,
) -> None:
    intruder("update audit_chains set mark = '' where workspace_id = %(workspace_id)s")
    write_down(database, workspace, "f")

    seal_entries(database, key)

    assert verify().unsealed == 1


def test_a_transaction_that_commits_late_leaves_no_gap(
    database: Database, workspace: int, key: AuditKey, verify: Callable[[], Verdict]
) -> None:
    with database.unit_of_work(workspace_scope(workspace, ACTOR)) as late:
        audit(late, action="test.done", subject="late", address=None)
        write_down(database, workspace, "early")
        seal_entries(database, key)
    seal_entries(database, key)

    order = "select subject from audit_entries order by position"
    assert [row["subject"] for row in rows(database, workspace, order)] == ["early", "late"]
    assert (verify().entries, verify().fault) == (2, None)


@pytest.mark.parametrize(
    "statement",
    [
        "delete from audit_entries where id = %(id)s",
        "update audit_entries set actor = 'nobody' where id = %(id)s",
    ],
)
def test_not_even_the_system_role_changes_an_entry(
    sealed: list[int], database: Database, statement: str
) -> None:
    with (
        pytest.raises(Exception, match="permission denied"),
        database.unit_of_work(system_scope("tests")) as uow,
    ):
        uow.run(statement, {"id": sealed[0]})


def test_the_command_ends_with_1_where_a_trail_was_changed(  # noqa: PLR0917 -- fixtures
    sealed: list[int],
    workspace: int,
    intruder: Callable[..., None],
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
    settings: Settings,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("talkhub.cli.privacy.settings_or_exit", lambda: settings)
    (slug,) = rows(database, workspace, "select slug from workspaces")
    command = ["audit", "verify", "--quiet", "--workspace", slug["slug"]]

    whole = run(command)
    intruder("update audit_entries set subject = 'x' where id = %(id)s", id=sealed[2])
    changed = run(command)

    assert (whole, changed) == (0, 1)
    assert f"Entry {sealed[2]}, at position 3," in capsys.readouterr().out
