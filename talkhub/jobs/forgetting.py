"""Deletes what has served its time, every hour."""

from __future__ import annotations

from datetime import timedelta

import structlog

from talkhub.store.statements import (
    accounts,
    alerts,
    browser_sessions,
    changes,
    enrichment,
    idempotency,
    members,
    oauth,
    reconciling,
    schedule,
    usage,
)
from talkhub.store.uow import Database, system_scope

ALONE_FOR = timedelta(days=90)
LOGINS_AT_ONCE = 500

logger = structlog.get_logger(__name__)


def forget_the_old(database: Database) -> None:
    """Delete what has served its time: idempotency keys, failed logins, ended tokens.

    And applications that registered themselves and were never let in, and logins that have
    belonged nowhere for ALONE_FOR.
    """
    for statement in (
        idempotency.DELETE_EXPIRED_KEYS,
        accounts.DELETE_OLD_ATTEMPTS,
        accounts.DELETE_EXPIRED_TOKENS,
        accounts.DELETE_EXPIRED_REFRESH_TOKENS,
        browser_sessions.DELETE_OLD_SESSIONS,
        oauth.DELETE_OLD_GRANTS,
        oauth.DELETE_IDLE_CLIENTS,
        schedule.DELETE_OLD_SLOTS,
        changes.DELETE_OLD_CHANGES,
        reconciling.FORGET_PEOPLE,
        enrichment.FORGET_USAGE,
        alerts.FORGET_ALERTS,
        members.FORGET_INVITATIONS,
        usage.FORGET_USAGE,
    ):
        with database.unit_of_work(system_scope("what is past its time")) as uow:
            uow.run(statement)
    _forget_logins(database)


def _forget_logins(database: Database) -> None:
    """Delete who has belonged to no workspace and no agency for long; nothing is left of them."""
    with database.unit_of_work(system_scope("what is past its time")) as uow:
        uow.run(members.MARK_ALONE)
    with database.unit_of_work(system_scope("what is past its time")) as uow:
        old = {"age": ALONE_FOR, "limit": LOGINS_AT_ONCE}
        ids = list(uow.run(members.LONG_ALONE, old).scalars())
        gone = uow.run(members.DELETE_ALONE, {"ids": ids}).rowcount if ids else 0
    if gone:
        logger.info("logins_forgotten", count=gone)
