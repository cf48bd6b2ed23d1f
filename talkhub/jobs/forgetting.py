"""Deletes what has served its time, every hour."""

from __future__ import annotations

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


def forget_the_old(database: Database) -> None:
    """Delete what has served its time: idempotency keys, failed logins, ended tokens.

    And applications that registered themselves and were never let in.
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
