"""Tries of the admin secret: few are weighed, however many come at once and from wherever."""

from __future__ import annotations

import math

from talkhub import security
from talkhub.errors import RateLimited, Unauthenticated
from talkhub.services.access.attempts import FAILURE_WINDOW, MAX_FAILURES
from talkhub.store.statements import admin_tries as statements
from talkhub.store.statements.locks import LOCK
from talkhub.store.uow import Database, system_scope

MAX_OF_STRANGERS = 20
"""After so many failures within the window, whoever never came in waits for a turn."""

TURN_SECONDS = 10
"""How long after the last failure a stranger's next try is weighed."""

FAILED = "admin_secret"
PASSED = "admin_secret_passed"
"""Kept for thirty days: whence somebody came in once, guessers elsewhere keep nobody out."""


def settle_try(database: Database, *, subject: str, address: str, is_right: bool) -> None:
    """Count a try; raise Unauthenticated for a wrong one, RateLimited for one too many.

    A try too many is refused though it be right, and so tells a guesser nothing. One is counted
    after the other: without the lock, guesses that come at once would all find none before them.
    """
    names = {"subject": subject[:255], "address": security.client_network(address)}
    with database.unit_of_work(system_scope("tries of the admin secret")) as uow:
        uow.run(LOCK, {"key": FAILED})
        weighed = {**names, "failed": FAILED, "passed": PASSED, "window": FAILURE_WINDOW}
        wait = _seconds_to_wait(**uow.run(statements.WEIGH_TRY, weighed).mappings().one())
        if not wait and is_right:
            uow.run(statements.NOTE_PASS, {**names, "kind": PASSED})
        elif not wait:
            uow.run(statements.NOTE_FAILURE, {**names, "kind": FAILED})
    if wait:
        raise RateLimited("Too many failed attempts; try again later.", retry_after=wait)
    if not is_right:
        raise Unauthenticated("The admin secret is not right.")


def _seconds_to_wait(*, here: int, anywhere: int, since_last: float, is_known: bool) -> int:
    if here >= MAX_FAILURES:
        return int(FAILURE_WINDOW.total_seconds())
    if is_known or anywhere < MAX_OF_STRANGERS:
        return 0
    if here:
        return int(FAILURE_WINDOW.total_seconds())
    return max(0, math.ceil(TURN_SECONDS - since_last))
