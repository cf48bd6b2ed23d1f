"""What the jobs do: each drains due rows, a batch at a time, until none is left.

A claim is committed before its work begins, so that a crash counts as an attempt; the
work then runs one workspace after another, each within its own scope.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import timedelta
from functools import partial
from typing import Any

import structlog
from rq.timeouts import JobTimeoutException

from talkhub import metrics, tracing
from talkhub.analysis.pipeline import outdated_versions
from talkhub.channels import sent
from talkhub.channels.registry import CHANNELS
from talkhub.enrichment.queueing import queue_enrichments
from talkhub.errors import Unavailable
from talkhub.jobs import timing
from talkhub.jobs.answering import answer_batch
from talkhub.jobs.context import worker_context
from talkhub.jobs.statistics import recount_due
from talkhub.jobs.teaching import taught_model, teach_next
from talkhub.names import EventState, Job
from talkhub.services.answering.queueing import queue_replies
from talkhub.services.fitting import fitted, fitted_address
from talkhub.services.incoming.ingest import FenceLost, apply_events, in_transactions
from talkhub.services.incoming.kept_events import keep_dead_event
from talkhub.services.labelling import insights
from talkhub.services.labelling.insights import MAX_ATTEMPTS, DueConversation
from talkhub.services.privacy.erasing import erase_returned
from talkhub.services.talking.channel_sessions import ClaimedEvent
from talkhub.store.statements import inbox as inbox_statements
from talkhub.store.statements import insights as insight_statements
from talkhub.store.statements.renewals import CLAIM_OUTDATED
from talkhub.store.uow import Database, Scope, system_scope, workspace_scope

logger = structlog.get_logger(__name__)

BATCH = 200
RENEWED_AT_ONCE = 50
"""Conversations: about as much as fresh work may have to wait for."""
PORTION = 2_000
"""Messages that are analysed together: a second's work or two."""


@dataclass(frozen=True, slots=True)
class _Claimed:
    """A claimed row and the workspace it belongs to."""

    workspace_id: int
    row: dict[str, Any]


def drain_inbox() -> int:
    """Turn the inbox' events into conversations; return how many were settled."""
    return _drain(Job.DRAIN_INBOX, _inbox_batch)


def drain_analysis() -> int:
    """Analyse the conversations that are due; return how many were."""
    return _drain(Job.DRAIN_ANALYSIS, _analysis_batch)


def drain_stats() -> int:
    """Recount the hours and people whose conversations changed; return how many."""
    return _drain(Job.DRAIN_STATS, recount_due)


def renew_analyses() -> int:
    """Analyse again what an older analyser did, unless fresh work is due; return how many."""
    return _drain(Job.RENEW_ANALYSES, _renewal_batch)


def drain_replies() -> int:
    """Decide about the messages that may be answered automatically; return how many."""
    has_model = worker_context().settings.language_model is not None
    return _drain(Job.DRAIN_REPLIES, partial(answer_batch, has_model=has_model))


def teach_own_models() -> int:
    """Learn the workspaces' own labels where somebody asked for it; return how many versions."""
    return _drain(Job.TEACH_OWN_MODELS, teach_next)


def _drain(job: Job, batch: Callable[[Database], int]) -> int:
    context = worker_context()
    started = time.monotonic()
    end = started + timing.DRAIN.total_seconds()
    total = 0
    result = "failed"
    try:
        with tracing.job(job):
            while done := batch(context.database):
                total += done
                if time.monotonic() > end or context.is_stopping():
                    context.database.ring(job)
                    break
        result = "done"
    except Unavailable:
        # What was claimed comes back by its lease, and the sweeper rings again.
        logger.warning("drain_interrupted", job=job.value, done=total)
        result = "interrupted"
    finally:
        metrics.jobs.labels(job.value, result).inc()
        metrics.job_seconds.labels(job.value).observe(time.monotonic() - started)
    return total


def _inbox_batch(database: Database) -> int:
    claimed = _claim(database, inbox_statements.CLAIM_EVENTS)
    for workspace_id, rows in _by_workspace(claimed):
        with tracing.applying(rows):
            for events in in_transactions(_read(database, workspace_id, rows)):
                _apply(database, workspace_id, events)
    return len(claimed)


def _read(
    database: Database, workspace_id: int, rows: Sequence[dict[str, Any]]
) -> list[ClaimedEvent]:
    """Return what the events mean, but for those that cannot be read."""
    events: list[ClaimedEvent] = []
    for row in rows:
        try:
            events.append(_as_event(row))
        except JobTimeoutException:
            raise
        except Exception as error:  # noqa: BLE001 -- one bad event must not fail its neighbours
            _fail(database, workspace_id, error, event_id=row["id"], fence=row["fence"])
    return events


def _apply(database: Database, workspace_id: int, events: Sequence[ClaimedEvent]) -> None:
    """Apply a workspace's events together, or one by one if that fails."""
    context = worker_context()
    idle = timedelta(minutes=context.settings.session_idle_minutes)
    try:
        with database.unit_of_work(_scope(workspace_id)) as uow:
            apply_events(uow, events, session_idle=idle, tombstones=context.tombstones)
    except FenceLost:
        logger.warning("events_taken_over", count=len(events))
    except (Unavailable, JobTimeoutException):
        raise
    except Exception as error:  # noqa: BLE001 -- one bad event must not fail its neighbours
        if len(events) == 1:
            _fail(database, workspace_id, error, event_id=events[0].id, fence=events[0].fence)
            return
        for event in events:
            _apply(database, workspace_id, [event])


