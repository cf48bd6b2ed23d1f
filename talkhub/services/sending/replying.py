"""Send one queued message, and draw the conclusions from what the provider said."""

from __future__ import annotations

import random
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import structlog

from talkhub import clock, metrics
from talkhub.channels import sent
from talkhub.channels.base import JSONObject, NormalisedMessage, Sender
from talkhub.encryption import Keyring
from talkhub.errors import Unavailable
from talkhub.names import (
    EventState,
    Job,
    MessageRole,
    OutboundKind,
    Platform,
    SendFailure,
    WriteBackAction,
)
from talkhub.outbound.guarded import GuardedClient
from talkhub.outbound.senders.base import (
    Accepted,
    Action,
    ApprovedTemplate,
    Hosts,
    Outgoing,
    SendingAccount,
    SendRefused,
)
from talkhub.outbound.sending import act, send
from talkhub.services.fitting import fitting_id
from talkhub.services.sending.channel_accounts import Account, account_binding, read_credentials
from talkhub.services.sending.messages import payload_as_stored
from talkhub.store.statements import messages as statements
from talkhub.store.statements.inbox import INSERT_EVENTS
from talkhub.store.uow import UnitOfWork

logger = structlog.get_logger(__name__)

BACKOFF = tuple(timedelta(seconds=seconds) for seconds in (5, 30, 120, 600))
"""The waits between attempts: an answer that comes much later answers nothing."""

MAX_ATTEMPTS = len(BACKOFF) + 1
JITTER = 0.1
NO_WAIT = timedelta(0)

_TRIED_AGAIN = frozenset({SendFailure.TEMPORARY, SendFailure.RATE_LIMITED})


@dataclass(frozen=True, slots=True)
class QueuedMessage:
    """A claimed message with the account that sends it."""

    id: int
    workspace_id: int
    channel_id: int
    kind: str
    payload: dict[str, Any]
    attempts: int
    fence: int
    account_kind: str
    external_account_id: str
    credentials_encrypted: bytes | None


@dataclass(frozen=True, slots=True)
class Result:
    """What became of an attempt: the provider took the message, or `refused` says why not."""

    at: datetime
    duration_ms: int
    accepted: Accepted | None = None
    refused: SendRefused | None = None


def attempt(
    client: GuardedClient, hosts: Hosts, message: QueuedMessage, *, keyring: Keyring
) -> Result:
    """Call the provider. Opens no transaction: this may take seconds."""
    started = time.monotonic()
    try:
        bound_to = account_binding(
            message.workspace_id, message.account_kind, message.external_account_id
        )
        credentials = read_credentials(message.credentials_encrypted, keyring, bound_to=bound_to)
        account = SendingAccount(message.account_kind, message.external_account_id, credentials)
        accepted = _call(client, hosts, message, account)
    except SendRefused as refused:
        return Result(clock.now(), _since(started), refused=refused)
    except Unavailable as error:  # the key does not open what it should
        unread = SendRefused(SendFailure.TEMPORARY, str(error))
        return Result(clock.now(), _since(started), refused=unread)
    except Exception as error:  # noqa: BLE001 -- settled like any other failure
        # Its text and its traceback may quote a credential; its name does not.
        name = type(error).__name__
        logger.error("send_failed", message=message.id, error=name)  # noqa: TRY400
        unknown = SendRefused(SendFailure.TEMPORARY, f"Unexpected: {name}")
        return Result(clock.now(), _since(started), refused=unknown)
    return Result(clock.now(), _since(started), accepted=accepted)


def settle(uow: UnitOfWork, message: QueuedMessage, result: Result) -> None:
    """Write down what became of an attempt; what was sent goes into its conversation."""
    params = {
        "workspace_id": message.workspace_id,
        "id": message.id,
        "account_id": message.channel_id,
        "fence": message.fence,
        "duration_ms": result.duration_ms,
    }
    if result.refused is not None:
        metrics.outgoing.labels(message.account_kind, result.refused.failure.value).inc()
        planned = wait_after(message.attempts, result.refused.wait)
        refusal = settled_as(result.refused, planned=planned, max_attempts=MAX_ATTEMPTS)
        uow.run(statements.SETTLE_REFUSED, params | refusal)
        return
    metrics.outgoing.labels(message.account_kind, "sent").inc()
    accepted = result.accepted or Accepted()
    external_id = fitting_id(accepted.external_id) or sent.own_id(message.id)
    # It was said as it is; from here on it is only kept.
    message = replace(message, payload=payload_as_stored(uow, message.payload))
    kept = {"external_id": external_id, "payload": uow.json(message.payload)}
    uow.run(statements.SETTLE_TAKEN, {**params, **kept})
    if message.kind == OutboundKind.ACTION:
        return
    # Also if another courier holds the message by now: it was said, whoever says it again.
    _tell_conversation(uow, message, result.at, external_id, accepted.alias)


