"""Sending through Facebook Messenger and Instagram, which differ in nothing but the token."""

from __future__ import annotations

from talkhub.outbound.guarded import Answer
from talkhub.outbound.senders import meta
from talkhub.outbound.senders.base import (
    Accepted,
    Hosts,
    Outgoing,
    ProviderRequest,
    SendingAccount,
)


def request(message: Outgoing, account: SendingAccount, hosts: Hosts) -> ProviderRequest:
    """Return the request of the page whose token it is."""
    body: dict[str, object] = {
        "recipient": {"id": message.user_id},
        "messaging_type": "RESPONSE",
        "message": {"text": message.text},
    }
    token = account.credential("access_token")
    return meta.graph_request(f"{hosts.graph}/me/messages", token, body)


def accepted(answer: Answer, message: Outgoing, account: SendingAccount) -> Accepted:  # noqa: ARG001 -- the protocol
    """Return the id that echo and deliveries name."""
    return Accepted(str(meta.taken(answer).get("message_id") or ""))
