"""The read model of the analytics says what a count of the conversations says, in any zone."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from conversation_rows import Row, insert_conversations
from factories import make_workspace, rows

from talkhub.jobs.statistics import complete_buckets
from talkhub.services.reporting import rebuilding
from talkhub.services.reporting.bucket_stats import merge_days, recount_hours
from talkhub.services.reporting.calendar_steps import (
    Span,
    Step,
    begin_of,
)
from talkhub.services.reporting.figures import Reader, open_reader
from talkhub.services.reporting.slices import (
    DIVIDING,
    Dimension,
    Measure,
)
from talkhub.services.reporting.wishes import Filters, Found, Where, Wish
from talkhub.store.uow import Database, workspace_scope

ZONES = ["America/Sao_Paulo", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"]
FIRST = datetime(2026, 2, 20, tzinfo=UTC)
TOLD = frozenset({Dimension.INTENT, Dimension.TOPIC})
MARK_HOURS = """
insert into dirty_buckets (workspace_id, hour)
select workspace_id, begins_at from bucket_stats where level = 'hour'
"""
WHOLE = Where(None, Dimension.ALL, "")


def count_all(database: Database, workspace: int) -> None:
    """Count and merge what there is, days that would wait a moment longer too."""
    with database.unit_of_work(workspace_scope(workspace, "tests")) as uow:
        while recount_hours(uow, limit=500):
            pass
        while merge_days(uow, limit=31, are_all_due=True):
            pass


def some(chance: random.Random, days: int, number: int) -> list[Row]:
    """Return random conversations; half of all people come back."""
    return [
        Row(
            person=f"p{chance.randrange(number // 2)}",
            started_at=FIRST + timedelta(milliseconds=chance.randrange(days * 86_400_000)),
            seconds=chance.randrange(900),
            platform=chance.choice(["whatsapp", "telegram"]),
            intent=chance.choice(["support", "purchase", None]),
            topics=chance.sample(["entrega", "preço", "conta"], chance.randrange(3)),
            messages=chance.randrange(1, 9),
            is_closed=chance.random() < 0.8,
            response_times=[chance.randrange(90_000) for _ in range(chance.randrange(4))],
        )
        for _ in range(number)
    ]


def by_hand(known: list[Row], spans: list[Span], wish: Wish) -> dict[Any, Any]:
    """Count by step in plain Python: conversations, people, messages, answers, intents, hours."""
    counted: dict[Any, Any] = {}
    for row in known:
        if not any(span.start <= row.started_at < span.end for span in spans):
            continue
        step = wish.step and begin_of(row.started_at, wish.step, wish.zone)
        of = counted.setdefault(step, [0, set(), 0, 0, Counter(), Counter()])
        of[0] += 1
        of[1].add(row.person)
        of[2] += row.messages
        of[3] += len(row.response_times)
        of[4].update([row.intent] if row.intent else [])
        of[4].update(row.topics)
        local = row.started_at.astimezone(wish.zone)
        of[5][local.isoweekday() % 7 * 24 + local.hour] += 1
    return counted


def as_by_hand(found: Found, names: dict[int, str]) -> dict[Any, Any]:
    """Return what was found in the form of `by_hand`."""
    return {
        where.begins_at: [
            one[Measure.CONVERSATIONS],
            {names[profile] for profile in one.people},
            one[Measure.MESSAGES],
            int(one.times[one.codes < 512].sum()),
            Counter(
                {
                    of.value: count
                    for of, count in found.counts.items()
                    if of.begins_at == where.begins_at and of.dimension in TOLD
                }
            ),
            Counter({hour: count for hour, count in enumerate(one.hours.tolist()) if count}),
        ]
        for where, one in found.slices.items()
        if where.dimension is Dimension.ALL
    }


def names_of(database: Database, workspace: int) -> dict[int, str]:
    found = rows(database, workspace, "select id, user_id from user_profiles")
    return {row["id"]: row["user_id"] for row in found}


def levels(database: Database, workspace: int) -> set[str]:
    return {row["level"] for row in rows(database, workspace, "select level from bucket_stats")}


@pytest.mark.parametrize("zone_name", ZONES)
def test_any_stretch_is_what_a_count_by_hand_gives(database: Database, zone_name: str) -> None:
    chance = random.Random(zone_name)  # noqa: S311 -- it must repeat itself
    workspace, zone = make_workspace(database, timezone=zone_name), ZoneInfo(zone_name)
    known = some(chance, 75, 300)
    insert_conversations(database, workspace, known[:280])
    count_all(database, workspace)
    insert_conversations(database, workspace, known[280:])  # what no drain has counted yet
    names = names_of(database, workspace)
    assert levels(database, workspace) == {"hour", "day", "month"}

    assert compare(database, workspace) == []
    with database.read_only(workspace_scope(workspace, "tests")) as uow:
        reader = open_reader(uow)
        for step in (None, Step.MONTH, Step.WEEK, Step.DAY, Step.HOUR):
            wish = Wish(zone, step, told=TOLD)
            begin = FIRST + timedelta(seconds=chance.randrange(10 * 86400))
            middle = begin + timedelta(hours=chance.randrange(24 * 30))
            spans = [Span(begin, middle), Span(middle, FIRST + timedelta(days=70))]

            found = reader.find(spans, wish)

            assert as_by_hand(found, names) == by_hand(known, spans, wish), step
            assert _plain(reader.find(spans, wish, Filters())) == _plain(found)


@pytest.mark.parametrize(
    "filters",
    [
        Filters(channels=("whatsapp",)),
        Filters(intents=("support", "purchase", "support")),
        Filters(sentiments=("neutral", "negative")),
        Filters(languages=("en",)),
        Filters(topics=("entrega",)),
    ],
)
def test_slices_say_of_one_filter_what_its_conversations_say(
    database: Database, filters: Filters
) -> None:
    chance = random.Random(5)  # noqa: S311 -- it must repeat itself
    workspace, zone = make_workspace(database), ZoneInfo("America/Sao_Paulo")
    known = some(chance, 70, 60)
    insert_conversations(database, workspace, known[:55])
    count_all(database, workspace)
    insert_conversations(database, workspace, known[55:])
    spans = [Span(FIRST + timedelta(hours=5, minutes=7), FIRST + timedelta(days=66))]
    ever = [Span(datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC))]

    with database.read_only(workspace_scope(workspace, "tests")) as uow:
        reader = open_reader(uow)
        for asked, step in ((spans, None), (spans, Step.WEEK), (ever, None)):
            wish = Wish(zone, step, told=DIVIDING)

            by_slices = reader.find(asked, wish, filters)
            by_rows = replace(reader, known=None).find(asked, wish, filters)

            assert _plain(by_slices) == _plain(by_rows)
            assert hours_of_week(by_slices) == hours_of_week(by_rows)


def hours_of_week(found: Found) -> dict[Where, list[int]]:
    return {where: one.hours.tolist() for where, one in found.slices.items()}


def test_buckets_that_an_earlier_release_counted_are_not_asked_what_it_did_not_keep(
    database: Database, workspace: int
) -> None:
    known = some(random.Random(6), 40, 30)  # noqa: S311 -- it must repeat itself
    insert_conversations(database, workspace, known)
    count_all(database, workspace)
    wish = Wish(ZoneInfo("UTC"), told=DIVIDING)
    spans = [Span(FIRST, FIRST + timedelta(days=50))]

    def told() -> tuple[Any, Any]:
        with database.read_only(workspace_scope(workspace, "tests")) as uow:
            reader = open_reader(uow)
            filters = Filters(channels=("whatsapp",))
            rows_alone = replace(reader, known=None)
            return tuple(_plain(it.find(spans, wish, filters)) for it in (reader, rows_alone))

    of_whatsapp = "dimension = 'channel' and value = 'whatsapp'"
    change(database, workspace, f"update bucket_stats set also_counts[1] = 99 where {of_whatsapp}")
    by_slices, by_rows = told()
    assert by_slices != by_rows
    # As the release before this one takes marks: it does not say what it counts.
    change(database, workspace, MARK_HOURS, "delete from dirty_buckets")

    by_slices, by_rows = told()
    assert by_slices == by_rows

    complete_buckets(database)
    count_all(database, workspace)
    lacking = "also is null and dimension <> 'topic' or 99 = any(also_counts)"
    assert rows(database, workspace, f"select from bucket_stats where {lacking}") == []
    assert told() == (by_rows, by_rows)


def change(database: Database, workspace: int, *statements: str) -> None:
    with database.unit_of_work(workspace_scope(workspace, "tests")) as uow:
        for statement in statements:
            uow.run(statement)


def compare(database: Database, workspace: int) -> list[rebuilding.Difference]:
    """Return what `verify-stats` finds."""
    return [
        one
        for span in rebuilding.months(database, workspace)
        for one in rebuilding.differences(database, workspace, span)
    ]


def test_what_is_not_so_is_found_and_counted_again(database: Database, workspace: int) -> None:
    insert_conversations(database, workspace, some(random.Random(4), 40, 30))  # noqa: S311
    count_all(database, workspace)
    with database.unit_of_work(workspace_scope(workspace, "tests")) as uow:
        uow.run("update bucket_stats set counts[2] = counts[2] + 1 where dimension = 'all'")
        # Without messages no drain can analyse them, which other tests would go on meeting.
        emptied = "response_times = null, messages = '[]', analysis_due_at = null"
        uow.run(f"update conversations set {emptied}")
    found = compare(database, workspace)

    while rebuilding.complete_response_times(database, workspace):
        pass
    marked = rebuilding.mark_all_hours(database, workspace)
    while rebuilding.count_some(database, workspace):
        pass
    while rebuilding.merge_some(database, workspace):
        pass

    assert {one.figure for one in found if one.dimension == "all"} >= {"messages"}
    assert marked == len(levels_of(database, workspace, "hour"))
    assert compare(database, workspace) == []


def levels_of(database: Database, workspace: int, level: str) -> list[Any]:
    sql = "select begins_at from bucket_stats where level = %(level)s and dimension = 'all'"
    return rows(database, workspace, sql, level=level)


def _plain(found: Found) -> Any:
    """Return what was found without what is only there if it is not nought."""
    return found.counts, {
        where: [*one.counts.tolist(), one.codes.tolist(), one.times.tolist(), one.people]
        for where, one in found.slices.items()
    }


def whole(database: Database, workspace: int) -> tuple[int, int]:
    """Return conversations and people of a year."""
    with database.read_only(workspace_scope(workspace, "tests")) as uow:
        span = Span(datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
        zone = ZoneInfo("America/Sao_Paulo")
        found = Reader(uow, zone, span, ()).find([span], Wish(zone))
    one = found.slices[WHOLE]
    return one[Measure.CONVERSATIONS], len(one.people)


def test_what_changes_in_a_merged_day_is_told_before_the_day_is_merged_again(
    database: Database, workspace: int
) -> None:
    insert_conversations(database, workspace, some(random.Random(1), 60, 40))  # noqa: S311
    count_all(database, workspace)
    before = whole(database, workspace)
    late = Row("latecomer", FIRST + timedelta(days=3))
    insert_conversations(database, workspace, [late])

    with database.unit_of_work(workspace_scope(workspace, "tests")) as uow:
        recount_hours(uow, limit=10)
        assert merge_days(uow, limit=10) == 0  # it waits for what else may come

    assert whole(database, workspace) == (before[0] + 1, before[1] + 1)
    count_all(database, workspace)
    assert whole(database, workspace) == (before[0] + 1, before[1] + 1)


def test_conversations_that_go_leave_nothing_behind(database: Database, workspace: int) -> None:
    ids = insert_conversations(database, workspace, some(random.Random(2), 60, 10))  # noqa: S311
    count_all(database, workspace)

    with database.unit_of_work(workspace_scope(workspace, "tests")) as uow:
        uow.run(
            "with gone as (delete from conversations where id = any(%(ids)s) returning started_at)"
            " insert into dirty_buckets (workspace_id, hour)"
            " select %(workspace)s, date_trunc('hour', started_at) from gone",
            {"ids": ids, "workspace": workspace},
        )
    count_all(database, workspace)

    assert rows(database, workspace, "select * from bucket_stats") == []


def test_counting_again_what_did_not_change_writes_nothing(
    database: Database, workspace: int
) -> None:
    known = some(random.Random(3), 40, 30)  # noqa: S311
    insert_conversations(database, workspace, known)
    count_all(database, workspace)
    versions = "select ctid::text, xmin::text from bucket_stats where level = 'hour' order by 1"
    before = rows(database, workspace, versions)

    with database.unit_of_work(workspace_scope(workspace, "tests")) as uow:
        uow.run(MARK_HOURS)
    count_all(database, workspace)

    assert rows(database, workspace, versions) == before
    assert whole(database, workspace)[0] == len(known)


def test_a_mark_made_in_another_zone_counts_both_hours_that_it_touches(
    database: Database, workspace: int
) -> None:
    insert_conversations(
        database, workspace, [Row("ana", FIRST), Row("bia", FIRST + timedelta(minutes=70))]
    )
    with database.unit_of_work(workspace_scope(workspace, "tests")) as uow:
        uow.run("update dirty_buckets set hour = hour + interval '30 minutes'")
        uow.run("delete from dirty_buckets where hour = (select max(hour) from dirty_buckets)")

    count_all(database, workspace)

    assert whole(database, workspace) == (2, 2)


def test_merged_people_are_one_in_days_long_past(
    database: Database, workspace: int, merge_for_good: Callable[[str, str], None]
) -> None:
    insert_conversations(
        database, workspace, [Row("ana", FIRST), Row("old ana", FIRST + timedelta(days=40))]
    )
    count_all(database, workspace)
    assert whole(database, workspace) == (2, 2)

    merge_for_good("old ana", "ana")
    count_all(database, workspace)

    assert whole(database, workspace) == (2, 1)


@pytest.mark.parametrize("told", [["Qual o frete?"], 5_000_000_000, 2.5, "NaN", None])
def test_whatever_a_caller_says_of_a_course_is_counted(
    database: Database, workspace: int, told: object
) -> None:
    course = {"handoff_done": False, "unanswered_questions": told}
    insert_conversations(database, workspace, [Row("ana", FIRST, course=course)])

    count_all(database, workspace)

    assert whole(database, workspace) == (1, 1)


@pytest.mark.parametrize("year", [1, 1999, 9998])
def test_times_that_no_clock_can_have_told_stretch_no_question(
    database: Database, workspace: int, year: int
) -> None:
    insert_conversations(database, workspace, [Row("ana", FIRST), Row("bia", FIRST.replace(year))])
    count_all(database, workspace)

    with database.read_only(workspace_scope(workspace, "tests")) as uow:
        known = open_reader(uow).known

    assert known == Span(FIRST, FIRST + timedelta(hours=1))


@pytest.fixture
def merge_for_good(database: Database, workspace: int) -> Callable[[str, str], None]:
    """Return what makes two ids one person, with all that belongs to it."""
    from talkhub.services.people.merging import merge_people

    def merge(old: str, kept: str) -> None:
        with database.unit_of_work(workspace_scope(workspace, "tests")) as uow:
            merge_people(uow, old, into=kept)

    return merge
