"""Send one message through a channel account, whichever provider it is of."""

from __future__ import annotations

from collections.abc import Mapping

import orjson

from talkhub.names import Platform
from talkhub.outbound.exchanging import exchange
from talkhub.outbound.guarded import Answer, GuardedClient
from talkhub.outbound.senders import evolution, messenger, telegram, uchat, whatsapp
from talkhub.outbound.senders.base import (
    Accepted,
    Action,
    Hosts,
    Outgoing,
    ProviderRequest,
    Sender,
    SendingAccount,
)

# A Platform is a text, so an account's kind finds its sender as it stands.
SENDERS: Mapping[str, Sender] = {
    Platform.WHATSAPP: whatsapp,
    Platform.TELEGRAM: telegram,
    Platform.MESSENGER: messenger,
    Platform.INSTAGRAM: messenger,
    Platform.UCHAT: uchat,
    Platform.EVOLUTION: evolution,
}

SEND_SECONDS = 15.0
_ANSWER_BYTES = 64 * 1024


def send(
    client: GuardedClient, hosts: Hosts, message: Outgoing, account: SendingAccount
) -> Accepted:
    """Send a message and return how its provider calls it; raises SendRefused.

    No answer in time is a temporary failure: whether the provider took the message is
    unknown then, and trying again may say it twice. None of the providers knows a retry.
    """
    sender = SENDERS[account.kind]
    answer = _exchange(client, sender.request(message, account, hosts))
    return sender.accepted(answer, message, account)


def act(
    client: GuardedClient, hosts: Hosts, action: Action, user_id: str, account: SendingAccount
) -> Accepted:
    """Change something of a person at UChat; raises SendRefused like `send`."""
    answer = _exchange(client, uchat.action_request(action, user_id, account, hosts))
    return uchat.accepted(answer, Outgoing(user_id), account)


def _exchange(client: GuardedClient, wanted: ProviderRequest) -> Answer:
    return exchange(
        client,
        wanted.method,
        wanted.url,
        headers={"Content-Type": "application/json", **wanted.headers},
        body=orjson.dumps(wanted.body),
        seconds=SEND_SECONDS,
        max_bytes=_ANSWER_BYTES,
    )
