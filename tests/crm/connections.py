"""A workspace's connection with a CRM: people speak, the courier tells, the CRM keeps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Self

from callers import Caller
from factories import KEYRING, rows

from benchmarks.crms.server import Stub
from talkhub import clock
from talkhub.crm.registry import PACE
from talkhub.jobs.courier import Courier
from talkhub.names.crm import CRMKind
from talkhub.outbound.guarded import GuardedClient
from talkhub.outbound.senders.base import Hosts
from talkhub.services.connecting.connectors import ConnectorChange, add_connector
from talkhub.services.connecting.rules import CRMRule, add_rule
from talkhub.services.people.profiles import update_profile
from talkhub.services.telling.crm import tell_crms
from talkhub.settings import Settings
from talkhub.store.uow import Database, workspace_scope

LOOPBACK = GuardedClient(reaches_loopback=True)
WITHOUT_PAUSE = dict.fromkeys(PACE, timedelta(microseconds=1))
GO = (
    "update outbound_messages set due_at = clock_timestamp(), lease_until = null"
    " where state = 'pending' and crm_connector_id is not null"
)
REST_IS_OVER = "update crm_connectors set paused_until = null, paced_until = null"


@dataclass(frozen=True)
class Connection:
    """A connector of the caller's workspace, and the CRM behind it."""

    id: int
    stub: Stub
    caller: Caller
    database: Database
    settings: Settings

    @classmethod
    def made(
        cls,
        kind: str,
        stub: Stub,
        credentials: Mapping[str, str],
        *around: Any,
    ) -> Self:
        caller, database, settings = around
        address = {CRMKind.GENERIC: f"{stub.base}/crm", CRMKind.PIPEDRIVE: "clinica"}.get(kind, "")
        change = ConnectorChange(
            address=address,
            credentials=credentials,
            fields={"locale": "language", "custom.plan": "plan"},
        )
        with database.unit_of_work(workspace_scope(caller.workspace_id, "ana")) as uow:
            added = add_connector(uow, LOOPBACK, CRMKind(kind), change, keyring=KEYRING)
        return cls(added, stub, caller, database, settings)

    def rule(self, event: str, action: str, **more: Any) -> int:
        return self.do(
            lambda uow: add_rule(uow, CRMRule(self.id, event, action, **more), intents=["support"])
        )

    def person(self, user_id: str = "ana", **said: Any) -> int:
        """Make a person, or change one, and return the profile's number."""
        self.do(lambda uow: update_profile(uow, user_id, said, source="api"))
        (row,) = self.read("select id from user_profiles where user_id = %(id)s", id=user_id)
        return int(row["id"])

    def analysed(self, profile_id: int, number: int = 1, **found: Any) -> None:
        """Let a conversation of somebody's be analysed, as its drain stores it."""
        self.do(lambda uow: tell_crms(uow, [analysis(profile_id, number, **found)]))

    def deliver(self) -> None:
        """Let the courier do what is due."""
        base = self.stub.base
        hosts = Hosts(hubspot=base, pipedrive=base, rd_station=base)
        Courier(self.database, self.settings, LOOPBACK, hosts=hosts, pace=WITHOUT_PAUSE).drain()

    def deliver_at_last(self) -> None:
        """Do so as if all waiting were over."""
        self.do(lambda uow: (uow.run(GO), uow.run(REST_IS_OVER)))
        self.deliver()

    def errands(self) -> list[dict[str, Any]]:
        return self.read(
            "select kind, state, attempts, failure, last_error, due_at > clock_timestamp() as waits"
            " from outbound_messages where crm_connector_id is not null order by id"
        )

    def read(self, sql: str, **params: Any) -> list[dict[str, Any]]:
        return rows(self.database, self.caller.workspace_id, sql, **params)

    def do(self, work: Any) -> Any:
        scope = workspace_scope(self.caller.workspace_id, "ana")
        with self.database.unit_of_work(scope) as uow:
            return work(uow)


def analysis(profile_id: int, number: int, **found: Any) -> dict[str, Any]:
    """Return a row as an analysis is stored: of a conversation that began and ended."""
    return {
        "id": number,
        "profile_id": profile_id,
        "platform": "whatsapp",
        "sentiment": "negative",
        "score": -0.5,
        "intent": "support",
        "confidence": 0.9,
        "topics": ["entrega"],
        "language": "pt",
        "completion": "completed",
        "course": {"summary": ["Meu pedido não chegou"]},
        "version_before": None,
        "outcome_before": None,
        "sentiment_before": None,
        "started_at": clock.now(),
    } | found
