"""A workspace's webhook endpoints: made, changed, rotated, tested, replayed, ended."""

from __future__ import annotations

import base64
import secrets as random_secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from talkhub import clock
from talkhub.encryption import Keyring, decrypt, encrypt
from talkhub.errors import Conflict, Invalid, NotFound
from talkhub.names import DisabledReason, EndpointState, OutboundState, WebhookEvent
from talkhub.outbound.guarded import CallRefused, GuardedClient
from talkhub.services.audit import audit
from talkhub.services.telling.outbound import Told, add_messages, body_of, message_row
from talkhub.store.base import LARGEST_ID
from talkhub.store.statements import outbox
from talkhub.store.statements import webhooks as statements
from talkhub.store.uow import UnitOfWork

EVENTS = tuple(event for event in WebhookEvent if event != WebhookEvent.TEST)
"""What an endpoint can ask for; a test comes when someone sends one."""

ROTATION_GRACE = timedelta(hours=24)
"""So long a replaced secret signs beside the new one, for receivers to go over to it."""

MAX_ENDPOINTS = 20
_SECRET_BYTES = 32
_REASONS = {
    DisabledReason.GONE: "The endpoint answered 410 Gone and was disabled.",
    DisabledReason.FAILING: "The endpoint failed for five days and was disabled.",
    DisabledReason.BY_HAND: "The endpoint was disabled.",
}


@dataclass(frozen=True, slots=True)
class NewSecret:
    """An endpoint's secret on the one occasion on which it can be shown."""

    endpoint_id: int
    url: str
    secret: str


def create_endpoint(
    uow: UnitOfWork, client: GuardedClient, *, url: str, events: Collection[str], keyring: Keyring
) -> NewSecret:
    """Make an endpoint that hears of `events`."""
    scope = {"workspace_id": uow.workspace_id}
    if uow.run(statements.COUNT_ENDPOINTS, scope).scalar_one() >= MAX_ENDPOINTS:
        raise Conflict(f"A workspace has at most {MAX_ENDPOINTS} endpoints.")
    secret = _new_secret()
    params = {
        **scope,
        "url": _checked_url(client, url),
        "events": _checked_events(events),
    }
    endpoint_id = uow.run(statements.ADD_ENDPOINT, params).scalar_one()
    kept = encrypt([secret], keyring, bound_to=endpoint_binding(uow.workspace_id, endpoint_id))
    uow.run(statements.KEEP_SECRET, {**_key(uow, endpoint_id), "secrets": kept})
    audit(uow, action="webhook_endpoint.created", subject=str(endpoint_id), address=None)
    return NewSecret(endpoint_id, url, secret)


def endpoint_binding(workspace_id: int, endpoint_id: int) -> str:
    """Return what an endpoint's secrets are bound to where they are kept."""
    return f"webhook_endpoints/{workspace_id}/{endpoint_id}"


def change_endpoint(
    uow: UnitOfWork,
    client: GuardedClient,
    endpoint_id: int,
    *,
    url: str | None = None,
    events: Collection[str] | None = None,
    state: EndpointState | None = None,
) -> None:
    """Change what is given. A disabled endpoint gives up what waits; an enabled one begins anew."""
    old = _locked(uow, endpoint_id)
    key = _key(uow, endpoint_id)
    wanted = {
        "url": old["url"] if url is None else _checked_url(client, url),
        "events": old["events"] if events is None else _checked_events(events),
    }
    uow.run(statements.CHANGE_ENDPOINT, {**key, **wanted})
    if state == EndpointState.ACTIVE:
        uow.run(statements.ENABLE_ENDPOINT, key)
    audit(uow, action="webhook_endpoint.changed", subject=str(endpoint_id), address=None)
    if state == EndpointState.DISABLED:
        disable_endpoint(uow, endpoint_id, DisabledReason.BY_HAND)


def disable_endpoint(uow: UnitOfWork, endpoint_id: int, reason: DisabledReason) -> bool:
    """Stop sending to an endpoint and give up what waits for it; False if it was so before."""
    params = {**_key(uow, endpoint_id), "reason": reason.value, "error": _REASONS[reason]}
    if uow.run(statements.DISABLE_ENDPOINT, params).first() is None:
        return False
    action = f"webhook_endpoint.disabled.{reason.value}"
    audit(uow, action=action, subject=str(endpoint_id), address=None)
    return True