def _as_event(row: dict[str, Any]) -> ClaimedEvent:
    payload, channel = row["payload"] or {}, CHANNELS[row["platform"]]
    is_ours = row["kind"] == sent.KIND
    happening = (sent if is_ours else channel).normalise(payload, row["received_at"])
    return ClaimedEvent(
        id=row["id"],
        fence=row["fence"],
        channel_id=row["channel_id"],
        source=row["source"],
        happening=fitted(happening) if happening is not None else None,
        answer_address={} if is_ours else fitted_address(channel.answer_address(payload)),
    )


def _fail(
    database: Database, workspace_id: int, error: Exception, *, event_id: int, fence: int
) -> None:
    """Put an event back for a later attempt; after the last one it is dead, and visible."""
    logger.error("event_failed", exc_info=error, event_id=event_id)
    with database.unit_of_work(_scope(workspace_id)) as uow:
        failed = uow.run(
            inbox_statements.FAIL_EVENT,
            {
                "workspace_id": workspace_id,
                "id": event_id,
                "fence": fence,
                "max_attempts": MAX_ATTEMPTS,
                # The first line: a database's error goes on with what it was given.
                "error": f"{type(error).__name__}: {error}".partition("\n")[0][:500],
            },
        ).first()
        if failed is not None and failed.state == EventState.DEAD:
            keep_dead_event(uow, event_id, failed.payload)


def _analysis_batch(database: Database) -> int:
    claimed = _claim(database, insight_statements.CLAIM_ANALYSES)
    _analyse_claimed(database, claimed)
    return len(claimed)


def _renewal_batch(database: Database) -> int:
    versions = outdated_versions()
    claimed = _claim(database, CLAIM_OUTDATED, limit=RENEWED_AT_ONCE, versions=versions)
    _analyse_claimed(database, claimed, are_renewals=True)
    return len(claimed)


def _analyse_claimed(
    database: Database, claimed: Iterable[_Claimed], *, are_renewals: bool = False
) -> None:
    for workspace_id, rows in _by_workspace(claimed):
        with database.unit_of_work(_scope(workspace_id)) as uow:
            returned = erase_returned(uow, rows, worker_context().tombstones)
        for portion in _portions([row for row in rows if row["id"] not in returned]):
            results = _analyse(database, workspace_id, portion)
            with database.unit_of_work(_scope(workspace_id)) as uow:
                stored = insights.store_analyses(uow, results, are_renewals=are_renewals)
                if not are_renewals:
                    uow.touch(*(row["session_id"] for row in portion))
                    queue_enrichments(uow, [row["id"] for row in portion])
                    queue_replies(uow, [row["id"] for row in portion])
                uow.ring(Job.DRAIN_STATS)
            metrics.analyses.labels("renewed" if are_renewals else "stored").inc(stored)
            metrics.analyses.labels("outdated").inc(len(results) - stored)


def _portions(rows: Sequence[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """Cut a batch so that what is analysed is stored before a job may be out of time."""
    portion: list[dict[str, Any]] = []
    messages = 0
    for row in rows:
        if portion and messages + len(row["messages"]) > PORTION:
            yield portion
            portion, messages = [], 0
        portion.append(row)
        messages += len(row["messages"])
    if portion:
        yield portion


def _analyse(
    database: Database, workspace_id: int, rows: Sequence[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Analyse conversations together, or if that fails one by one; what fails alone waits."""
    due = [
        DueConversation(**{it.name: row[it.name] for it in fields(DueConversation)}) for row in rows
    ]
    try:
        taught = taught_model(database, workspace_id, rows[0]["own_model_id"])
        return insights.analyse_conversations(due, taught=taught)
    except JobTimeoutException:
        raise
    except Exception:
        if len(rows) > 1:
            return [it for row in rows for it in _analyse(database, workspace_id, [row])]
        (row,) = rows
        logger.exception("analysis_failed", conversation=row["id"], attempts=row["attempts"])
        metrics.analyses.labels("failed").inc()
        with database.unit_of_work(_scope(workspace_id)) as uow:
            uow.run(
                insight_statements.POSTPONE_ANALYSIS,
                {
                    "workspace_id": workspace_id,
                    "id": row["id"],
                    "fence": row["fence"],
                },
            )
        return []


def _claim(
    database: Database, statement: str, *, limit: int = BATCH, **params: object
) -> list[_Claimed]:
    """Claim a batch of due rows; without one, a single row that was tried twice already."""
    scope = system_scope("a drain's claim", timeout_ms=timing.STATEMENT_MS)
    for are_suspects in (False, True):
        params |= {
            "limit": 1 if are_suspects else limit,
            "suspects": are_suspects,
            "max_attempts": MAX_ATTEMPTS,
            "lease": timing.LEASE,
            "doubles": timing.LEASE_DOUBLES,
        }
        with database.unit_of_work(scope) as uow:
            rows = uow.run(statement, params).mappings().all()
        if rows:
            return [_Claimed(row["workspace_id"], dict(row)) for row in rows]
    return []


def _by_workspace(claimed: Iterable[_Claimed]) -> list[tuple[int, list[dict[str, Any]]]]:
    groups: defaultdict[int, list[dict[str, Any]]] = defaultdict(list)
    for item in claimed:
        groups[item.workspace_id].append(item.row)
    return sorted(groups.items())


def _scope(workspace_id: int) -> Scope:
    return workspace_scope(workspace_id, "worker", timeout_ms=timing.STATEMENT_MS)
