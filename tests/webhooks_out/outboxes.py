"""The outbox of a test's workspace, and what its receivers got."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from factories import KEYRING, rows
from https_host import Host
from standardwebhooks import Webhook

from talkhub.jobs.courier import Courier
from talkhub.outbound.guarded import GuardedClient
from talkhub.services.telling import webhooks
from talkhub.services.telling.webhooks import EVENTS, NewSecret
from talkhub.settings import Settings
from talkhub.store.uow import Database, UnitOfWork, workspace_scope

LOOPBACK = GuardedClient(reaches_loopback=True)


@dataclass(frozen=True)
class Outbox:
    """The workspace's endpoints and messages, and what is done with them."""

    database: Database
    settings: Settings
    workspace: int

    def endpoint(self, url: str, *events: str) -> NewSecret:
        return self.do(
            lambda uow: webhooks.create_endpoint(
                uow, LOOPBACK, url=url, events=events or EVENTS, keyring=KEYRING
            )
        )

    def test(self, endpoint: NewSecret) -> int:
        return self.do(lambda uow: webhooks.send_test(uow, endpoint.endpoint_id))

    def do(self, work: Callable[[UnitOfWork], Any]) -> Any:
        with self.database.unit_of_work(workspace_scope(self.workspace, "ana")) as uow:
            return work(uow)

    def courier(self, client: GuardedClient = LOOPBACK) -> Courier:
        return Courier(self.database, self.settings, client)

    def messages(self, columns: str = "*") -> list[dict]:
        return self.read(f"select {columns} from outbound_messages order by id")

    def attempts(self) -> list[dict]:
        return self.read(
            "select status_code, error from delivery_attempts"
            " where workspace_id = %(ws)s order by attempted_at, id"
        )

    def read(self, sql: str) -> list[dict]:
        return rows(self.database, self.workspace, sql, ws=self.workspace)

    def set(self, sql: str) -> None:
        self.do(lambda uow: uow.run(sql))


def received(host: Host, number: int = 0) -> tuple[dict[str, str], str]:
    """Return the headers and the body of a request that a receiver got."""
    head, _, body = host.requests[number].partition("\r\n\r\n")
    lines = [line.partition(": ") for line in head.split("\r\n")[1:]]
    return {name.lower(): value for name, _, value in lines}, body


def verified(endpoint: NewSecret, host: Host, number: int = 0) -> dict:
    """Have the reference implementation verify a request, and return its body."""
    headers, body = received(host, number)
    return Webhook(endpoint.secret).verify(body, headers)


def plain_url(host: Host) -> str:
    return f"http://127.0.0.1:{host.port}/hook"


def over_tls(host: Host, **changed: object) -> GuardedClient:
    return replace(host.client(), **changed)
