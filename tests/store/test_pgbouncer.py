"""The service through a transaction pooler: PgBouncer, with fewer connections than callers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from factories import make_channel, make_workspace, rows
from flask.testing import FlaskClient
from providers import Door, said
from sqlalchemy.engine import make_url

from benchmarks.pooler import PGBOUNCER, pooled
from talkhub.jobs import context, handlers
from talkhub.names import Platform
from talkhub.settings import Settings
from talkhub.store.uow import Database

CONNECTIONS = 2
CALLERS = 12

pytestmark = pytest.mark.skipif(
    PGBOUNCER is None, reason="there is no PgBouncer: apt-get install pgbouncer"
)


@pytest.fixture(scope="module")
def pooled_url(database_url: str) -> Iterator[str]:
    """The tests' database through a pooler with two connections to it."""
    with pooled(make_url(database_url), connections=CONNECTIONS) as url:
        yield url.render_as_string(hide_password=False)


@pytest.fixture
def drain_pooled(
    settings: Settings, pooled_url: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[], None]]:
    """Do what workers do that reach the database through the pooler."""
    monkeypatch.setattr(context, "_context", None)  # restores the other tests' worker
    worker = context.begin(settings.model_copy(update={"database_url": pooled_url}))

    def drain() -> None:
        for job in (handlers.drain_inbox, handlers.drain_analysis, handlers.drain_stats):
            job()

    yield drain
    worker.database.dispose()


def test_many_callers_of_two_workspaces_share_few_connections_and_see_only_their_own(
    make_client: Callable[..., FlaskClient],
    sign_token: Callable[..., str],
    database: Database,
    pooled_url: str,
) -> None:
    app = make_client(database_url=pooled_url).application
    tokens = [sign_token(make_workspace(database)) for _ in range(2)]

    def caller(number: int) -> tuple[FlaskClient, dict[str, str]]:
        return app.test_client(), {"Authorization": f"Bearer {tokens[number % 2]}"}

    def save(number: int) -> int:
        client, headers = caller(number)
        messages = [{"role": "user", "content": f"Oi, sou a {number}"}]
        body = {"session_id": f"s{number}", "user_id": f"ana{number}", "messages": messages}
        saved = client.post("/api/v1/mcp/save_conversation", json=body, headers=headers)
        return saved.status_code

    def look(number: int) -> tuple[str, bool]:
        """Ask for one's own person, and for one of the other workspace."""
        client, headers = caller(number)
        own, other = (
            client.get(f"/api/v1/mcp/get_user_context/ana{whose}", headers=headers).json
            for whose in (number, (number + 1) % CALLERS)
        )
        text = own["recent_conversations"][0]["messages"][0]["content"]
        return text, other["has_history"]

    with ThreadPoolExecutor(CALLERS) as callers:
        saved = list(callers.map(save, range(CALLERS)))
        seen = list(callers.map(look, range(CALLERS)))

    assert set(saved) == {200}
    assert seen == [(f"Oi, sou a {number}", False) for number in range(CALLERS)]


def test_a_webhook_and_the_work_behind_it_go_through_the_pooler(
    make_client: Callable[..., FlaskClient],
    database: Database,
    workspace: int,
    pooled_url: str,
    drain_pooled: Callable[[], None],
) -> None:
    client = make_client(database_url=pooled_url)
    account = Door(client, Platform.TELEGRAM, make_channel(database, workspace, Platform.TELEGRAM))

    assert account.post(said(Platform.TELEGRAM, "Quero cancelar.")).status_code == 200
    drain_pooled()

    (stored,) = rows(database, workspace, "select primary_intent from conversations")
    assert stored == {"primary_intent": "cancellation"}
    assert client.get("/readyz").status_code == 200
