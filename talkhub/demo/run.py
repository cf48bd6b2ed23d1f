"""Play a realistic day to a running service, so that its pages come to life."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from talkhub import clock
from talkhub.demo.doors import ACTOR, SAVED_AS, Client, Doors
from talkhub.demo.failure import CannotPlay
from talkhub.demo.plays import Cast, Play, acts
from talkhub.demo.stories import read_content
from talkhub.embedded.boot import read_settings, resolve_settings
from talkhub.names import Platform
from talkhub.progress import show_progress
from talkhub.services.access.auth import DEFAULT_WORKSPACE_ID
from talkhub.settings import Settings
from talkhub.store.queries.inbox import inbox_health
from talkhub.store.queries.metadata import stored_values
from talkhub.store.queries.work import work_left
from talkhub.store.queries.workspaces import workspace_timezone
from talkhub.store.uow import Database, UnitOfWork, workspace_scope

BETWEEN_ACTS_SECONDS = 20.0
AT_THE_END_SECONDS = 60.0
_POLL_SECONDS = 0.2
_SCOPE = workspace_scope(DEFAULT_WORKSPACE_ID, ACTOR)

_Errand = Callable[[], bool]
"""One request; returns whether it brought something new."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What was played. A request is one message, or a whole conversation saved by the API."""

    people: int
    conversations: int
    messages: int
    new_requests: int
    known_requests: int
    work_left: int
    dashboard: str


def play_demo(url: str | None, *, seed: int, people: int, quiet: bool) -> Summary:
    """Send all that was said by now and is not there yet, and wait for the workers.

    Without a url, to the service that the settings configure. Cut short at any point, it
    goes on from there the next time. Raises CannotPlay, or CannotStart for faulty settings.
    """
    client = Client(url or _local_url(read_settings()))
    if not client.is_answered():
        raise CannotPlay(
            f"TalkHub does not answer at {client.url}: start it with ./run up.", exit_code=2
        )
    settings = resolve_settings()
    database = Database(str(settings.database_url), pool_size=1)
    try:
        with database.read_only(_SCOPE) as uow:
            cast = Cast(read_content(), seed, people, workspace_timezone(uow))
        played = acts(cast, clock.now())
        saved = _saved(database, played)
        doors = Doors(client, settings, database)
        news = _send([_errands(doors, act, saved) for act in played], database, quiet=quiet)
        left = _wait(database, work_left, AT_THE_END_SECONDS, quiet=quiet)
    finally:
        database.dispose()
    plays = [play for act in played for play in act]
    return Summary(
        people=people,
        conversations=len(plays),
        messages=sum(len(play.lines) for play in plays),
        new_requests=sum(news),
        known_requests=len(news) - sum(news),
        work_left=left,
        dashboard=f"{client.url}/dashboard",
    )


def _local_url(settings: Settings) -> str:
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(settings.host, settings.host)  # noqa: S104 -- read, not bound
    return f"http://{host}:{settings.port}"


def _saved(database: Database, played: Sequence[Sequence[Play]]) -> frozenset[str]:
    """Return the ids of the plays that an earlier demo saved by the API.

    The webhooks know each message again for ever, the API an idempotency key for a day only.
    """
    ids = [play.id for act in played for play in act if play.platform == Platform.API]
    with database.read_only(_SCOPE) as uow:
        return stored_values(uow, SAVED_AS, ids)


def _errands(doors: Doors, act: Sequence[Play], saved: frozenset[str]) -> list[_Errand]:
    """Return an act's requests in the order of its events."""
    timed: list[tuple[datetime, _Errand]] = []
    for play in act:
        if play.platform != Platform.API:
            timed += [(line.sent_at, partial(doors.tell, play, line)) for line in play.lines]
        else:
            errand = _nothing_new if play.id in saved else partial(doors.save, play)
            timed.append((play.lines[-1].sent_at, errand))
    return [errand for _, errand in sorted(timed, key=lambda pair: pair[0])]


def _nothing_new() -> bool:
    return False


def _send(acts: Sequence[Sequence[_Errand]], database: Database, *, quiet: bool) -> list[bool]:
    """Do the errands of act after act, and return of each whether it brought something new."""
    news: list[bool] = []
    total = sum(len(errands) for errands in acts)
    with show_progress("playing a day and the month before", total, quiet=quiet) as tell:
        for errands in acts:
            # Nobody's earlier visit may still wait when the next one arrives.
            _wait(database, _waiting_events, BETWEEN_ACTS_SECONDS, quiet=True)
            for errand in errands:
                news.append(errand())
                tell(len(news))
    return news


def _waiting_events(uow: UnitOfWork) -> int:
    return inbox_health(uow).waiting


def _wait(
    database: Database, count: Callable[[UnitOfWork], int], seconds: float, *, quiet: bool
) -> int:
    """Wait until nothing is left to do, at most some seconds; return how much is."""

    def ask() -> int:
        with database.read_only(_SCOPE) as uow:
            return count(uow)

    deadline = time.monotonic() + seconds
    left = total = ask()
    if not total:
        return 0
    with show_progress("waiting for the workers", total, quiet=quiet) as tell:
        while left and time.monotonic() < deadline:
            time.sleep(_POLL_SECONDS)
            left = ask()
            tell(max(0, total - left))
    return left
