"""Deliver one outgoing webhook, and draw the conclusions from what came back."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from datetime import timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

import structlog
from standardwebhooks import Webhook

from talkhub import __version__, clock, json_codec, metrics
from talkhub.encryption import Keyring, decrypt
from talkhub.errors import Unavailable
from talkhub.names import DisabledReason
from talkhub.outbound.guarded import Answer, CallFailed, CallRefused, GuardedClient
from talkhub.services.telling.webhooks import disable_endpoint, endpoint_binding
from talkhub.store.statements import outbox as statements
from talkhub.store.uow import UnitOfWork

logger = structlog.get_logger(__name__)

CALL_SECONDS = 10.0
ANSWER_BYTES = 16 * 1024
SHOWN_CHARACTERS = 200
"""How much of a refusing answer is kept in the log, for whoever looks for the reason."""

BACKOFF = tuple(
    timedelta(seconds=seconds)
    for seconds in (5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
)
"""The waits between attempts, 75.6 hours together: those that Standard Webhooks proposes."""

MAX_ATTEMPTS = len(BACKOFF) + 1
JITTER = 0.1
LONGEST_WAIT = timedelta(hours=24)

BREAKS_AFTER = 5
PAUSE = timedelta(minutes=1)
LONGEST_HOLD = timedelta(hours=1)
PATIENCE = timedelta(days=5)
"""An endpoint that has failed for so long is disabled."""

NO_WAIT = timedelta(0)


@dataclass(frozen=True, slots=True)
class Delivery:
    """A claimed message with what its endpoint needs."""

    id: int
    workspace_id: int
    endpoint_id: int
    payload: dict[str, Any]
    attempts: int
    fence: int
    url: str
    secrets_encrypted: bytes
    is_rotating: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an attempt; an empty `error` says that it was delivered."""

    status: int | None
    duration_ms: int
    error: str = ""
    retry_after: timedelta = NO_WAIT


def attempt(client: GuardedClient, delivery: Delivery, *, keyring: Keyring) -> Outcome:
    """Call the endpoint. Opens no transaction: this may take seconds."""
    started = time.monotonic()
    try:
        body = json_codec.dumps(delivery.payload)
        answer = client.send(
            "POST",
            delivery.url,
            headers=_headers(delivery, body, keyring),
            body=body,
            seconds=CALL_SECONDS,
            max_bytes=ANSWER_BYTES,
            cuts=True,
        )
    except (CallFailed, CallRefused, Unavailable) as error:
        return Outcome(None, _since(started), str(error))
    if HTTPStatus(200) <= answer.status < HTTPStatus(300):
        return Outcome(answer.status, _since(started))
    return Outcome(answer.status, _since(started), _refusal(answer), _retry_after(answer))


def settle(uow: UnitOfWork, delivery: Delivery, outcome: Outcome) -> None:
    """Write down what became of an attempt, and what that means for the endpoint."""
    params = {
        "workspace_id": delivery.workspace_id,
        "id": delivery.id,
        "endpoint_id": delivery.endpoint_id,
        "fence": delivery.fence,
        "status": outcome.status,
        "duration_ms": outcome.duration_ms,
    }
    if not outcome.error:
        uow.run(statements.SETTLE_SENT, params)
        metrics.deliveries.labels("sent").inc()
        return
    metrics.deliveries.labels("failed").inc()
    failed = {
        **params,
        "error": outcome.error,
        "wait": wait_after(delivery.attempts, outcome.retry_after),
        "hold": min(outcome.retry_after, LONGEST_HOLD),
        "pause": PAUSE,
        "patience": PATIENCE,
        "breaks_after": BREAKS_AFTER,
        "max_attempts": MAX_ATTEMPTS,
    }
    is_hopeless = uow.run(statements.SETTLE_FAILED, failed).scalar()
    if outcome.status == HTTPStatus.GONE:
        _disable(uow, delivery, DisabledReason.GONE)
    elif is_hopeless:
        _disable(uow, delivery, DisabledReason.FAILING)


def wait_after(attempts: int, retry_after: timedelta) -> timedelta:
    """Return how long a message waits after so many attempts: never less than was asked for."""
    planned = BACKOFF[min(attempts, len(BACKOFF)) - 1]
    spread = random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 -- it guards nothing
    return max(planned * spread, min(retry_after, LONGEST_WAIT))


def _headers(delivery: Delivery, body: bytes, keyring: Keyring) -> dict[str, str]:
    # In UTC whatever the machine's zone: the package drops a zone instead of converting it.
    now = clock.now()
    message_id = str(delivery.payload["id"])
    bound_to = endpoint_binding(delivery.workspace_id, delivery.endpoint_id)
    kept = decrypt(bytes(delivery.secrets_encrypted), keyring, bound_to=bound_to)
    signing = kept if delivery.is_rotating else kept[:1]
    signatures = [Webhook(secret).sign(message_id, now, body.decode()) for secret in signing]
    return {
        "Content-Type": "application/json",
        "User-Agent": f"TalkHub-Webhooks/{__version__}",
        "webhook-id": message_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


def _refusal(answer: Answer) -> str:
    text = answer.body[: SHOWN_CHARACTERS * 4].decode("utf-8", "replace")
    shown = "".join(sign if sign.isprintable() else " " for sign in text)[:SHOWN_CHARACTERS]
    return f"HTTP {answer.status} {shown}".strip()


def _retry_after(answer: Answer) -> timedelta:
    """Return what `Retry-After` asks for, in seconds or as a date; nothing if it cannot be read."""
    said = answer.headers.get("retry-after", "").strip()
    if said.isascii() and said.isdigit():
        return min(timedelta(seconds=int(said[:9])), LONGEST_WAIT)
    try:
        return max(parsedate_to_datetime(said) - clock.now(), NO_WAIT)
    except (TypeError, ValueError):  # no date, or one without a zone
        return NO_WAIT


def _disable(uow: UnitOfWork, delivery: Delivery, reason: DisabledReason) -> None:
    if disable_endpoint(uow, delivery.endpoint_id, reason):
        logger.error("webhook_endpoint_disabled", endpoint=delivery.endpoint_id, reason=reason)


def _since(started: float) -> int:
    return round((time.monotonic() - started) * 1000)
