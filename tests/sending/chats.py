"""A person's chat with a workspace: what they write, what is sent, what the provider got."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from callers import Caller
from factories import rows
from providers import Door, Interface, said

from talkhub import clock
from talkhub.jobs.courier import Courier
from talkhub.outbound.senders.base import Hosts
from talkhub.settings import Settings
from talkhub.store.uow import Database, Scope, workspace_scope

PERSON = "5511999990001"
PATH = "/api/v1/messages"
GO = (
    "update outbound_messages set due_at = clock_timestamp(), lease_until = null"
    " where state = 'pending'"
)
REST_IS_OVER = "update channels set paused_until = null"


@dataclass(frozen=True)
class Chat:
    """An account with credentials, its webhook, and the interface of its provider."""

    channel_id: int
    caller: Caller
    door: Door
    interface: Interface
    database: Database
    settings: Settings
    drain: Callable[[], None]

    def hear(self, text: str, *, ago: timedelta = timedelta(0), person: str = PERSON) -> None:
        """Let the person write."""
        document = said(self.door.platform, text, person=person, at=clock.now() - ago)
        assert self.door.post(document).json["accepted"] == 1
        self.drain()

    def say(self, text: str = "Olá!", *, person: str = PERSON, **more: object) -> dict[str, Any]:
        """Queue a text and return how it stands."""
        answer = self.caller.post(PATH, {"user_id": person, "text": text, **more})
        assert answer.status_code == 202, answer.json
        return dict(answer.json)

    def deliver(self) -> int:
        """Let the courier and then the workers do what is due; return how many calls it took."""
        before = len(self.interface.host.requests)
        base = self.interface.base
        hosts = Hosts(telegram=base, graph=base, uchat=base)
        client = self.interface.host.client()
        Courier(self.database, self.settings, client, hosts=hosts).drain()
        self.drain()
        return len(self.interface.host.requests) - before

    def deliver_at_last(self) -> int:
        """Do so as if all waiting were over."""
        self.set(GO)
        self.set(REST_IS_OVER)
        return self.deliver()

    def message(self, message: dict[str, Any]) -> dict[str, Any]:
        """Ask how a message stands."""
        return dict(self.caller.get(f"{PATH}/{message['id']}").json)

    def transcript(self) -> list[tuple[str, str]]:
        """Return who said what in all the workspace's conversations."""
        return [
            (message["role"], message["content"])
            for row in self.read("select messages from conversations order by id")
            for message in row["messages"]
        ]

    def read(self, sql: str) -> list[dict[str, Any]]:
        return rows(self.database, self.caller.workspace_id, sql)

    def set(self, sql: str) -> None:
        with self.database.unit_of_work(self.scope) as uow:
            uow.run(sql)

    @property
    def scope(self) -> Scope:
        return workspace_scope(self.caller.workspace_id, "ana")