def rotate_secret(uow: UnitOfWork, endpoint_id: int, *, keyring: Keyring) -> NewSecret:
    """Give an endpoint a new secret; the old one signs beside it for `ROTATION_GRACE`."""
    old = _locked(uow, endpoint_id)
    bound_to = endpoint_binding(uow.workspace_id, endpoint_id)
    current = decrypt(bytes(old["secrets_encrypted"]), keyring, bound_to=bound_to)[0]
    secret = _new_secret()
    kept = encrypt([secret, current], keyring, bound_to=bound_to)
    uow.run(statements.ROTATE_SECRET, {**_key(uow, endpoint_id), "secrets": kept})
    audit(uow, action="webhook_endpoint.rotated", subject=str(endpoint_id), address=None)
    return NewSecret(endpoint_id, old["url"], secret)


def delete_endpoint(uow: UnitOfWork, endpoint_id: int) -> None:
    """End an endpoint, and with it what waits for it and its log. Raises NotFound."""
    if uow.run(statements.DELETE_ENDPOINT, _key(uow, endpoint_id)).first() is None:
        raise NotFound("There is no such endpoint.")
    audit(uow, action="webhook_endpoint.deleted", subject=str(endpoint_id), address=None)


def send_test(uow: UnitOfWork, endpoint_id: int) -> int:
    """Have `webhook.test` delivered to an active endpoint; return the message's id."""
    _active(uow, endpoint_id)
    told = Told(WebhookEvent.TEST, clock.now(), {"endpoint_id": endpoint_id})
    return add_messages(uow, [message_row(endpoint_id, told, body_of(told))])[0]


def replay(
    uow: UnitOfWork,
    endpoint_id: int,
    *,
    ids: Collection[int] | None = None,
    start: datetime | None = None,
    end: datetime | None = None,
    only_failed: bool = True,
) -> int:
    """Deliver messages of an active endpoint again, with the ids that they had; return how many.

    Those named by `ids` whatever became of them, else those written from `start` until
    before `end`: the ones that were given up, or with `only_failed` False all.
    """
    _active(uow, endpoint_id)
    states = [OutboundState.DEAD] if only_failed and ids is None else list(OutboundState)[1:]
    params = {
        "workspace_id": uow.workspace_id,
        "endpoint_id": endpoint_id,
        "ids": None if ids is None else [id_ for id_ in ids if 0 < id_ <= LARGEST_ID],
        "start": start,
        "end": end,
        "states": [state.value for state in states],
    }
    count = uow.run(outbox.REPLAY_MESSAGES, params).rowcount
    if ids is not None and not count:
        raise NotFound("There is no such message that was delivered or given up.")
    audit(uow, action="webhook_endpoint.replayed", subject=str(endpoint_id), address=None)
    return count


def _locked(uow: UnitOfWork, endpoint_id: int) -> Mapping[str, Any]:
    found = uow.run(statements.LOCK_ENDPOINT, _key(uow, endpoint_id)).mappings().first()
    if found is None:
        raise NotFound("There is no such endpoint.")
    return dict(found)


def _active(uow: UnitOfWork, endpoint_id: int) -> None:
    if _locked(uow, endpoint_id)["state"] != EndpointState.ACTIVE:
        raise Conflict("The endpoint is disabled; enable it first.")


def _key(uow: UnitOfWork, endpoint_id: int) -> dict[str, int]:
    if not 0 < endpoint_id <= LARGEST_ID:
        raise NotFound("There is no such endpoint.")
    return {"workspace_id": uow.workspace_id, "id": endpoint_id}


def _checked_url(client: GuardedClient, url: str) -> str:
    """Return an address that may be called; what its name leads to is judged at each call."""
    try:
        client.check(url)
    except CallRefused as refused:
        raise Invalid.at("url", detail=str(refused), code="url_refused") from refused
    return url


def _checked_events(events: Collection[str]) -> list[str]:
    wanted = set(events)
    if not wanted or not wanted <= set(EVENTS):
        detail = f"An endpoint hears of one or more of {', '.join(EVENTS)}."
        raise Invalid.at("events", detail=detail, code="events_invalid")
    return [event.value for event in EVENTS if event in wanted]


def _new_secret() -> str:
    return "whsec_" + base64.b64encode(random_secrets.token_bytes(_SECRET_BYTES)).decode()
