"""The outbox is tended: old deliveries go, the log's partitions come and go."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from factories import make_workspace, rows

from talkhub import clock
from talkhub.jobs import context
from talkhub.jobs.schedule import sweep, tend_the_outbox
from talkhub.services.telling.delivering import MAX_ATTEMPTS
from talkhub.settings import Settings
from talkhub.store.uow import Database, workspace_scope

PARTITIONS = """
select c.relname as name, c.relrowsecurity and c.relforcerowsecurity as is_closed
from pg_inherits i join pg_class c on c.oid = i.inhrelid
where i.inhparent = 'delivery_attempts'::regclass order by 1
"""
ADD_MESSAGE = """
insert into outbound_messages (workspace_id, webhook_endpoint_id, kind, payload, state, sent_at,
  due_at, attempts)
values (%(workspace)s, 1, 'webhook.test', '{}', %(state)s, %(sent_at)s, now() - interval '1 hour',
  %(attempts)s)
"""
ADD_ATTEMPT = """
insert into delivery_attempts (workspace_id, outbound_message_id, attempted_at)
values (%(workspace)s, 1, %(at)s)
"""


@pytest.fixture
def database(own_database_url: str, settings: Settings) -> Iterator[Database]:
    """A database of this test's own: its partitions are not the others'."""
    before = context._context
    began = context.begin(settings.model_copy(update={"database_url": own_database_url}))
    yield began.database
    began.database.dispose()
    context._context = before


def run(database: Database, workspace: int, sql: str, **params: object) -> None:
    with database.unit_of_work(workspace_scope(workspace, "tests")) as uow:
        uow.run(sql, {"workspace": workspace, **params})


def names(database: Database) -> list[str]:
    return [row["name"] for row in rows(database, 0, PARTITIONS)]


def name_of(moment) -> str:
    return f"delivery_attempts_y{moment.year}m{moment.month:02}"


def test_this_and_the_next_months_partitions_are_there_and_closed(database: Database) -> None:
    now = clock.now()
    ahead = (now.replace(day=1) + timedelta(days=32)).replace(day=1)

    tend_the_outbox(database)
    tend_the_outbox(database)

    expected = ["delivery_attempts_default", name_of(now), name_of(ahead)]
    assert names(database) == expected
    assert all(row["is_closed"] for row in rows(database, 0, PARTITIONS))


def test_attempts_go_with_their_age_and_their_month(
    database: Database, own_database_url: str
) -> None:
    workspace = make_workspace(database)
    tend_the_outbox(database)
    for days in (0, 100):
        run(database, workspace, ADD_ATTEMPT, at=clock.now() - timedelta(days=days))
    _make_partition_of_2024(own_database_url)

    tend_the_outbox(database)

    assert "delivery_attempts_y2024m01" not in names(database)
    assert len(rows(database, workspace, "select * from delivery_attempts")) == 1


def test_a_month_that_began_before_its_partition_goes_on_in_the_default_one(
    database: Database,
) -> None:
    workspace = make_workspace(database)
    run(database, workspace, ADD_ATTEMPT, at=clock.now())

    tend_the_outbox(database)

    assert name_of(clock.now()) not in names(database)
    assert len(names(database)) == 2


def test_what_was_delivered_long_ago_goes_and_what_was_given_up_stays(database: Database) -> None:
    workspace = make_workspace(database)
    old = clock.now() - timedelta(days=31)
    for state, sent_at in (("sent", old), ("sent", clock.now()), ("dead", None)):
        run(database, workspace, ADD_MESSAGE, state=state, sent_at=sent_at, attempts=1)

    tend_the_outbox(database)

    left = rows(database, workspace, "select state from outbound_messages order by id")
    assert left == [{"state": "sent"}, {"state": "dead"}]


def test_a_message_that_ended_the_courier_each_time_is_given_up(
    database: Database, settings: Settings
) -> None:
    workspace = make_workspace(database)
    run(database, workspace, ADD_MESSAGE, state="pending", sent_at=None, attempts=MAX_ATTEMPTS)

    sweep(database, settings)

    (message,) = rows(database, workspace, "select state, last_error from outbound_messages")
    assert message["state"] == "dead"
    assert message["last_error"] == "The delivering process ended during each attempt."


def _make_partition_of_2024(url: str) -> None:
    import psycopg2

    connection = psycopg2.connect(url.replace("+psycopg2", ""))
    with connection, connection.cursor() as cursor:
        cursor.execute(
            "create table delivery_attempts_y2024m01 partition of delivery_attempts"
            " for values from ('2024-01-01Z') to ('2024-02-01Z')"
        )
    connection.close()
