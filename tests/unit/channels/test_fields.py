"""Reading fields of documents whose shape nobody promises."""

from datetime import UTC, datetime, timedelta

import pytest

from talkhub.channels.fields import event_kind, member, objects, sent_at, text


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        (1795302001, datetime(2026, 11, 21, 23, 0, 1, tzinfo=UTC)),
        ("1795302001", datetime(2026, 11, 21, 23, 0, 1, tzinfo=UTC)),
        (1795302001.5, datetime(2026, 11, 21, 23, 0, 1, 500_000, tzinfo=UTC)),
        (1795302001250, datetime(2026, 11, 21, 23, 0, 1, 250_000, tzinfo=UTC)),
        ("2026-11-21T20:40:00Z", datetime(2026, 11, 21, 20, 40, tzinfo=UTC)),
        ("2026-11-21 17:40:00-03:00", datetime(2026, 11, 21, 20, 40, tzinfo=UTC)),
    ],
)
def test_a_provider_time_is_read_into_utc(
    written: object, moment: datetime, received_at: datetime
) -> None:
    read = sent_at(written, received_at)

    assert read == moment
    assert read.tzinfo is UTC


@pytest.mark.parametrize(
    "written",
    [
        None,
        "",
        "agora",
        True,
        0,
        -1,
        1,
        946684799,  # 1999
        1795302001 + 2 * 86400,
        9999999999999,
        1e300,
        "9" * 400,
        "nan",
        "1_795_302_001",
        "2026-11-21 17:50:45",  # without a zone
        "0001-01-01T00:00:00+23:59",
        "9999-12-31T23:59:59-23:59",
        "2026-11-21",
        {},
        [1795302001],
    ],
)
def test_a_time_that_cannot_be_true_is_replaced_by_ours(
    written: object, received_at: datetime
) -> None:
    assert sent_at(written, received_at) is received_at


def test_a_time_a_little_ahead_of_our_clock_is_believed(received_at: datetime) -> None:
    ahead = received_at + timedelta(hours=23)

    assert sent_at(ahead.isoformat(), received_at) == ahead


@pytest.mark.parametrize(
    ("path", "found"),
    [
        (("a", 0, "b"), "x"),
        (("a", 1), None),
        (("a", "b"), None),
        (("a", 0, 0), None),
        (("c",), None),
        (("n", "m"), None),
    ],
)
def test_a_path_leads_to_its_value_or_to_none(path: tuple[str | int, ...], found: object) -> None:
    assert member({"a": [{"b": "x"}], "n": 1}, *path) == found


@pytest.mark.parametrize("document", [None, [], "a", {"a": "bc"}, {"a": {"b": {}}}, {"b": [{}]}])
def test_what_is_no_list_of_objects_yields_none(document: object) -> None:
    assert list(objects(document, "a")) == []


def test_other_values_among_the_objects_are_passed_over() -> None:
    assert list(objects({"a": [1, {"b": 2}, None, [{}], {}]}, "a")) == [{"b": 2}, {}]


@pytest.mark.parametrize(
    ("value", "found"),
    [(" oi ", "oi"), (5511, "5511"), (1.5, "1.5"), (True, ""), (None, ""), ({}, ""), (["a"], "")],
)
def test_only_texts_and_numbers_have_a_text(value: object, found: str) -> None:
    assert text(value) == found


@pytest.mark.parametrize("name", ["", "Olá", "a b", "A", "x" * 65, "1a", "a\n"])
def test_an_odd_name_of_an_event_is_not_taken_over(name: str) -> None:
    assert event_kind(name) == "unknown"
    assert event_kind("subscriber.created") == "subscriber.created"
