"""`bench ingest`: signed WhatsApp webhooks, durably stored before the answer, beside pgbench."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from typing import Any

from sqlalchemy.engine import URL

from benchmarks.failure import CannotMeasure
from benchmarks.figures import Goal, Sample, ratios
from benchmarks.http_requests import http_request
from benchmarks.progress import Progress
from benchmarks.report import Report, Section
from benchmarks.rounds import Contestant, interleave
from benchmarks.service import WHATSAPP_SECRET, Target, talkhub
from benchmarks.stage import Stage, migrate, run_sql
from benchmarks.turns import Turns
from benchmarks.workload import as_json
from benchmarks.wrk import require_wrk

CONNECTIONS = 32
EVENTS_A_SECOND = 15_000
"""Events signed beforehand for each second: more than can be taken in."""

US, PGBENCH = "TalkHub", "pgbench"
WORK = "one WhatsApp event"
WANTED = 0.25
_BETWEEN = "\n=== next request ===\n"

INSERT = """\\set number :turn * :clients + :client_id
\\set turn :turn + 1
insert into inbound_events
  (workspace_id, platform, source, external_id, kind, raw, payload, state)
values (1, 'whatsapp', 'whatsapp', 'wamid.' || :run || '.' || :number, 'message',
  convert_to(BODY, 'UTF8'), BODY, 'pending')
on conflict (workspace_id, source, external_id) do nothing
returning id;
"""
"""The row that the service stores, by a login that no policy concerns."""


def measure(stage: Stage, *, seconds: int, rounds: int, progress: Progress) -> Report:
    """Measure with synchronous_commit on: what was answered must survive a crash."""
    require_wrk()
    progress.expect(2 * rounds)
    url = stage.make_database("inbox")
    migrate(url)
    turns = Turns(stage, CONNECTIONS, seconds, rounds)
    body = f"'{_body('wamid.0', 0).decode()}'"
    script = INSERT.replace("BODY", body)
    with talkhub(stage, url, role="webhook") as service:
        contestants = [
            Contestant(WORK, PGBENCH, turns.of_pgbench(url, script, prepared=True)),
            Contestant(WORK, US, _webhooks(turns, url, service)),
        ]
        results = interleave(contestants, rounds, progress)
    report = Report("ingest", seconds=seconds, rounds=rounds, connections=CONNECTIONS)
    title = f"{WORK}, verified and durable (synchronous_commit on)"
    report.sections.append(Section(title, results, WORK, against=(PGBENCH,)))
    reached = ratios(*([s.per_second for s in results[WORK, name]] for name in (US, PGBENCH)))
    report.goals.append(Goal("webhooks against pgbench's INSERT", WANTED, reached))
    return report


def _webhooks(turns: Turns, url: URL, service: Target) -> Callable[[], Sample]:
    file = turns.stage.folder / "events"
    run = 0

    def turn() -> Sample:
        nonlocal run
        run += 1
        prefix = f"wamid.w{run}."
        count = EVENTS_A_SECOND * turns.seconds
        requests = (_request(f"{prefix}{number}", number, service.port) for number in range(count))
        file.write_bytes(_BETWEEN.encode().join(requests) + _BETWEEN.encode())
        newest = run_sql(url, "select coalesce(max(id), 0) from inbound_events")[0][0]
        found, sample = turns.load(service, "prepared.lua", file, _BETWEEN)
        later = "select count(*) from inbound_events where id > %s"
        stored = run_sql(url, later, newest)[0][0]
        if stored < found.requests:
            raise CannotMeasure(f"{found.requests} events were answered, but {stored} stored.")
        return sample

    return turn


def _request(event_id: str, number: int, port: int) -> bytes:
    body = _body(event_id, number)
    signature = hmac.new(WHATSAPP_SECRET.encode(), body, hashlib.sha256).hexdigest()
    headers = {
        "Content-Type": "application/json",
        "X-Hub-Signature-256": f"sha256={signature}",
    }
    return http_request("POST", "/whatsapp", port=port, headers=headers, body=body)


def _body(event_id: str, number: int) -> bytes:
    """Return a text message as Meta sends it."""
    sender = str(5511900000000 + number % 10_000)
    value: dict[str, Any] = {
        "messaging_product": "whatsapp",
        "metadata": {
            "display_phone_number": "551140028922",
            "phone_number_id": "106540352242922",
        },
        "contacts": [{"profile": {"name": "João Silva"}, "wa_id": sender}],
        "messages": [
            {
                "from": sender,
                "id": event_id,
                "timestamp": "1767261600",
                "type": "text",
                "text": {"body": "Olá, preciso de ajuda com o meu pedido"},
            }
        ],
    }
    change = {"field": "messages", "value": value}
    entry = {"id": "102290129340398", "changes": [change]}
    return as_json({"object": "whatsapp_business_account", "entry": [entry]}).encode()
