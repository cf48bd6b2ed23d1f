"""How numbers, times and identifiers are written, in both languages."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from flask import Flask

from talkhub import clock
from talkhub.blueprints.dashboard import filters

SAO_PAULO = ZoneInfo("America/Sao_Paulo")
NOW = datetime(2026, 11, 21, 21, 4, tzinfo=UTC)  # 18:04 in São Paulo


@pytest.fixture(autouse=True)
def _now() -> Iterator[None]:
    clock.use_source(lambda: NOW)
    yield
    clock.use_source(None)


@pytest.fixture
def english() -> Iterator[None]:
    with Flask(__name__).test_request_context(headers={"Cookie": "lang=en"}):
        yield


@pytest.mark.parametrize(
    ("value", "digits", "written"),
    [
        (1234.5, 1, "1.234,5"),
        (38264, 0, "38.264"),
        (-27, 0, "−27"),
        (-0.3, 0, "0"),
        (None, 0, "–"),
    ],
)
def test_numbers_are_grouped_and_have_a_true_minus(value, digits, written):
    assert filters.number(value, digits) == written


def test_signs_are_written_out_but_for_zero():
    assert [filters.signed(value, 2) for value in (0.44, -0.61, 0.001)] == [
        "+0,44",
        "−0,61",
        "0,00",
    ]


def test_percent_has_a_narrow_space_in_portuguese_only(english):
    in_english = filters.percent(0.714)

    assert in_english == "71.4%"


def test_percent_in_portuguese():
    assert filters.percent(0.714) == "71,4\u202f%"


@pytest.mark.parametrize(
    ("seconds", "written"),
    [
        (1.44, "1,4 s"),
        (9.97, "10 s"),
        (42, "42 s"),
        (59.8, "1 min"),
        (130, "2 min 10 s"),
        (3600, "1 h"),
        (3900, "1 h 5 min"),
        (3 * 86400, "3 dias"),
        (None, "–"),
    ],
)
def test_durations_are_as_exact_as_they_need_to_be(seconds, written):
    assert filters.duration(seconds) == written


@pytest.mark.parametrize(
    ("gone", "written"), [(8, "há 8 s"), (240, "há 4 min"), (7200, "há 2 h"), (-5, "há 0 s")]
)
def test_ages_are_short_and_never_in_the_future(gone, written):
    assert filters.ago(NOW - timedelta(seconds=gone)) == written


def test_ages_in_english(english):
    assert filters.ago(NOW - timedelta(minutes=4)) == "4m ago"


def test_moments_are_those_of_the_workspaces_time_zone():
    late = datetime(2026, 11, 21, 1, 30, tzinfo=UTC)

    assert filters.time_of_day(late, SAO_PAULO) == "22:30"
    assert filters.day(late, SAO_PAULO) == "20 nov"
    assert filters.full_date(late, SAO_PAULO) == "20/11/2026"


@pytest.mark.parametrize(
    ("moment", "written"),
    [
        (NOW - timedelta(hours=2), "16:04"),
        (NOW - timedelta(days=2), "19 nov"),
        (NOW - timedelta(days=400), "17/10/2025"),
    ],
)
def test_the_older_a_moment_the_coarser_it_is_written(moment, written):
    assert filters.moment_brief(moment, SAO_PAULO) == written


@pytest.mark.parametrize(
    ("day", "written"),
    [
        (date(2026, 11, 21), "Hoje, 21 de novembro"),
        (date(2026, 11, 20), "Ontem, 20 de novembro"),
        (date(2026, 3, 1), "1 de março"),
        (date(2025, 3, 1), "01/03/2025"),
    ],
)
def test_days_in_a_transcript_are_named_as_people_do(day, written):
    assert filters.day_heading(day, SAO_PAULO) == written


@pytest.mark.parametrize(
    ("zone", "written"),
    [
        ("America/Sao_Paulo", "São Paulo, GMT−3"),
        ("Asia/Kolkata", "Kolkata, GMT+5:30"),
        ("UTC", "UTC, GMT"),
    ],
)
def test_time_zones_are_named_by_city_and_offset(zone, written):
    assert filters.zone_name(ZoneInfo(zone)) == written


@pytest.mark.parametrize(
    ("phone", "written"),
    [
        ("+5519998764821", "+55 19 9••••-4821"),
        ("(19) 99876-4821", "+19 ••••-4821"),
        ("551938764821", "+55 19 ••••-4821"),
        ("4915112345678", "+49 ••••-5678"),
        ("12345", "••••"),
        ("", "••••"),
    ],
)
def test_phones_keep_only_what_their_owner_recognises(phone, written):
    assert filters.masked_phone(phone) == written


@pytest.mark.parametrize(
    ("user_id", "written"),
    [
        ("5519998764821", "+55 19 9••••-4821"),
        ("+4915112345678", "+49 ••••-5678"),
        ("987654321", "987654321"),  # a Telegram id
        ("f12345u678", "f12345u678"),
    ],
)
def test_an_id_that_is_a_phone_number_is_masked_as_one(user_id, written):
    assert filters.masked_id(user_id) == written


def test_addresses_keep_their_first_letter_and_domain():
    assert filters.masked_email("renata@mare.example") == "r•••@mare.example"
    assert filters.masked_email("renata") == "•••"


def test_people_are_called_by_what_is_known_of_them():
    assert filters.person_name("Renata", "5511987654321", "u1") == "Renata"
    assert filters.person_name(None, "5511987654321", "u1") == "+55 11 9••••-4321"
    assert filters.person_name(None, None, "u1") == "u1"


def test_initials_are_of_the_first_and_last_name():
    names = ("Casa Lume", "admin", "Ana de Sá", "TalkHub")

    assert [filters.initials(name) for name in names] == ["CL", "AD", "AS", "TH"]
