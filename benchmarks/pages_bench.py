"""`bench pages`: how long every page of the dashboard takes, on a year of conversations.

Measured in this process, from the request to the answer's last byte: what a browser waits for its
first byte, but for the network. Nothing is kept from one request to the next.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from flask.testing import FlaskClient

from benchmarks.failure import CannotMeasure
from benchmarks.figures import Goal, Sample, spread
from benchmarks.progress import Progress
from benchmarks.report import Report, Section
from benchmarks.rounds import Results
from benchmarks.service import ADMIN_SECRET, service_settings
from benchmarks.stage import Stage, run_sql
from benchmarks.year import Filled, fill_year
from talkhub import clock
from talkhub.app import create_app, spare_what_stays
from talkhub.services.access.auth import add_first_user
from tests.page_addresses import PAGES

CONVERSATIONS = 1_000_000
REQUESTS = 20
"""Of each page in a round, after one that nobody measures."""

WANTED_P95_MS = 150

_LATEST = """
select conversation_id, profile_id from conversations
where message_count > 1 order by last_message_at desc limit 1
"""


def measure(  # what the command was given
    stage: Stage,
    *,
    seconds: int,  # noqa: ARG001 -- a turn is as long as its work
    rounds: int,
    progress: Progress,
    conversations: int,
) -> Report:
    """Ask for every page, round after round, as somebody who is signed in."""
    count = conversations or CONVERSATIONS
    progress.expect(1 + rounds)
    progress.step(f"{count:,} conversations")
    times: dict[str, list[list[float]]] = {}
    with _signed_in(stage, count) as (client, paths, filled):
        for number in range(1, rounds + 1):
            progress.step(f"round {number}")
            for name, path in paths.items():
                times.setdefault(name, []).append(_turn(client, path))
    return report_of(times, count, filled.gigabytes)


def report_of(times: dict[str, list[list[float]]], count: int, gigabytes: float) -> Report:
    """Return what was measured, in milliseconds by page and round, and which pages are too slow."""
    title = f"{count:,} conversations"
    results: Results = {
        (title, name): [
            Sample(1000 * len(turn) / sum(turn), _quantile(turn, 0.5), _quantile(turn, 0.99))
            for turn in turns
        ]
        for name, turns in times.items()
    }
    report = Report("pages", seconds=None, rounds=len(next(iter(times.values()))))
    report.sections = [Section(title, results, title)]
    report.facts = {title: f"{gigabytes:.1f} GB"}
    report.goals = [
        Goal(
            f"{name}: ms, p95",
            WANTED_P95_MS,
            spread([_quantile(turn, 0.95) for turn in turns]),
            at_most=True,
        )
        for name, turns in times.items()
    ]
    return report


@contextmanager
def _signed_in(stage: Stage, count: int) -> Iterator[tuple[FlaskClient, dict[str, str], Filled]]:
    url = stage.make_database("pages")
    now = clock.now().replace(minute=0, second=0, microsecond=0)
    filled = fill_year(url, count, now, lambda _done: None)
    settings = service_settings(stage, url, role="all", port=1)
    # Its lines would stand among the figures.
    app = create_app(settings.model_copy(update={"log_level": "ERROR"}))
    spare_what_stays()  # as every process of the web does
    client = app.test_client()
    database = app.extensions["talkhub"].database
    try:
        whose = filled.workspace_id
        add_first_user(database, username="admin", password=ADMIN_SECRET, workspace_id=whose)
        form = {"username": "admin", "password": ADMIN_SECRET}
        if client.post("/dashboard/login", data=form).status_code != 303:
            raise CannotMeasure("Nobody can sign in to the dashboard.")
        ((conversation_id, profile_id),) = run_sql(url, _LATEST)
        paths = {
            **PAGES,
            "conversation": f"/conversations/{conversation_id}",
            "person": f"/people/{profile_id}",
            "bot-context": f"/people/{profile_id}/context",
        }
        yield client, paths, filled
    finally:
        database.dispose()
        app.extensions["talkhub"].redis.close()


def _turn(client: FlaskClient, path: str) -> list[float]:
    times = []
    for _ in range(REQUESTS + 1):
        began = time.perf_counter()
        answer = client.get(f"/dashboard{path}", buffered=True)
        times.append((time.perf_counter() - began) * 1000)
        if answer.status_code != 200:
            raise CannotMeasure(f"The page {path} answered {answer.status_code}.")
    return times[1:]


def _quantile(times: list[float], share: float) -> float:
    return sorted(times)[min(int(len(times) * share), len(times) - 1)]
