"""Room for connections is looked for when a part starts."""

from __future__ import annotations

import pytest
from flask import Flask

from talkhub.jobs.worker import connections_of
from talkhub.settings import Settings
from talkhub.store.connections import look_for_room, most_connections


def test_a_part_that_may_open_more_than_are_free_warns(
    app: Flask, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    has_room = look_for_room(settings.database_url or "", part="web", needed=100_000)

    assert not has_room
    (line,) = [record.msg for record in caplog.records]
    assert (line["event"], line["needed"]) == ("connections_scarce", 100_000)
    assert 0 < line["free"] < 100_000


def test_one_that_fits_says_nothing(
    app: Flask, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    has_room = look_for_room(settings.database_url or "", part="web", needed=1)

    assert (has_room, caplog.records) == (True, [])


def test_a_database_that_is_away_keeps_nobody_from_starting() -> None:
    assert look_for_room("postgresql+psycopg2://x@127.0.0.1:1/x", part="web", needed=1)


def test_the_budget_is_two_pools_a_process() -> None:
    plain = Settings(WORKER_PROCESSES="3")
    reading = Settings(WORKER_PROCESSES="3", LLM_URL="http://models/v1", LLM_MODEL="m")

    assert most_connections(2, 8) == 32
    assert (connections_of(plain), connections_of(reading)) == (28, 34)
