"""Keep access to CRMs that would end if nobody used it."""

from __future__ import annotations

from datetime import timedelta

from talkhub.crm.registry import SIGN_IN
from talkhub.names.crm import RENEW_SESSION
from talkhub.store.statements.crm_sessions import QUEUE_RENEWALS
from talkhub.store.uow import Database, system_scope

IDLE = timedelta(days=7)
"""RD Station's refresh tokens end after 14 days."""


def renew_idle_sessions(database: Database) -> None:
    """Queue a sign-in at each CRM where nobody signed in for a week; the courier does it."""
    params = {"kind": RENEW_SESSION, "kinds": [str(kind) for kind in SIGN_IN], "idle": IDLE}
    with database.unit_of_work(system_scope("idle sessions at CRMs")) as uow:
        uow.run(QUEUE_RENEWALS, params)
