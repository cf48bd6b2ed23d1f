"""Compare chats with what UChat's interface tells of them, and fetch what was never pushed.

What is found goes into the inbox like a pushed event; whether it is there already is decided
where events are applied, under the locks of their people (`twins`).
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import structlog

from talkhub import clock, metrics
from talkhub.channels import uchat
from talkhub.channels.base import JSONObject
from talkhub.channels.fields import text
from talkhub.encryption import Keyring
from talkhub.names import EventState, Platform, ReconcileTrouble
from talkhub.outbound.uchat import SHORT_WAIT, ChatPage, UChat, UChatTrouble
from talkhub.services.fitting import fitting_id
from talkhub.services.sending.channel_accounts import Account, account_binding, read_credentials
from talkhub.store.inbox_writer import EventToStore, InboxWriter
from talkhub.store.statements import reconciling as statements
from talkhub.store.uow import Database, Scope, system_scope, workspace_scope

logger = structlog.get_logger(__name__)

RECENT = timedelta(hours=24)
"""Whoever was heard of within this is asked for, and so far back at first."""

OVERLAP = timedelta(minutes=10)
"""So far before the last answer the next question begins: clocks differ, messages settle late."""

REST = timedelta(minutes=5)
"""A person is not asked for again before this."""

PACE = timedelta(seconds=50)
CALLS_A_ROUND = 12
"""With a round a minute, 720 of the thousand requests an hour that UChat allows a key."""

ROUND_SECONDS = 45.0
LEASE = timedelta(minutes=3)
"""An account whose round ended with its process is due again after this."""

_USER_NS = re.compile(r"f[0-9]+u[0-9]+")


@dataclass(frozen=True, slots=True)
class Reconciler:
    """Asks UChat on behalf of accounts, each with its own key; the `keyring` opens those."""

    database: Database
    inbox: InboxWriter
    interface: UChat
    keyring: Keyring
    is_stopping: Callable[[], bool] = lambda: False

    def run(self) -> int:
        """Do one round for every account that is due; return how many calls it took."""
        total = 0
        with_patience_until = time.monotonic() + ROUND_SECONDS
        while time.monotonic() < with_patience_until and not self.is_stopping():
            with self.database.unit_of_work(system_scope("the accounts to reconcile")) as uow:
                row = uow.run(statements.CLAIM_ACCOUNT, {"lease": LEASE}).mappings().first()
            if row is None:
                break
            total += self._round(dict(row))
        return total

    def _round(self, row: dict[str, Any]) -> int:
        account = Account(row["workspace_id"], row["channel_id"], Platform.UCHAT.value, ())
        bound_to = account_binding(
            account.workspace_id, account.platform, row["external_account_id"]
        )
        credentials = read_credentials(row["credentials"], self.keyring, bound_to=bound_to)
        turn = _Round(self, account, credentials.get("api_key", ""))
        turn.run()
        return turn.calls


@dataclass(slots=True)
class _Round:
    """One account's round: so many calls, ended early by trouble that is not one person's."""

    desk: Reconciler
    account: Account
    api_key: str
    calls: int = 0
    wait: timedelta = PACE
    trouble: ReconcileTrouble | None = None
    answered: int = 0
    end: float = field(default_factory=lambda: time.monotonic() + ROUND_SECONDS)

    def run(self) -> None:
        """Ask for one person after another and settle the account."""
        found = 0
        for user_id, covered_until in self._people():
            if not self._may_call():
                break
            asked_at = clock.now()
            start = max(asked_at - RECENT, (covered_until or asked_at - RECENT) - OVERLAP)
            try:
                messages, is_whole = self._chat(user_id, start, asked_at)
            except UChatTrouble as trouble:
                self.trouble = trouble.kind
                if trouble.wait:
                    self.wait = max(self.wait, trouble.wait)
                if trouble.kind in {ReconcileTrouble.RATE_LIMITED, ReconcileTrouble.KEY_REFUSED}:
                    break  # it keeps its turn
                self._note(user_id, None)
                if trouble.wait:
                    break
                continue
            found += self._put(user_id, messages)
            self.answered += 1
            self._note(user_id, asked_at if is_whole else None)
        self._settle(found)

    def _may_call(self) -> bool:
        return (
            self.calls < CALLS_A_ROUND
            and self.wait == PACE
            and time.monotonic() < self.end
            and not self.desk.is_stopping()
        )

    def _people(self) -> list[tuple[str, datetime | None]]:
        params = {
            **self._key(),
            "since": clock.now() - RECENT,
            "rest": REST,
            "limit": CALLS_A_ROUND,
        }
        with self.desk.database.read_only(self._scope()) as uow:
            rows = uow.run(statements.PEOPLE_TO_ASK_FOR, params)
            return [(row[0], row[1]) for row in rows]

    def _chat(self, user_id: str, start: datetime, end: datetime) -> tuple[list[JSONObject], bool]:
        """Return a person's messages of a time, and whether they are all.

        Nobody promises whether a full page holds the oldest or the newest messages, so what
        lies before and after those that it holds is asked for as well.
        """
        found: dict[str, JSONObject] = {}
        open_spans = [(int(start.timestamp()), int(end.timestamp()))]
        while open_spans:
            if not self._may_call():
                return list(found.values()), False
            since, until = open_spans.pop()
            page = self._ask(user_id, since, until)
            for message in page.messages:
                found[uchat.pulled(user_id, message).external_id] = message
            if page.is_full:
                first, last = _reach(page.messages, since, until)
                sides = ((since, first), (last, until))
                open_spans += [side for side in sides if side[0] < side[1]]
                open_spans = [side for side in open_spans if side != (since, until)]
        return list(found.values()), True

    def _ask(self, user_id: str, since: int, until: int) -> ChatPage:
        kind = "user_ns" if _USER_NS.fullmatch(user_id) else "user_id"
        self.calls += 1
        try:
            page = self.desk.interface.messages(
                self.api_key, {kind: user_id}, since=since, until=until
            )
        except UChatTrouble as trouble:
            metrics.reconcile_calls.labels(trouble.kind.value).inc()
            raise
        metrics.reconcile_calls.labels("answered").inc()
        if page.is_spent:
            self.wait = SHORT_WAIT
        return page

    def _put(self, user_id: str, messages: list[JSONObject]) -> int:
        """Store messages in the inbox; return how many were never pulled before."""
        events = [uchat.pulled(user_id, message) for message in messages]
        if not events:
            return 0
        receipt = self.desk.inbox.put(
            [
                EventToStore(
                    workspace_id=self.account.workspace_id,
                    channel_id=self.account.channel_id,
                    platform=self.account.platform,
                    source=self.account.source,
                    external_id=fitting_id(event.external_id),
                    kind=event.kind,
                    raw=event.raw,
                    payload=event.payload,
                    state=EventState.PENDING.value,
                )
                for event in events
            ]
        )
        return receipt.accepted

    def _note(self, user_id: str, covered_until: datetime | None) -> None:
        """Let a person's turn be over; `covered_until` is None if not all was told."""
        params = {**self._key(), "user_id": user_id, "covered_until": covered_until}
        with self.desk.database.unit_of_work(self._scope()) as uow:
            uow.run(statements.NOTE_PERSON, params)

    def _settle(self, found: int) -> None:
        # One person whom UChat does not know is no trouble of the account's.
        is_one_persons = self.trouble == ReconcileTrouble.REFUSED and self.answered
        trouble = None if is_one_persons or self.trouble is None else self.trouble.value
        params = {
            **self._key(),
            "wait": self.wait,
            "trouble": trouble,
            "has_checked": bool(self.answered) or self.trouble is None,
        }
        with self.desk.database.unit_of_work(self._scope()) as uow:
            uow.run(statements.SETTLE_ACCOUNT, params)
        log = logger.warning if trouble else logger.info
        log(
            "uchat_reconciled",
            channel_id=self.account.channel_id,
            people=self.answered,
            calls=self.calls,
            pulled=found,
            trouble=trouble,
        )

    def _key(self) -> dict[str, Any]:
        return {
            "workspace_id": self.account.workspace_id,
            "channel_id": self.account.channel_id,
        }

    def _scope(self) -> Scope:
        return workspace_scope(self.account.workspace_id, "reconciliation")


def _reach(messages: list[JSONObject], since: int, until: int) -> tuple[int, int]:
    """Return the times of the first and last of a page's messages within a span."""
    told = [text(message.get("ts")) for message in messages]
    times = [int(ts) for ts in told if ts.isascii() and ts.isdigit()]
    within = [ts for ts in times if since <= ts <= until]
    return (min(within), max(within)) if within else (since, until)