def wait_after(attempts: int, asked: timedelta) -> timedelta:
    """Return how long a message waits after so many attempts: never less than was asked for."""
    planned = BACKOFF[min(attempts, len(BACKOFF)) - 1]
    spread = random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 -- it guards nothing
    return max(planned * spread, asked)


def settled_as(refused: SendRefused, *, planned: timedelta, max_attempts: int) -> dict[str, Any]:
    """Return what a refusal means for what was to be sent, as the statements take it.

    `planned` is how long it waits unless the provider limits us.
    """
    is_limited = refused.failure == SendFailure.RATE_LIMITED
    return {
        "failure": refused.failure.value,
        "error": f"{refused.failure}: {refused.reason}",
        "is_final": refused.failure not in _TRIED_AGAIN,
        # Being told to wait is no failure: it uses no attempt up.
        "counts": not is_limited,
        "max_attempts": max_attempts + (1 if is_limited else 0),
        "wait": refused.wait if is_limited else planned,
        "rest": refused.wait if refused.rests_account else NO_WAIT,
    }


def _call(
    client: GuardedClient, hosts: Hosts, message: QueuedMessage, account: SendingAccount
) -> Accepted:
    payload = message.payload
    if message.kind == OutboundKind.ACTION:
        wanted = payload["action"]
        action = Action(WriteBackAction(wanted["kind"]), wanted["target"], wanted["value"])
        return act(client, hosts, action, payload["user_id"], account)
    return send(client, hosts, _outgoing(payload), account)


def _outgoing(payload: Mapping[str, Any]) -> Outgoing:
    template = payload.get("template")
    return Outgoing(
        user_id=payload["user_id"],
        text=payload["text"],
        template=None
        if template is None
        else ApprovedTemplate(
            template["name"], template["language"], tuple(template["parameters"])
        ),
        address=payload["address"],
    )


def _tell_conversation(
    uow: UnitOfWork, message: QueuedMessage, at: datetime, external_id: str, alias: str | None
) -> None:
    """Put what was sent into the inbox, as the provider's echo of it would come."""
    account = Account(message.workspace_id, message.channel_id, message.account_kind, ())
    event = sent.event(_said(message, at, external_id, alias))
    uow.run(
        INSERT_EVENTS,
        {
            "workspace_ids": [message.workspace_id],
            "channel_ids": [message.channel_id],
            "platforms": [account.platform],
            "sources": [account.source],
            "external_ids": [fitting_id(event.external_id)],
            "kinds": [event.kind],
            "raws": [event.raw],
            "payloads": [event.raw.decode()],
            "states": [EventState.PENDING.value],
        },
    )
    uow.ring(Job.DRAIN_INBOX)


def _said(
    message: QueuedMessage, at: datetime, external_id: str, alias: str | None
) -> NormalisedMessage:
    payload = message.payload
    template = payload.get("template")
    # Evolution's conversations are WhatsApp's.
    is_evolution = message.account_kind == Platform.EVOLUTION
    attributes: JSONObject = dict(payload.get("attributes") or {})
    if template:
        attributes["template"] = template["name"]
    return NormalisedMessage(
        platform=Platform.WHATSAPP if is_evolution else Platform(message.account_kind),
        sender=Sender(user_id=payload["user_id"]),
        role=MessageRole(payload["role"]),
        kind="template" if template else "text",
        content=", ".join(template["parameters"]) if template else payload["text"],
        sent_at=at,
        external_id=external_id,
        alias=alias,
        attributes=attributes,
    )


def _since(started: float) -> int:
    return round((time.monotonic() - started) * 1000)
