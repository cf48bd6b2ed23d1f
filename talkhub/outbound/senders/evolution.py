"""Sending through an instance of Evolution API."""

from __future__ import annotations

from urllib.parse import quote

from talkhub.names import SendFailure
from talkhub.outbound.guarded import Answer
from talkhub.outbound.senders.base import (
    Accepted,
    Hosts,
    Outgoing,
    ProviderRequest,
    SendingAccount,
    SendRefused,
    document_of,
    is_taken,
    refused_by_status,
)


def request(message: Outgoing, account: SendingAccount, hosts: Hosts) -> ProviderRequest:  # noqa: ARG001 -- the protocol
    """Return the request to the account's own server: each has its address."""
    server, instance = account.credential("url"), quote(account.credential("instance"), safe="")
    body = {"number": message.address.get("chat") or message.user_id, "text": message.text}
    headers = {"apikey": account.credential("api_key")}
    return ProviderRequest(f"{server.rstrip('/')}/message/sendText/{instance}", body, headers)


def accepted(answer: Answer, message: Outgoing, account: SendingAccount) -> Accepted:  # noqa: ARG001 -- the protocol
    """Return the key under which the instance's events know the message."""
    document = document_of(answer)
    key = document.get("key")
    if is_taken(answer) and isinstance(key, dict) and key.get("id"):
        return Accepted(f"{account.credential('instance')}:{key['id']}")
    if is_taken(answer):
        raise SendRefused(SendFailure.PERMANENT, "The instance does not say that it took it.")
    raise refused_by_status(answer, str(document.get("error") or document.get("message") or ""))
