"""The schedule: sweeps for work whose bell was lost, and tends what grows old.

Any number of schedulers may run. A task belongs to a time slot, and the key of
`schedule_runs` gives each slot to one of them.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

import redis
import structlog

from talkhub import clock
from talkhub.errors import Unavailable
from talkhub.heartbeat import Heartbeat
from talkhub.jobs import handlers
from talkhub.jobs.closing import delete_closed_workspaces
from talkhub.jobs.context import begin, worker_context
from talkhub.jobs.crm_sessions import renew_idle_sessions
from talkhub.jobs.forgetting import forget_the_old
from talkhub.jobs.packing import pack_conversations
from talkhub.jobs.queues import connect
from talkhub.jobs.retention import keep_no_longer
from talkhub.jobs.statistics import complete_buckets
from talkhub.jobs.watching import tell_weekly_reports, watch_alerts
from talkhub.metrics import serve_metrics
from talkhub.names import Job
from talkhub.outbound.guarded import GuardedClient
from talkhub.outbound.uchat import UChat
from talkhub.services.access.signing import KEY_LIFETIME, forget_retired_keys, rotate_signing_key
from talkhub.services.audit_chain import AuditKey, seal_entries
from talkhub.services.calling.calls import end_lost_calls
from talkhub.services.incoming.kept_events import keep_dead_event
from talkhub.services.labelling.insights import MAX_ATTEMPTS, count_outdated
from talkhub.services.sending import replying
from talkhub.services.sending.reconciling import Reconciler
from talkhub.services.telling import delivering
from talkhub.settings import Settings
from talkhub.store.inbox_writer import InboxWriter
from talkhub.store.statements import accounts, partitions, schedule, sessions
from talkhub.store.statements.inbox import BURY_EVENTS, DUE_WORK, FORGET_EVENTS
from talkhub.store.statements.insights import GIVE_UP_ANALYSES
from talkhub.store.statements.outbox import BURY_MESSAGES, FORGET_MESSAGES
from talkhub.store.uow import Database, Scope, system_scope, workspace_scope

logger = structlog.get_logger(__name__)

SWEEP_SECONDS = 2.0
GRACE = timedelta(seconds=2)
CLOSE_BATCH = 500
FORGET_BATCH = 1000


@dataclass(frozen=True, slots=True)
class Task:
    """Something to do once in every slot of `every`.

    What is slow waits for others: it runs on a thread, so that the sweep goes on.
    """

    name: str
    every: timedelta
    run: Callable[[Database], None]
    is_slow: bool = False


def run_scheduler(settings: Settings) -> None:
    """Sweep every two seconds and run due tasks, until SIGTERM or SIGINT."""
    stop = threading.Event()
    context = begin(settings, is_stopping=stop.is_set)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    if settings.metrics_port:
        serve_metrics(settings.metrics_port, settings.metrics_dir, host=settings.host)
    heartbeat = Heartbeat(settings.heartbeat_file)
    logger.info("scheduler_started")
    while not stop.wait(SWEEP_SECONDS):
        heartbeat.beat()
        try:
            sweep(context.database, settings)
            run_due_tasks(context.database)
        except Unavailable:
            logger.warning("schedule_waits_for_database")
        except Exception:
            logger.exception("schedule_failed")
    logger.info("scheduler_stopped")


def sweep(database: Database, settings: Settings) -> None:
    """Ring for rows that are due longer than two seconds; drain them here if Redis is away.

    What was tried too often without an answer is given up here: it is visible as dead.
    """
    _give_up(database)
    with database.read_only(system_scope("due work of all workspaces")) as uow:
        due = uow.run(DUE_WORK, {"grace": GRACE}).mappings().one()
        is_outdated = count_outdated(uow, at_most=1) > 0
    jobs = {
        Job.DRAIN_INBOX: due["inbox"],
        Job.DRAIN_ANALYSIS: due["analysis"],
        Job.DRAIN_STATS: due["stats"],
        Job.DRAIN_REPLIES: due["replies"],
        Job.TEACH_OWN_MODELS: due["teaching"],
    }
    waiting = [job for job, is_due in jobs.items() if is_due]
    if not waiting:
        if settings.renew_analyses and is_outdated:
            database.ring(Job.RENEW_ANALYSES)
        return
    if _has_redis(settings):
        for job in waiting:
            database.ring(job)
        return
    logger.warning("draining_without_redis", jobs=",".join(waiting))
    for job in waiting:
        getattr(handlers, job.value)()


def run_due_tasks(database: Database) -> None:
    """Run each task whose current slot nobody has taken yet."""
    for task in TASKS:
        if task.is_slow and is_running(task):
            continue  # its slot is left to whoever is free
        seconds = task.every.total_seconds()
        with database.unit_of_work(system_scope("the schedule")) as uow:
            key = {"name": task.name, "seconds": seconds}
            is_ours = uow.run(schedule.TAKE_SLOT, key).first() is not None
        if is_ours and task.is_slow:
            # No one waits for its end: what it did not settle is due again.
            run = partial(_run_aside, task, database)
            threading.Thread(target=run, name=task.name, daemon=True).start()
        elif is_ours:
            task.run(database)
            logger.info("task_done", task=task.name)


def is_running(task: Task) -> bool:
    """Tell whether a slow task's thread has not ended: what takes long never runs twice here."""
    return any(it.name == task.name for it in threading.enumerate())


