"""The sessions that a channel's messages go into, as they lie in the database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeAlias

from talkhub.channels.base import Happening, NormalisedMessage
from talkhub.names import SessionStatus
from talkhub.services.talking.growth import new_session_id
from talkhub.services.talking.transcripts import Message
from talkhub.store.statements import conversations as statements
from talkhub.store.uow import UnitOfWork

Place: TypeAlias = tuple[int, str]
"""A profile and the platform that it writes on: there, one session is open at a time."""


@dataclass(frozen=True, slots=True)
class ClaimedEvent:
    """An event that this drain holds, with what it means; None where it means nothing to us."""

    id: int
    fence: int
    channel_id: int | None
    source: str
    happening: Happening | None
    answer_address: Mapping[str, str] = field(default_factory=dict)

    @property
    def carried(self) -> NormalisedMessage:
        """The message of an event that carries one."""
        if not isinstance(self.happening, NormalisedMessage):
            raise TypeError("the event carries no message")
        return self.happening


@dataclass(slots=True)
class ChannelSession:
    """A session that messages are appended to, and its transcript's last part.

    `first_message_at` is None as long as it has no messages.
    """

    session_id: str
    user_id: str
    profile_id: int
    platform: str
    channel_id: int | None
    conversation_count: int
    last_message_at: datetime
    first_message_at: datetime | None = None
    status: SessionStatus = SessionStatus.ACTIVE
    close_reason: str | None = None
    row_id: int | None = None
    part: int = 1
    messages: list[Message] = field(default_factory=list)
    arrivals: list[tuple[Message, ClaimedEvent]] = field(default_factory=list)

    def begins_after(self, moment: datetime, silence: timedelta) -> bool:
        """Tell whether a longer silence lies between a moment and the first message."""
        return self.first_message_at is not None and self.first_message_at - moment > silence

    def distance(self, moment: datetime) -> timedelta:
        """Return how far a moment is from the time between first and last message."""
        first = self.first_message_at or self.last_message_at
        return max(first - moment, moment - self.last_message_at, timedelta(0))

    def reach(self, moment: datetime) -> None:
        """Take note of a message's time."""
        self.first_message_at = min(self.first_message_at or moment, moment)
        self.last_message_at = max(self.last_message_at, moment)

    def close_as_idle(self) -> None:
        """End a session that fell silent."""
        self.status, self.close_reason = SessionStatus.COMPLETED, "idle"


def new_session(event: ClaimedEvent, profile_id: int) -> ChannelSession:
    """Return a session that begins with an event's message, which is not yet in it."""
    message = event.carried
    return ChannelSession(
        session_id=new_session_id(),
        user_id=message.sender.user_id,
        profile_id=profile_id,
        platform=message.platform.value,
        channel_id=event.channel_id,
        conversation_count=0,
        last_message_at=message.sent_at,
    )


def sessions_open(uow: UnitOfWork, profile_ids: list[int]) -> dict[Place, ChannelSession]:
    """Return each person's latest active session on each platform, with its transcript."""
    key = {"workspace_id": uow.workspace_id, "profile_ids": profile_ids}
    rows = uow.run(statements.OPEN_SESSIONS_OF_PEOPLE, key).mappings()
    found = {(row["profile_id"], row["platform"]): ChannelSession(**row) for row in rows}
    _read_transcripts(uow, list(found.values()))
    return found


def sessions_closed_around(
    uow: UnitOfWork, profile_ids: list[int], *, since: datetime, until: datetime
) -> list[ChannelSession]:
    """Return people's sessions of a time that fell silent, with their transcripts."""
    key = {
        "workspace_id": uow.workspace_id,
        "profile_ids": profile_ids,
        "since": since,
        "until": until,
    }
    rows = uow.run(statements.IDLE_SESSIONS_OF_PEOPLE, key).mappings()
    found = [ChannelSession(**row, status=SessionStatus.COMPLETED) for row in rows]
    _read_transcripts(uow, found)
    return found


def _read_transcripts(uow: UnitOfWork, sessions: Sequence[ChannelSession]) -> None:
    by_id = {session.session_id: session for session in sessions}
    if by_id:
        params = {"workspace_id": uow.workspace_id, "session_ids": sorted(by_id)}
        for row in uow.run(statements.LAST_CONVERSATIONS, params).mappings():
            session = by_id[row["session_id"]]
            session.row_id, session.part = row["id"], row["part"]
            session.messages = row["messages"]
            session.first_message_at = row["first_message_at"]
