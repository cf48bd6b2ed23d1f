"""Reading UChat's interface: what was said in a person's chat, and how fast we may ask."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from urllib.parse import urlencode

from talkhub.errors import TalkHubError
from talkhub.names import ReconcileTrouble
from talkhub.outbound.guarded import Answer, CallFailed, CallRefused, GuardedClient
from talkhub.strict_json import read_event

PAGE = 100
"""As many messages as UChat tells at once."""

RESERVE = 200
"""So many of the thousand requests an hour are left to whoever else uses the key."""

SHORT_WAIT = timedelta(minutes=5)
LONGEST_WAIT = timedelta(hours=1)
_SECONDS = 15.0
_MAX_BYTES = 2 * 1024 * 1024


class UChatTrouble(Exception):
    """UChat did not tell. `wait` is how long to leave its interface alone; 0 if it may be asked on.

    It holds nothing of what UChat answered, which may name people.
    """

    def __init__(self, kind: ReconcileTrouble, wait: timedelta = SHORT_WAIT) -> None:
        super().__init__(kind.value)
        self.kind = kind
        self.wait = wait


@dataclass(frozen=True, slots=True)
class ChatPage:
    """Messages of a chat as UChat tells them. `is_spent` says that few requests are left."""

    messages: list[dict[str, object]]
    is_spent: bool

    @property
    def is_full(self) -> bool:
        """Whether there may be more messages than were told."""
        return len(self.messages) >= PAGE


@dataclass(frozen=True, slots=True)
class UChat:
    """UChat's interface at one address, or that of a white label of it."""

    client: GuardedClient
    base: str

    def messages(self, key: str, user: Mapping[str, str], *, since: int, until: int) -> ChatPage:
        """Return what a person, their bot and agents said between two Unix times.

        `user` is the one query parameter that names the person. Raises UChatTrouble.
        """
        query = {
            **user,
            "include_bot": "1",
            "start_time": str(since),
            "end_time": str(until),
            "limit": str(PAGE),
        }
        url = f"{self.base}/api/subscriber/chat-messages?{urlencode(query)}"
        headers = {"Authorization": f"Bearer {key}", "Accept": "application/json"}
        try:
            answer = self.client.send(
                "GET", url, headers=headers, seconds=_SECONDS, max_bytes=_MAX_BYTES
            )
        except (CallFailed, CallRefused, ValueError) as error:  # a key that fits in no header
            raise UChatTrouble(ReconcileTrouble.UNREACHABLE) from error
        _judge(answer)
        return ChatPage(_messages(answer.body), _is_spent(answer.headers))


def _judge(answer: Answer) -> None:
    match answer.status:
        case HTTPStatus.OK:
            return
        case HTTPStatus.TOO_MANY_REQUESTS:
            raise UChatTrouble(ReconcileTrouble.RATE_LIMITED, _asked_wait(answer.headers))
        case HTTPStatus.UNAUTHORIZED | HTTPStatus.FORBIDDEN:
            raise UChatTrouble(ReconcileTrouble.KEY_REFUSED, LONGEST_WAIT)
        case status if HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR:
            raise UChatTrouble(ReconcileTrouble.REFUSED, timedelta(0))
        case _:
            raise UChatTrouble(ReconcileTrouble.UNREACHABLE)


def _messages(body: bytes) -> list[dict[str, object]]:
    try:
        document = read_event(body)
    except TalkHubError as error:
        raise UChatTrouble(ReconcileTrouble.UNREADABLE) from error
    if not isinstance(document, dict):
        raise UChatTrouble(ReconcileTrouble.UNREADABLE)
    if document.get("status") == "error":  # told with HTTP 200
        raise UChatTrouble(ReconcileTrouble.REFUSED, timedelta(0))
    found = document.get("data")
    if not isinstance(found, list):
        raise UChatTrouble(ReconcileTrouble.UNREADABLE)
    return [message for message in found if isinstance(message, dict)]


def _asked_wait(headers: Mapping[str, str]) -> timedelta:
    """Return how long UChat wants to be left alone: `retry-after` in seconds, else a while."""
    seconds = _number(headers, "retry-after")
    return SHORT_WAIT if seconds is None else min(timedelta(seconds=max(seconds, 1)), LONGEST_WAIT)


def _is_spent(headers: Mapping[str, str]) -> bool:
    remaining = _number(headers, "x-ratelimit-remaining")
    return remaining is not None and remaining < RESERVE


def _number(headers: Mapping[str, str], name: str) -> int | None:
    written = headers.get(name, "").strip()[:9]
    return int(written) if written.isascii() and written.isdigit() else None
