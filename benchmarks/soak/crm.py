"""`./run soak crm`: many people told to each CRM, which misbehaves: none lost, none doubled."""

from __future__ import annotations

import json
import time
from collections import Counter
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from benchmarks.crms.registry import BOOKS
from benchmarks.crms.server import Faults, Stub, serving
from benchmarks.service import service_settings
from benchmarks.serving import free_port
from benchmarks.stage import migrate, open_stage
from talkhub import clock
from talkhub.crm.registry import PACE
from talkhub.jobs.courier import Courier
from talkhub.names.crm import CRMKind
from talkhub.outbound.guarded import GuardedClient
from talkhub.outbound.senders.base import Hosts
from talkhub.progress import show_progress
from talkhub.services.connecting.connectors import ConnectorChange, add_connector
from talkhub.services.connecting.rules import CRMRule, add_rule
from talkhub.services.telling.crm import tell_crms
from talkhub.settings import Settings
from talkhub.store.uow import Database, system_scope, workspace_scope

LOOPBACK = GuardedClient(reaches_loopback=True)
WITHOUT_PAUSE = dict.fromkeys(PACE, timedelta(microseconds=1))
MOST_ROUNDS = 200

_WORKSPACE = "insert into workspaces (slug, name) values (%(kind)s, 'Soak') returning id"
_PEOPLE = """
insert into user_profiles (workspace_id, user_id, name, phone)
select %(workspace_id)s, 'p' || n, 'Pessoa ' || n, '+55119' || lpad(n::text, 8, '0')
from generate_series(1, %(count)s) n returning id
"""
_GO = """
update outbound_messages set due_at = clock_timestamp(), lease_until = null, attempts = 0
where state = 'pending'
"""
_REST_IS_OVER = "update crm_connectors set paused_until = null, paced_until = null"
_LEFT = "select count(*) from outbound_messages where state = 'pending'"
_GIVEN_UP = "select count(*) from outbound_messages where state = 'dead'"
_REMEMBERED = "select count(*) from crm_records where external_id is not null"


@dataclass(frozen=True, slots=True)
class Told:
    """What a CRM kept of so many people, of each a contact, a note and a deal."""

    kind: str
    people: int
    contacts: int
    notes: int
    deals: int
    remembered: int
    given_up: int
    calls: int
    faults: dict[str, int]
    seconds: float

    @property
    def is_good(self) -> bool:
        """Whether each thing is there once, and remembered."""
        kept = {self.contacts, self.notes, self.deals}
        return kept == {self.people} and self.remembered == 3 * self.people and not self.given_up


def run_crm(*, people: int, share: float, seed: int, quiet: bool) -> list[Told]:
    """Tell each CRM of people while so large a share of its answers are faults."""
    with open_stage() as stage:
        url = stage.make_database("crm")
        migrate(url)
        settings = service_settings(stage, url, role="api", port=free_port())
        address = url.set(drivername="postgresql+psycopg2").render_as_string(hide_password=False)
        database = Database(address)
        try:
            return [
                _told(database, settings, kind, people, Faults(share, seed), quiet=quiet)
                for kind in BOOKS
            ]
        finally:
            database.dispose()


def as_document(told: list[Told]) -> str:
    """Return the outcome as JSON."""
    return json.dumps([asdict(each) for each in told], indent=2)


def _told(
    database: Database,
    settings: Settings,
    kind: str,
    people: int,
    faults: Faults,
    *,
    quiet: bool,
) -> Told:
    started = time.monotonic()
    with serving(BOOKS[kind].book(), faults) as stub:
        workspace_id = _prepare(database, settings, kind, people, stub)
        hosts = Hosts(hubspot=stub.base, pipedrive=stub.base, rd_station=stub.base)
        courier = Courier(database, settings, LOOPBACK, hosts=hosts, pace=WITHOUT_PAUSE)
        with show_progress(kind, 3 * people, quiet=quiet) as tell:
            for _ in range(MOST_ROUNDS):
                courier.drain()
                tell(_count(database, workspace_id, _REMEMBERED))
                if not _count(database, workspace_id, _LEFT):
                    break
                with database.unit_of_work(workspace_scope(workspace_id, "soak")) as uow:
                    uow.run(_GO)
                    uow.run(_REST_IS_OVER)
        kept = stub.book.objects
        shown = Counter({fault.value: count for fault, count in faults.shown.items()})
        return Told(
            kind=kind,
            people=people,
            contacts=len(kept["persons" if kind == CRMKind.PIPEDRIVE else "contacts"]),
            notes=len(kept["notes"]),
            deals=len(kept["deals"]),
            remembered=_count(database, workspace_id, _REMEMBERED),
            given_up=_count(database, workspace_id, _GIVEN_UP),
            calls=len(stub.requests),
            faults=dict(sorted(shown.items())),
            seconds=round(time.monotonic() - started, 1),
        )


def _prepare(database: Database, settings: Settings, kind: str, people: int, stub: Stub) -> int:
    with database.unit_of_work(system_scope("a soak's workspace")) as uow:
        workspace_id = int(uow.run(_WORKSPACE, {"kind": kind}).scalar_one())
    address = {CRMKind.GENERIC: f"{stub.base}/crm", CRMKind.PIPEDRIVE: "soak"}.get(CRMKind(kind))
    change = ConnectorChange(address=address, credentials=BOOKS[kind].credentials)
    with database.unit_of_work(workspace_scope(workspace_id, "soak")) as uow:
        connector = add_connector(uow, LOOPBACK, CRMKind(kind), change, keyring=settings.keyring)
        add_rule(
            uow, CRMRule(connector, "conversation.started", "add_note", "{intent}"), intents=()
        )
        add_rule(uow, CRMRule(connector, "person.new", "create_deal", "{name}"), intents=())
        params = {"workspace_id": workspace_id, "count": people}
        ids = [row[0] for row in uow.run(_PEOPLE, params)]
        tell_crms(uow, [_analysis(profile_id) for profile_id in ids])
    return workspace_id


def _analysis(profile_id: int) -> dict[str, Any]:
    """Return a row as an analysis is stored: each person has one conversation."""
    return {
        "id": profile_id,
        "profile_id": profile_id,
        "platform": "whatsapp",
        "sentiment": "neutral",
        "score": 0.0,
        "intent": "purchase",
        "confidence": 0.9,
        "topics": [],
        "language": "pt",
        "completion": "completed",
        "course": {},
        "version_before": None,
        "outcome_before": None,
        "sentiment_before": None,
        "started_at": clock.now(),
    }


def _count(database: Database, workspace_id: int, sql: str) -> int:
    with database.read_only(workspace_scope(workspace_id, "soak")) as uow:
        return int(uow.run(sql).scalar_one())
