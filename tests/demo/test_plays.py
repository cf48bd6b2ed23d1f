"""What the demo plays, before anything is sent."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from talkhub.demo.plays import Cast, Play, acts
from talkhub.demo.stories import read_content
from talkhub.names import MessageRole, Platform

NOW = datetime(2026, 3, 20, 15, 30, tzinfo=UTC)
CAST = Cast(read_content(), seed=1, people=40, zone=ZoneInfo("America/Sao_Paulo"))


def plays(cast: Cast = CAST, now: datetime = NOW) -> list[Play]:
    return [play for act in acts(cast, now) for play in act]


def test_one_seed_and_moment_make_one_play() -> None:
    assert acts(CAST, NOW) == acts(CAST, NOW)


def test_seeds_share_neither_lines_nor_people() -> None:
    others = plays(replace(CAST, seed=2))

    for what in (lambda play: play.id, lambda play: play.person.phone):
        assert not {what(play) for play in plays()} & {what(play) for play in others}


@pytest.mark.parametrize("hour", range(0, 24, 3))
def test_everybody_is_heard_once_within_the_last_day_and_before_it_too(hour: int) -> None:
    now = NOW.replace(hour=hour)

    found = [play for play in plays(now=now) if play.lines[0].sent_at > now - timedelta(days=1)]

    still_talking_by_api = CAST.people - len(found)
    assert still_talking_by_api <= 1
    assert len({play.person for play in found}) == len(found) >= 25
    assert len(plays(now=now)) > 4 * CAST.people


def test_days_before_are_quieter_but_none_is_empty() -> None:
    days = Counter(play.lines[0].sent_at.astimezone(CAST.zone).date() for play in plays())

    today = NOW.date()
    before = [days[today - timedelta(days=age)] for age in range(2, 26)]
    assert min(before) > 0
    assert max(before) < CAST.people / 2


def test_nobody_is_in_an_act_twice_and_acts_follow_each_other() -> None:
    played = acts(CAST, NOW)

    for act in played:
        assert len({play.person for play in act}) == len(act)
    for person in {play.person for play in plays()}:
        times = [play.lines[0].sent_at for act in played for play in act if play.person == person]
        assert times == sorted(times)


def test_a_visit_is_more_than_a_day_after_the_one_before() -> None:
    by_person: dict[str, list[Play]] = {}
    for play in plays():
        by_person.setdefault(play.person.name, []).append(play)

    for visits in by_person.values():
        for earlier, later in pairwise(visits):
            assert later.lines[0].sent_at - earlier.lines[-1].sent_at > timedelta(days=1)


def test_nothing_is_said_in_the_future_and_a_talk_goes_on_later() -> None:
    first = min(plays(), key=lambda play: NOW - play.lines[0].sent_at)
    in_between = first.lines[0].sent_at + timedelta(seconds=1)

    now, later = (
        next((p for p in plays(now=moment) if p.id == first.id), None)
        for moment in (in_between, in_between + timedelta(hours=1))
    )

    assert later is not None
    if first.platform == Platform.API:
        assert now is None
    else:
        assert now is not None
        assert now.lines == later.lines[: len(now.lines)]
    assert all(line.sent_at <= NOW for play in plays() for line in play.lines)


def test_only_channels_that_carry_answers_have_them() -> None:
    tellers = {
        play.platform for play in plays() for line in play.lines if line.role != MessageRole.USER
    }

    assert tellers == {Platform.UCHAT, Platform.API}
    assert {play.platform for play in plays()} == {*tellers, Platform.WHATSAPP, Platform.TELEGRAM}


def test_people_are_invented_and_all_different() -> None:
    people = [play.person for play in acts(replace(CAST, people=1000), NOW)[-1]]

    assert len({person.name for person in people}) == len({p.phone for p in people}) == len(people)
    assert all(re.fullmatch(r"\+551190000\d{4}", person.phone) for person in people)
    assert all(re.fullmatch(r"[a-z]+\.[a-z]+@example\.com", person.email) for person in people)


def test_the_stories_are_many_and_leave_no_gap() -> None:
    told = plays(replace(CAST, people=len(CAST.content.stories)))

    assert not [line.text for play in told for line in play.lines if re.search("[{}]", line.text)]
    assert {MessageRole.USER, MessageRole.BOT, MessageRole.AGENT} == {
        line.role for play in told for line in play.lines
    }
    assert len(CAST.content.stories) >= 25