def _run_aside(task: Task, database: Database) -> None:
    try:
        task.run(database)
        logger.info("task_done", task=task.name)
    except Unavailable:
        logger.warning("schedule_waits_for_database")
    except Exception:
        logger.exception("schedule_failed")


def _give_up(database: Database) -> None:
    attempts = {"max_attempts": MAX_ATTEMPTS}
    with database.unit_of_work(system_scope("work that ends its workers")) as uow:
        dead = uow.run(BURY_EVENTS, attempts).all()
        unanalysed = uow.run(GIVE_UP_ANALYSES, attempts).scalar_one()
        limits = {
            "max_attempts": delivering.MAX_ATTEMPTS,
            "max_sends": replying.MAX_ATTEMPTS,
        }
        unsent = uow.run(BURY_MESSAGES, limits).rowcount
    for workspace_id, event_id, payload in dead:
        with database.unit_of_work(workspace_scope(workspace_id, "scheduler")) as uow:
            keep_dead_event(uow, event_id, payload)
    if dead or unanalysed or unsent:
        logger.error("work_given_up", events=len(dead), analyses=unanalysed, messages=unsent)


def _has_redis(settings: Settings) -> bool:
    client = connect(settings.bell_url, socket_timeout=0.5)
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False
    finally:
        client.close()


def close_silent_sessions(database: Database) -> None:
    """Close the sessions that have been silent too long, a batch at a time."""
    idle_minutes = worker_context().settings.session_idle_minutes
    while True:
        params = {"now": clock.now(), "idle_minutes": idle_minutes, "limit": CLOSE_BATCH}
        with database.unit_of_work(system_scope("silent sessions of all workspaces")) as uow:
            closed = uow.run(sessions.CLOSE_SILENT_SESSIONS, params).scalar_one()
            uow.ring(Job.DRAIN_ANALYSIS)
        if closed < CLOSE_BATCH:
            return


def adopt_timezone(database: Database) -> None:
    """Give the default workspace the time zone that the settings name."""
    params = {"timezone": worker_context().settings.timezone}
    with database.unit_of_work(system_scope("the default workspace's time zone")) as uow:
        uow.run(accounts.SET_WORKSPACE_TIMEZONE, params)


def change_signing_key(database: Database) -> None:
    """Sign with another key once the present one is 30 days old; delete what signs nothing."""
    secret = worker_context().settings.signing_secrets[0]
    if rotate_signing_key(database, secret, older_than=KEY_LIFETIME):
        logger.info("signing_key_rotated")
    forget_retired_keys(database)


