"""A year of conversations in a database, counted as the service counts them."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.engine import URL

from benchmarks.stage import address, migrate, run_sql
from talkhub.demo.load import Wanted, load_conversations, make_workspace
from talkhub.services.reporting import rebuilding
from talkhub.services.reporting.bucket_stats import recount_hours
from talkhub.store.uow import Database, workspace_scope

ROUND = 500
"""Conversations that a round of the drain counts together."""
ROUNDS = 3

_MOVE = """
with moved as (
  select id, started_at from conversations where workspace_id = %(workspace_id)s
  order by started_at limit %(round)s
), marked as (
  insert into dirty_buckets (workspace_id, hour)
  select distinct %(workspace_id)s, date_trunc('hour', started_at, 'UTC') from moved
  union
  select %(workspace_id)s, date_trunc('hour', %(now)s, 'UTC')
)
update conversations c
set started_at = %(now)s + interval '1 second', last_message_at = %(now)s + interval '2 minutes'
from moved where c.id = moved.id
"""
_BUSIEST = """
select user_id from conversations where workspace_id = %(workspace_id)s
group by 1 order by count(*) {order} limit 1 {offset}
"""


@dataclass(frozen=True, slots=True)
class Filled:
    """A year: whose it is, how many bytes it takes, and how long it took to store and to count.

    `upkeep_us` is what counting costs each of a round of new conversations in one hour.
    """

    workspace_id: int
    stored_seconds: float
    counted_seconds: float
    upkeep_us: float
    gigabytes: float
    person: str
    busiest: str


def fill_year(url: URL, count: int, last: datetime, tell: Callable[[int], None]) -> Filled:
    """Fill a new database with a year of conversations until `last`, and count them."""
    migrate(url)
    database = Database(address(url), pool_size=1)
    try:
        workspace_id = make_workspace(database, "default")
        began = time.perf_counter()
        wanted = Wanted(count, last, has_details=False)
        load_conversations(database, workspace_id, wanted, tell)
        run_sql(url, "vacuum analyze")
        stored = time.perf_counter()
        rebuilding.mark_all_hours(database, workspace_id)
        _count(database, workspace_id)
        counted = time.perf_counter()
        run_sql(url, "vacuum analyze bucket_stats")
        upkeep = _upkeep(database, workspace_id, last)
        whose = {"workspace_id": workspace_id}
        with database.read_only(workspace_scope(workspace_id, "benchmark")) as uow:
            size = uow.run("select pg_database_size(current_database())").scalar_one()
            middle = _BUSIEST.format(order="", offset=f"offset {count // 20}")
            busiest = _BUSIEST.format(order="desc", offset="")
            persons = [uow.run(sql, whose).scalar_one() for sql in (middle, busiest)]
    finally:
        database.dispose()
    return Filled(
        workspace_id, stored - began, counted - stored, upkeep * 1e6 / ROUND, size / 1e9, *persons
    )


def _count(database: Database, workspace_id: int) -> None:
    while rebuilding.count_some(database, workspace_id):
        pass
    while rebuilding.merge_some(database, workspace_id):
        pass


def _upkeep(database: Database, workspace_id: int, now: datetime) -> float:
    """Return the seconds that the drain takes for a round of conversations in the running hour.

    Round after round the hour has more of them, and is counted again as a whole.
    """
    params = {"workspace_id": workspace_id, "now": now, "round": ROUND}
    scope = workspace_scope(workspace_id, "benchmark")
    took = []
    for _ in range(ROUNDS):
        with database.unit_of_work(scope) as uow:
            uow.run(_MOVE, params)
        began = time.perf_counter()
        with database.unit_of_work(scope) as uow:
            recount_hours(uow, limit=1)  # the latest first
        took.append(time.perf_counter() - began)
    _count(database, workspace_id)
    return sum(took) / ROUNDS
