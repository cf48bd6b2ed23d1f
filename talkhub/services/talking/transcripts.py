"""Transcripts as plain data: message objects, what they add up to, and how they grow.

Pure functions: no database, no clock. A transcript is a list of message objects as
they stand in `conversations.messages`; one that is full goes on in a further part.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from talkhub import json_codec
from talkhub.analysis.closing import is_closing
from talkhub.analysis.identity_numbers import masked_numbers
from talkhub.names import CompletionStatus, MessageRole

MAX_MESSAGES = 500
MAX_BYTES = 256 * 1024
LONGEST_WAIT_MS = 2**31 - 1
"""Twenty-four days: longer waits are kept as that."""
SAME_MESSAGE_WINDOW = timedelta(minutes=5)

# Texts are compared with these at a fraction of what comparing with the enum takes.
_PERSON, _SYSTEM = MessageRole.USER.value, MessageRole.SYSTEM.value

Message = dict[str, Any]


@dataclass(frozen=True, slots=True)
class TranscriptFacts:
    """What a transcript adds up to. Response times are from a person's message to its answer."""

    started_at: datetime
    last_message_at: datetime
    message_count: int
    user_message_count: int
    response_count: int
    response_ms_total: int
    completion: CompletionStatus

    @property
    def duration_seconds(self) -> int:
        """Seconds between the first and the last message."""
        return int((self.last_message_at - self.started_at).total_seconds())

    def as_metadata(self) -> dict[str, Any]:
        """Return the members that `metadata` documents."""
        return {
            "message_count": self.message_count,
            "duration": self.duration_seconds,
            "completion_status": self.completion.value,
        }

    def as_columns(self) -> dict[str, Any]:
        """Return the facts under the names of their columns."""
        return {
            "started_at": self.started_at,
            "last_message_at": self.last_message_at,
            "message_count": self.message_count,
            "user_message_count": self.user_message_count,
            "response_count": self.response_count,
            "response_ms_total": self.response_ms_total,
        }


def make_message(  # one keyword for each member of the stored object
    *,
    role: MessageRole,
    content: str,
    sent_at: datetime,
    kind: str = "text",
    external_id: str | None = None,
    source: str = "",
    position: int = 0,
) -> Message:
    """Return a message object. Its id depends on nothing but what is given.

    A provider's message has the same id however its events are ordered or repeated.
    Its `external_id` is unique within `source`; a message without one is told from others by its
    `position` there, which is its session then.
    """
    timestamp = format_time(sent_at)
    role_name = str(role)  # at a third of what `role.value` takes
    own_id = external_id or f"{position}|{role_name}|{timestamp}|{content}"
    seed = f"{source}|{own_id}"
    message: Message = {
        "id": "m" + hashlib.sha256(seed.encode("utf-8", "replace")).hexdigest()[:15],
        "role": role_name,
        "kind": kind,
        "content": content,
        "timestamp": timestamp,
    }
    if external_id is not None:
        message["external_id"] = external_id
    return message


def format_time(moment: datetime) -> str:
    """Return an ISO 8601 time in UTC, as message objects carry it."""
    return json_codec.dumps_text(moment)[1:-1]  # five times as fast as isoformat()


def active_state(platform: str, last_activity_at: datetime) -> bytes:
    """Return what is shown of an active session: of whose it is, nothing."""
    shown = {"platform": platform, "status": "active", "last_activity_at": last_activity_at}
    return json_codec.dumps(shown)


def time_of(message: Mapping[str, Any]) -> datetime:
    """Return when a message was sent."""
    return datetime.fromisoformat(message["timestamp"])


def add_up(messages: Sequence[Message], *, is_open: bool) -> TranscriptFacts:
    """Compute a transcript's facts; `messages` must not be empty."""
    times = [time_of(message) for message in messages]
    roles = [message["role"] for message in messages]
    responses = [wait for wait in waits(messages, times) if wait is not None]
    user_count = roles.count(MessageRole.USER)
    return TranscriptFacts(
        started_at=min(times),
        last_message_at=max(times),
        message_count=len(messages),
        user_message_count=user_count,
        response_count=len(responses),
        response_ms_total=round(sum(responses) * 1000),
        completion=_completion(messages, user_count=user_count, is_open=is_open),
    )


def waits(messages: Sequence[Mapping[str, Any]], times: Sequence[datetime]) -> list[float | None]:
    """Return for each message how many seconds the person had waited when it answered them.

    They wait from their first unanswered message on; what a system says answers nothing.
    """
    found: list[float | None] = []
    waiting_since: datetime | None = None
    for message, sent_at in zip(messages, times, strict=True):
        waited = None
        role = message["role"]
        if role == _PERSON:
            waiting_since = waiting_since or sent_at
        elif waiting_since is not None and role != _SYSTEM:
            waited = max(0.0, (sent_at - waiting_since).total_seconds())
            waiting_since = None
        found.append(waited)
    return found