def forget_settled_events(database: Database) -> None:
    """Delete the inbox' events that were settled long ago, a batch at a time."""
    age = timedelta(days=worker_context().settings.inbox_retention_days)
    _forget(database, system_scope("settled events of all workspaces"), FORGET_EVENTS, age)


def tend_the_outbox(database: Database) -> None:
    """Make and drop partitions of the log; delete what was delivered long ago."""
    age = timedelta(days=worker_context().settings.outbox_retention_days)
    scope = system_scope("delivered webhooks of all workspaces")
    _tend(database, scope, "delivery_attempts", age)
    _forget(database, scope, partitions.FORGET_ATTEMPTS, age)
    _forget(database, scope, FORGET_MESSAGES, age)


def tend_the_request_log(database: Database) -> None:
    """Make and drop its partitions, and delete what is too old in the one that stays."""
    age = timedelta(days=worker_context().settings.request_log_days)
    scope = system_scope("logged requests of all workspaces")
    _tend(database, scope, "request_log", age)
    _forget(database, scope, partitions.FORGET_REQUESTS, age)


def _tend(database: Database, scope: Scope, table: str, age: timedelta) -> None:
    with database.unit_of_work(scope) as uow:
        uow.run(partitions.TEND, {"table": table, "age": age})


def _forget(database: Database, scope: Scope, statement: str, age: timedelta) -> None:
    forgotten = FORGET_BATCH
    while forgotten == FORGET_BATCH:
        with database.unit_of_work(scope) as uow:
            forgotten = uow.run(statement, {"age": age, "limit": FORGET_BATCH}).rowcount


def reconcile_uchat(database: Database) -> None:
    """Fetch what UChat said and never pushed, for the accounts with a key of its interface."""
    context = worker_context()
    client = GuardedClient(reaches_loopback=context.settings.webhooks_reach_loopback)
    Reconciler(
        database,
        InboxWriter(database),
        UChat(client, context.settings.uchat_url),
        context.settings.keyring,
        is_stopping=context.is_stopping,
    ).run()


def seal_the_trail(database: Database) -> None:
    """Seal what was written down in the audit trail, so that nobody changes it unseen."""
    seal_entries(database, AuditKey(worker_context().hashing_keys.audit_trail()))


TASKS = (
    Task("adopt_timezone", timedelta(minutes=1), adopt_timezone),
    Task("change_signing_key", timedelta(hours=1), change_signing_key),
    Task("close_silent_sessions", timedelta(minutes=1), close_silent_sessions),
    Task(
        "delete_closed_workspaces",
        timedelta(minutes=1),
        delete_closed_workspaces,
        is_slow=True,
    ),
    Task("complete_buckets", timedelta(minutes=1), complete_buckets),
    Task("end_lost_calls", timedelta(minutes=1), end_lost_calls),
    Task("forget_the_old", timedelta(hours=1), forget_the_old),
    Task("forget_settled_events", timedelta(hours=1), forget_settled_events),
    Task("keep_no_longer", timedelta(hours=1), keep_no_longer, is_slow=True),
    Task("pack_conversations", timedelta(minutes=1), pack_conversations, is_slow=True),
    Task("reconcile_uchat", timedelta(minutes=1), reconcile_uchat, is_slow=True),
    Task("renew_idle_crm_sessions", timedelta(hours=1), renew_idle_sessions),
    Task("seal_the_trail", timedelta(minutes=1), seal_the_trail, is_slow=True),
    Task("tell_weekly_reports", timedelta(hours=1), tell_weekly_reports, is_slow=True),
    Task("tend_the_outbox", timedelta(hours=1), tend_the_outbox),
    Task("tend_the_request_log", timedelta(hours=1), tend_the_request_log),
    Task("watch_alerts", timedelta(minutes=1), watch_alerts, is_slow=True),
)
