"""What every sender provides, and the shapes that it takes and gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from http import HTTPStatus
from typing import Protocol

import orjson

from talkhub.names import SendFailure, WriteBackAction
from talkhub.outbound.guarded import Answer
from talkhub.outbound.providers import GRAPH, TELEGRAM

UCHAT = "https://chat.talkhub.me"
HUBSPOT = "https://api.hubapi.com"
PIPEDRIVE = "https://{company}.pipedrive.com"
RD_STATION = "https://api.rd.services"
LONGEST_REASON = 300
SHORT_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=1)
NO_WAIT = timedelta(0)


@dataclass(frozen=True, slots=True)
class ApprovedTemplate:
    """A text that the provider knows and has approved, by its name there."""

    name: str
    language: str
    parameters: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What to send to whom: a text, or an approved template.

    `user_id` is the provider's id of the person. `address` is where they last wrote, as
    the channel's `answer_address` tells it; empty where nobody knows any more.
    """

    user_id: str
    text: str = ""
    template: ApprovedTemplate | None = None
    address: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Action:
    """What to change of a person at the provider: a field, a tag, who looks after them.

    `target` names it: a field, a tag, an event, minutes, an agent's number.
    """

    kind: WriteBackAction
    target: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class SendingAccount:
    """An account at a provider with what opens it."""

    kind: str
    external_id: str
    credentials: Mapping[str, str]

    def credential(self, name: str) -> str:
        """Return one of its credentials; raise SendRefused where nobody gave it."""
        found = self.credentials.get(name, "")
        if not found:
            raise SendRefused(SendFailure.PERMANENT, f"The account has no {name}.")
        return found


@dataclass(frozen=True, slots=True)
class Hosts:
    """The addresses of the providers' interfaces."""

    telegram: str = TELEGRAM
    graph: str = GRAPH
    uchat: str = UCHAT
    hubspot: str = HUBSPOT
    pipedrive: str = PIPEDRIVE
    rd_station: str = RD_STATION


@dataclass(frozen=True, slots=True)
class ProviderRequest:
    """A request to a provider."""

    url: str
    body: Mapping[str, object]
    headers: Mapping[str, str] = field(default_factory=dict)
    method: str = "POST"


@dataclass(frozen=True, slots=True)
class Accepted:
    """That a provider took a message, and the names by which its events will speak of it.

    They are those that the channel's `normalise` gives a message; empty where the provider
    tells none.
    """

    external_id: str = ""
    alias: str | None = None


class SendRefused(Exception):
    """The provider did not take a message. `reason` is for whoever looks after it.

    `wait` is how long it asks to be left alone; with `rests_account` that goes for all
    that the account sends.
    """

    def __init__(
        self,
        failure: SendFailure,
        reason: str,
        *,
        wait: timedelta = NO_WAIT,
        rests_account: bool = False,
    ) -> None:
        super().__init__(reason)
        self.failure = failure
        self.reason = "".join(c if c.isprintable() else " " for c in reason)[:LONGEST_REASON]
        self.wait = min(wait, LONGEST_WAIT)
        self.rests_account = rests_account


class Sender(Protocol):
    """The provider-specific half of sending. Pure: whoever calls does the networking.

    Each sender is a module that has these members.
    """

    def request(self, message: Outgoing, account: SendingAccount, hosts: Hosts) -> ProviderRequest:
        """Return the request that sends a message; raise SendRefused for one that cannot be."""

    def accepted(self, answer: Answer, message: Outgoing, account: SendingAccount) -> Accepted:
        """Read the provider's answer; raise SendRefused unless it took the message."""


def document_of(answer: Answer) -> dict[str, object]:
    """Return an answer's JSON object, empty where it is none: then the status says it all."""
    try:
        document = orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        return {}
    return document if isinstance(document, dict) else {}


def is_taken(answer: Answer) -> bool:
    """Tell whether a status says that all is well."""
    return HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES


def refused_by_status(answer: Answer, reason: str) -> SendRefused:
    """Return what a status alone means: nobody's fault, too much at once, or a final no."""
    told = f"HTTP {answer.status} {reason}".strip()
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
        return rate_limited(told, asked_wait(answer))
    if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR or answer.status in {
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.CONFLICT,
        HTTPStatus.TOO_EARLY,
    }:
        return SendRefused(SendFailure.TEMPORARY, told, wait=asked_wait(answer) or NO_WAIT)
    return SendRefused(SendFailure.PERMANENT, told)


def rate_limited(reason: str, wait: timedelta | None) -> SendRefused:
    """Return that an account sends too much; without a word of the provider it rests a minute."""
    return SendRefused(
        SendFailure.RATE_LIMITED, reason, wait=wait or SHORT_WAIT, rests_account=True
    )


def asked_wait(answer: Answer) -> timedelta | None:
    """Return the seconds that `Retry-After` asks for; None where it asks for none."""
    return seconds(answer.headers.get("retry-after"))


def seconds(told: object) -> timedelta | None:
    """Return a number of seconds however it is written; None for what is none."""
    written = str(told).strip()[:9]
    if isinstance(told, bool) or not (written.isascii() and written.isdigit()):
        return None
    return timedelta(seconds=int(written))