def response_times(messages: Sequence[Mapping[str, Any]]) -> list[int]:
    """Return how many milliseconds the person had waited at each answer, in their order."""
    found = waits(messages, [time_of(message) for message in messages])
    return [min(round(wait * 1000), LONGEST_WAIT_MS) for wait in found if wait is not None]


def _completion(messages: Sequence[Message], *, user_count: int, is_open: bool) -> CompletionStatus:
    if is_open:
        return CompletionStatus.OPEN
    if user_count == 0:
        return CompletionStatus.ABANDONED
    return CompletionStatus.UNANSWERED if _is_waiting(messages) else CompletionStatus.COMPLETED


def _is_waiting(messages: Sequence[Message]) -> bool:
    """Tell whether the person wrote last, and more than a closing remark."""
    turn: list[str] = []
    last_answer = ""
    for message in reversed(messages):
        if message["role"] == MessageRole.USER:
            turn.append(message["content"])
        elif message["role"] != MessageRole.SYSTEM:
            last_answer = message["content"]
            break
    else:
        # Some channels tell no answers at all: a thank-you must do as a sign of one. Where they
        # are told, it may as well be the manners of a question: "E o frete?" "Obrigada".
        del turn[1:]
    return bool(turn) and not is_closing("\n".join(reversed(turn)), last_answer=last_answer)


def fingerprint(session_id: str, messages: Sequence[Message]) -> bytes:
    """Return the digest by which a repeated transcript is recognised."""
    texts = [f"\x1e{message['role']}\x1f{message['content']}" for message in messages]
    return hashlib.sha256("".join([session_id, *texts]).encode()).digest()


def is_continuation(stored: Sequence[Message], sent: Sequence[Message], timed: set[int]) -> bool:
    """Tell whether one transcript begins with the other.

    Role and text must agree; times too where the caller gave one (`timed` holds the
    positions in `sent` that have their own). A text whose numbers are stored masked is the same.
    """
    for position, (old, new) in enumerate(zip(stored, sent, strict=False)):
        if old["role"] != new["role"] or not _is_same_text(old["content"], new["content"]):
            return False
        if position in timed and old["timestamp"] != new["timestamp"]:
            return False
    return True


def without_known(
    stored: Sequence[Message], sent: Sequence[Message], timed: set[int]
) -> list[Message]:
    """Return what of `sent` is not yet in a transcript that a channel feeds.

    A message is known when one with its role and text is stored, within five minutes of
    it if it has a time of its own (its position is in `timed`). Each stored message
    answers for one sent message only. What is new and has no time of its own gets its
    place right behind the message it follows.
    """
    unmatched: dict[tuple[str, str], list[datetime]] = {}
    for message in stored:
        unmatched.setdefault(_key(message), []).append(time_of(message))
    news: list[Message] = []
    follows: datetime | None = None
    for position, message in enumerate(sent):
        candidates = unmatched.get(_key(message)) or unmatched.get(_masked_key(message), [])
        sent_at = time_of(message)
        is_timed = position in timed
        near = [t for t in candidates if not is_timed or abs(t - sent_at) <= SAME_MESSAGE_WINDOW]
        if near:
            known_at = min(near, key=lambda moment: abs(moment - sent_at)) if is_timed else near[0]
            candidates.remove(known_at)
            follows = known_at
            continue
        if not is_timed and follows is not None:
            sent_at = follows + timedelta(microseconds=1)
        follows = sent_at
        news.append({**message, "timestamp": format_time(sent_at)})
    return news


def in_order(messages: Iterable[Message]) -> list[Message]:
    """Return messages by time, and by id within one instant."""
    return sorted(messages, key=lambda message: (time_of(message), message["id"]))


def split_parts(messages: Sequence[Message]) -> list[list[Message]]:
    """Cut a transcript into parts of at most 500 messages and 256 KB (a longer message alone)."""
    if len(messages) <= MAX_MESSAGES and len(json_codec.dumps(messages)) <= MAX_BYTES:
        return [list(messages)]  # as nearly all are, and weighing them one by one takes longer
    parts: list[list[Message]] = [[]]
    size = 0
    for message in messages:
        weight = len(json_codec.dumps(message)) + 1
        if parts[-1] and (len(parts[-1]) >= MAX_MESSAGES or size + weight > MAX_BYTES):
            parts.append([])
            size = 0
        parts[-1].append(message)
        size += weight
    return parts


def turn_of(message: Message) -> tuple[str, str, str]:
    """Return what tells a turn from others of its session, whatever its id was made of."""
    return message["role"], message["timestamp"], message["content"]


def _key(message: Message) -> tuple[str, str]:
    return message["role"], message["content"]


def _masked_key(message: Message) -> tuple[str, str]:
    return message["role"], masked_numbers(message["content"])


def _is_same_text(stored: str, sent: str) -> bool:
    """Tell whether a text is the stored one, which may be from when numbers were masked."""
    return stored == sent or stored == masked_numbers(sent)
