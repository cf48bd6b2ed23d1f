"""`./run demo` against a running service."""

from __future__ import annotations

import json
import secrets
from zoneinfo import ZoneInfo

import pytest
from demo_service import NOW, Service
from factories import rows

from talkhub.cli.program import run
from talkhub.demo.plays import Cast, Play, acts
from talkhub.demo.stories import read_content
from talkhub.names import Platform
from talkhub.services.access.auth import DEFAULT_WORKSPACE_ID
from talkhub.store.uow import Database, workspace_scope

PEOPLE = 6  # so many that every platform has its part
Said = list[tuple[str, str, str, str]]


@pytest.fixture
def seed() -> int:
    return secrets.randbelow(10**9)


def play(service: Service, seed: int) -> int:
    return run(
        ["demo", "--url", service.url, "--seed", str(seed), "--people", str(PEOPLE), "--json"]
    )


def played(seed: int) -> list[Play]:
    cast = Cast(read_content(), seed, PEOPLE, ZoneInfo("America/Sao_Paulo"))
    return [play for act in acts(cast, NOW) for play in act]


def user_id(play: Play) -> str:
    return {
        Platform.WHATSAPP: play.person.phone.removeprefix("+"),
        Platform.TELEGRAM: str(play.person.telegram_id),
        Platform.UCHAT: play.person.user_ns,
        Platform.API: f"site_{play.person.number}",
    }[play.platform]


def expected(seed: int) -> list[Said]:
    """Return each conversation: who said what when to whom."""
    return sorted(
        [
            (user_id(play), line.role.value, line.text, f"{line.sent_at.timestamp():.0f}")
            for line in play.lines
        ]
        for play in played(seed)
    )


def stored(database: Database, seed: int) -> list[Said]:
    conversations = rows(
        database,
        DEFAULT_WORKSPACE_ID,
        "select c.id, c.user_id, m ->> 'role' as role, m ->> 'content' as content,"
        " extract(epoch from (m ->> 'timestamp')::timestamptz)::bigint::text as sent_at"
        " from conversations c, jsonb_array_elements(c.messages) with ordinality as j (m, n)"
        " where c.user_id = any(%(user_ids)s) order by c.id, n",
        user_ids=[user_id(play) for play in played(seed)],
    )
    found: dict[int, Said] = {}
    for row in conversations:
        said = (row["user_id"], row["role"], row["content"], row["sent_at"])
        found.setdefault(row["id"], []).append(said)
    return sorted(found.values())


def test_everything_said_is_stored_as_it_was_said_and_a_second_demo_doubles_nothing(
    service: Service, database: Database, seed: int, capsys: pytest.CaptureFixture[str]
) -> None:
    status = play(service, seed)

    assert status == 0
    assert stored(database, seed) == expected(seed)
    said = capsys.readouterr()
    assert said.err == ""
    first = json.loads(said.out)
    assert first == {
        "people": PEOPLE,
        "conversations": len(played(seed)),
        "messages": sum(len(play.lines) for play in played(seed)),
        "new_requests": sum(
            1 if play.platform == Platform.API else len(play.lines) for play in played(seed)
        ),
        "known_requests": 0,
        "work_left": 0,
        "dashboard": f"{service.url}/dashboard",
    }

    play(service, seed)

    second = json.loads(capsys.readouterr().out)
    assert second == {**first, "new_requests": 0, "known_requests": first["new_requests"]}
    assert stored(database, seed) == expected(seed)


def test_demo_that_was_cut_short_is_completed_by_the_next(
    service: Service, database: Database, seed: int, capsys: pytest.CaptureFixture[str]
) -> None:
    service.fails_after = 40
    assert play(service, seed) == 1
    assert stored(database, seed) != expected(seed)

    service.fails_after = float("inf")

    assert play(service, seed) == 0
    assert stored(database, seed) == expected(seed)


def test_conversation_saved_on_an_earlier_day_is_not_saved_again(
    service: Service, database: Database, seed: int
) -> None:
    play(service, seed)
    forget = "delete from idempotency_keys returning key"
    with database.unit_of_work(workspace_scope(DEFAULT_WORKSPACE_ID, "tests")) as uow:
        uow.run(forget)

    play(service, seed)

    assert stored(database, seed) == expected(seed)


def test_report_for_people_tells_where_to_look(
    service: Service, seed: int, capsys: pytest.CaptureFixture[str]
) -> None:
    run(["demo", "--url", service.url, "--seed", str(seed), "--people", "1"])

    said = capsys.readouterr()
    assert "1 people" in said.out
    assert f"Look at {service.url}/dashboard" in said.out
    assert said.err.startswith("talkhub: playing a day and the month before, ")


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (
            ["--url", "http://127.0.0.1:1"],
            "does not answer at http://127.0.0.1:1: start it with ./run up",
        ),
        (["--url", "nowhere"], "nowhere is no address of a service"),
        (["--url", "ftp://127.0.0.1"], "is no address"),
        (["--url", "http://127.0.0.1:99999"], "is no address"),
        (["--people", "0"], "--people"),
        (["--people", "1001"], "--people"),
        (["--seed", "one"], "--seed"),
        (["--loud"], "--loud"),
    ],
)
def test_bad_input_is_refused_with_one_sentence(
    arguments: list[str], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    status = run(["demo", *arguments])

    said = capsys.readouterr()
    assert (status, said.out) == (2, "")
    assert said.err.startswith("talkhub: ")
    assert reason in said.err
    assert said.err.count("\n") == 1
