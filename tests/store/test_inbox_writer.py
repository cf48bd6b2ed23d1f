"""Many requests' events in one durable INSERT, and none fails with its neighbour."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from waiting import wait_until

from talkhub.errors import TalkHubError, Unavailable
from talkhub.names import EventState, Platform
from talkhub.store import inbox_writer
from talkhub.store.inbox_writer import EventToStore, InboxWriter, Receipt
from talkhub.store.uow import Database, system_scope

STORED = """
select external_id, raw, payload, state, xmin::text from inbound_events
where workspace_id = %(workspace)s order by external_id
"""
WAITING = """
select count(*) from pg_locks
where not granted and relation = 'inbound_events'::regclass
"""
TOO_LONG = "x" * 300


def event(workspace: int, external_id: str, **given: object) -> EventToStore:
    fields: dict[str, object] = {
        "workspace_id": workspace,
        "channel_id": None,
        "platform": Platform.UCHAT.value,
        "source": "uchat",
        "external_id": external_id,
        "kind": "message",
        "raw": b"raw",
        "payload": {"text": "oi"},
        "state": EventState.PENDING.value,
    }
    return EventToStore(**(fields | given))


def stored(database: Database, workspace: int) -> list[tuple[object, ...]]:
    with database.read_only(system_scope("tests")) as uow:
        return [tuple(row) for row in uow.run(STORED, {"workspace": workspace})]


@contextmanager
def held_up(database: Database) -> Iterator[Callable[[], bool]]:
    """Keep every INSERT into the inbox waiting; yields what tells whether one does."""
    with database._engine.connect() as connection, connection.begin():
        connection.exec_driver_sql("lock table inbound_events in exclusive mode")
        yield lambda: bool(connection.exec_driver_sql(WAITING).scalar_one())


def put_together(
    database: Database, writer: InboxWriter, requests: list[list[EventToStore]]
) -> list[Future[Receipt]]:
    """Hand over requests so that they wait together while the writer writes another."""
    with ThreadPoolExecutor(len(requests) + 1) as threads, held_up(database) as is_waiting:
        first = threads.submit(writer.put, [event(1, secrets.token_hex(8))])
        wait_until(is_waiting)
        put = [threads.submit(writer.put, request) for request in requests]
        wait_until(lambda: writer._waiting.qsize() == len(requests))
    assert first.result() == Receipt(1, 0)
    return put


def test_an_event_is_there_when_put_returns(database: Database, workspace: int) -> None:
    receipt = InboxWriter(database).put([event(workspace, "a", raw=b'{"text":"\x00"}')])

    assert receipt == Receipt(accepted=1, duplicates=0)
    rows = stored(database, workspace)
    assert [(bytes(row[1]), row[2], row[3]) for row in rows] == [
        (b'{"text":"\x00"}', {"text": "oi"}, "pending")
    ]


def test_a_repeated_event_is_counted_but_not_stored(database: Database, workspace: int) -> None:
    writer = InboxWriter(database)
    writer.put([event(workspace, "a")])

    receipt = writer.put([event(workspace, "a", raw=b"again"), event(workspace, "b")])

    assert receipt == Receipt(accepted=1, duplicates=1)
    assert [bytes(row[1]) for row in stored(database, workspace)] == [b"raw", b"raw"]


def test_an_event_twice_in_one_request_is_stored_once(database: Database, workspace: int) -> None:
    receipt = InboxWriter(database).put([event(workspace, "a"), event(workspace, "a")])

    assert receipt == Receipt(accepted=1, duplicates=1)


def test_the_same_id_from_another_source_is_another_event(
    database: Database, workspace: int
) -> None:
    receipt = InboxWriter(database).put(
        [event(workspace, "a"), event(workspace, "a", source="uchat/7")]
    )

    assert receipt == Receipt(accepted=2, duplicates=0)


def test_requests_that_wait_together_are_stored_by_one_transaction(
    database: Database, workspace: int
) -> None:
    requests = [[event(workspace, f"{number}")] for number in range(8)]

    put = put_together(database, InboxWriter(database), requests)

    assert [future.result() for future in put] == [Receipt(1, 0)] * 8
    assert len({row[4] for row in stored(database, workspace)}) == 1


def test_each_of_two_waiting_requests_with_one_event_gets_its_own_receipt(
    database: Database, workspace: int
) -> None:
    put = put_together(
        database, InboxWriter(database), [[event(workspace, "a")], [event(workspace, "a")]]
    )

    receipts = sorted(future.result().accepted for future in put)
    assert receipts == [0, 1]
    assert len(stored(database, workspace)) == 1


def test_an_event_that_cannot_be_stored_fails_alone(database: Database, workspace: int) -> None:
    bad, good, other = put_together(
        database,
        InboxWriter(database),
        [[event(workspace, TOO_LONG)], [event(workspace, "good")], [event(workspace, "other")]],
    )

    assert isinstance(bad.exception(), Unavailable)
    assert [good.result(), other.result()] == [Receipt(1, 0)] * 2
    assert [row[0] for row in stored(database, workspace)] == ["good", "other"]


def test_a_request_is_stored_whole_or_not_at_all(database: Database, workspace: int) -> None:
    request = [event(workspace, "good"), event(workspace, TOO_LONG)]

    with pytest.raises(TalkHubError):
        InboxWriter(database).put(request)

    assert stored(database, workspace) == []


def test_the_writer_goes_on_after_an_event_that_cannot_be_stored(
    database: Database, workspace: int
) -> None:
    writer = InboxWriter(database)
    with pytest.raises(Unavailable):
        writer.put([event(workspace, TOO_LONG)])

    assert writer.put([event(workspace, "good")]) == Receipt(1, 0)


def test_without_a_database_every_waiting_request_is_told_so() -> None:
    writer = InboxWriter(Database("postgresql+psycopg2://nobody@127.0.0.1:1/nothing"))

    with ThreadPoolExecutor(4) as threads:
        put = [threads.submit(writer.put, [event(1, f"{number}")]) for number in range(4)]

    assert {type(future.exception()) for future in put} == {Unavailable}


def test_a_full_writer_refuses_rather_than_keeps_callers_waiting(
    database: Database, workspace: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox_writer, "MAX_WAITING", 1)
    writer = InboxWriter(database)
    with ThreadPoolExecutor(2) as threads, held_up(database) as is_waiting:
        threads.submit(writer.put, [event(workspace, "a")])
        wait_until(is_waiting)
        threads.submit(writer.put, [event(workspace, "b")])
        wait_until(writer._waiting.full)

        with pytest.raises(Unavailable, match="Too many"):
            writer.put([event(workspace, "c")])

    assert [row[0] for row in stored(database, workspace)] == ["a", "b"]


def test_a_caller_is_not_kept_waiting_for_ever(
    database: Database, workspace: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox_writer, "ANSWER_WITHIN_SECONDS", 0.05)
    writer = InboxWriter(database)

    with held_up(database), pytest.raises(Unavailable, match="in time"):
        writer.put([event(workspace, "a")])


def test_the_thread_starts_with_the_first_event_and_lives_on(
    database: Database, workspace: int
) -> None:
    writer = InboxWriter(database)
    started_before = writer._thread.started

    writer.put([event(workspace, "a")])
    first = writer._thread.started
    writer.put([event(workspace, "b")])

    assert started_before is None
    assert isinstance(first, threading.Thread)
    assert writer._thread.started is first
