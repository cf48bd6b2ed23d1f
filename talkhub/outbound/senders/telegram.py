"""Sending through Telegram's Bot API."""

from __future__ import annotations

from http import HTTPStatus

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
    rate_limited,
    refused_by_status,
    seconds,
)


def request(message: Outgoing, account: SendingAccount, hosts: Hosts) -> ProviderRequest:
    """Return the call of `sendMessage`; the bot's token is part of its address."""
    body: dict[str, object] = {
        "chat_id": message.address.get("chat_id") or message.user_id,
        "text": message.text,
    }
    connection = message.address.get("business_connection_id")
    if connection:
        body["business_connection_id"] = connection
    return ProviderRequest(
        f"{hosts.telegram}/bot{account.credential('bot_token')}/sendMessage", body
    )


def accepted(answer: Answer, message: Outgoing, account: SendingAccount) -> Accepted:  # noqa: ARG001 -- the protocol
    """Return chat, number and date, by which Telegram speaks of the message again."""
    document = document_of(answer)
    result = document.get("result")
    if document.get("ok") is True and isinstance(result, dict):
        chat = result.get("chat")
        chat_id = chat.get("id") if isinstance(chat, dict) else None
        alias = f"{chat_id}:{result.get('message_id')}"
        return Accepted(f"{alias}:{result.get('date')}", alias)
    reason = str(document.get("description") or "")
    if answer.status == HTTPStatus.FORBIDDEN:
        raise SendRefused(SendFailure.BLOCKED, reason)
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
        parameters = document.get("parameters")
        wait = parameters.get("retry_after") if isinstance(parameters, dict) else None
        raise rate_limited(reason, seconds(wait))
    raise refused_by_status(answer, reason)
