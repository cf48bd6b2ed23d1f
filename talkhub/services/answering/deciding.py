"""Decides about one message, and does it: sends an answer, lays it before agents, hands off."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import time
from typing import Any

from talkhub import clock
from talkhub.errors import Invalid, NotFound, OptedOut, Unreachable, WindowClosed
from talkhub.names import ConversationStatus, MessageRole
from talkhub.replies.deciding import (
    Decision,
    Reason,
    ReplyMode,
    ReplyState,
    Situation,
    Wording,
    decide,
)
from talkhub.replies.finding import Found, Library
from talkhub.replies.passages import pieces_of
from talkhub.replies.reading import read_asked
from talkhub.services.answering import drafts
from talkhub.services.answering.asking_again import can_send, held_since
from talkhub.services.answering.queueing import FRESH, DueReply
from talkhub.services.answering.reply_settings import ReplySettings, settings_of, threshold_of
from talkhub.services.answering.sources import library_of
from talkhub.services.audit import audit
from talkhub.services.sending.messages import Wanted, queue_message
from talkhub.services.sending.reaching import Chat
from talkhub.store.statements import replies as statements
from talkhub.store.statements.locks import LOCK
from talkhub.store.uow import UnitOfWork

MAX_ATTEMPTS = 3
LONGEST_ASKED = 4_096
"""As much as a channel takes in one message."""

_NOT_SENT = (Unreachable, WindowClosed, OptedOut, NotFound, Invalid)


@dataclass(frozen=True, slots=True)
class _Talk:
    """The conversation that a message stands in, and what is known of its person."""

    message_id: str
    writing: str | None
    draft: Mapping[str, Any] | None
    is_kept_from_models: bool
    conversation_id: int
    name: str
    session_id: str
    user_id: str
    profile_id: int
    channel_id: int | None
    messages: Sequence[Mapping[str, Any]]
    status: str
    last_message_at: Any
    is_erased: bool
    has_refused: bool
    is_with_person: bool
    said: Sequence[str]
    written_from: Sequence[str]
    answered_ids: Sequence[str]
    local_time: time

    def asked(self) -> list[str]:
        """Return what the person wrote since they were last answered; of very much the newest."""
        texts: list[str] = []
        room = LONGEST_ASKED
        for message in reversed(self.messages):
            if message.get("role") != MessageRole.USER or message.get("id") in self.answered_ids:
                break
            if isinstance(content := message.get("content"), str) and content.strip():
                texts.append(content[:room])
                room -= len(texts[-1])
            if not room:
                break
        return texts[::-1]

    @property
    def is_current(self) -> bool:
        """Whether the message is still the last word of an open talk, and fresh."""
        last = self.messages[-1] if self.messages else {}
        return (
            self.status == ConversationStatus.OPEN
            and last.get("id") == self.message_id
            and clock.now() - self.last_message_at < FRESH
        )

    @property
    def chat(self) -> Chat:
        """The very chat that the message came from: no other id of the person's will do."""
        return Chat(self.user_id, self.channel_id, is_pinned=True)


def answer_due(
    uow: UnitOfWork, due: DueReply, attempt: int, *, has_model: bool = False
) -> ReplyState | None:
    """Decide about a claimed message and do it; None if somebody else did meanwhile.

    It is PENDING still where a model is to word the answer first, if there is one.
    """
    place = uow.run(statements.PLACE_OF_REPLY, due.key).first()
    if place is None:
        return None
    # An agent's answer is queued under this lock too: whoever is second sees the first.
    uow.run(LOCK, {"key": f"messages:{uow.workspace_id}:{place.channel_id}:{place.profile_id}"})
    row = uow.run(statements.SITUATION, {**due.key, **held_since()}).mappings().first()
    if row is None:
        return None
    talk, settings = _Talk(**row), settings_of(uow)
    threshold = threshold_of(uow, settings)
    if attempt > MAX_ATTEMPTS:  # it ended its workers before they could say why
        decided = Decision(ReplyState.DROPPED, Reason.FAILED)
    else:
        decided = _decision(uow, talk, settings, threshold)
    if settings.wording is not Wording.QUOTE and drafts.can_be_written(decided):
        library = library_of(uow)
        if talk.writing is not None:
            draft = talk.draft if talk.writing == drafts.Writing.DONE else None
            decided = drafts.as_written(decided, draft, settings, library)
        elif has_model and not talk.is_kept_from_models:
            drafts.hand_to_model(uow, due, decided, asked=talk.asked(), library=library)
            return ReplyState.PENDING
    decision, message_id = _act(uow, due, talk, decided)
    if decision.state is ReplyState.HANDED_OFF and settings.mode is ReplyMode.ANSWER:
        _say_so(uow, due, talk, settings)
    _settle(uow, due, decision, threshold=threshold, message_id=message_id)
    uow.touch(talk.session_id)
    return decision.state


def _decision(uow: UnitOfWork, talk: _Talk, settings: ReplySettings, threshold: float) -> Decision:
    asked = talk.asked()
    if talk.is_erased or not talk.is_current or not asked:
        return Decision(ReplyState.DROPPED, Reason.OUTDATED)
    situation = Situation(
        mode=settings.mode,
        threshold=threshold,
        said=tuple(talk.said),
        written_from=tuple(talk.written_from),
        is_opted_out=talk.has_refused,
        is_with_person=talk.is_with_person,
        is_quiet=settings.is_quiet(talk.local_time),
        can_send=can_send(uow, talk.chat) if settings.mode is ReplyMode.ANSWER else True,
    )
    decision = decide(read_asked(asked), _found(library_of(uow), asked), situation)
    if decision.state is ReplyState.ANSWERED and not _has_room_today(uow, settings):
        return replace(decision, state=ReplyState.SUGGESTED, reason=Reason.DAILY_CAP)
    return decision


def _has_room_today(uow: UnitOfWork, settings: ReplySettings) -> bool:
    """Tell whether the cap bears one more answer; it stays so until this transaction ends."""
    uow.run(LOCK, {"key": f"reply_cap:{uow.workspace_id}"})
    answered: int = uow.run(
        statements.ANSWERED_TODAY, {"workspace_id": uow.workspace_id}
    ).scalar_one()
    return answered < settings.daily_cap


def _found(library: Library, asked: Sequence[str]) -> Found | None:
    return library.find("\n".join(asked))


def _act(
    uow: UnitOfWork, due: DueReply, talk: _Talk, decision: Decision
) -> tuple[Decision, int | None]:
    """Send what is to be sent; what no channel takes is laid before agents instead."""
    if decision.state is not ReplyState.ANSWERED or decision.found is None:
        return decision, None
    passage, written = decision.found.passage, decision.written
    mark: dict[str, Any] = {
        "reply_id": due.id,
        "source": passage.source,
        "question": passage.question,
    }
    if written is not None:
        mark |= {"model": written.model, "cited": list(written.cited)}
    wanted = Wanted(
        user_id=talk.user_id,
        role=MessageRole.BOT,
        # What a model wrote is no template: a variable in it would be an invention too.
        text=written.answer if written else None,
        template=None if written else passage.answer,
        channel_id=talk.channel_id,
        is_pinned=True,
        attributes={"automatic": mark},
    )
    try:
        message_id: int = queue_message(uow, wanted)["id"]
    except _NOT_SENT:
        # Nothing was written: a variable that nothing is known for, or a chat that just closed.
        return replace(decision, state=ReplyState.SUGGESTED, reason=Reason.CANNOT_SEND), None
    detail = {"conversation": talk.name, "message": message_id, "source": passage.source}
    if written is not None:
        detail["model"] = written.model
    audit(uow, action="reply.answered", subject=str(due.id), address=None, detail=detail)
    return decision, message_id


def _say_so(uow: UnitOfWork, due: DueReply, talk: _Talk, settings: ReplySettings) -> None:
    """Tell the person that somebody will answer, where the workspace has words for it."""
    may_send = not settings.is_quiet(talk.local_time) and not talk.is_with_person
    if settings.handoff_text and may_send and can_send(uow, talk.chat):
        wanted = Wanted(
            user_id=talk.user_id,
            role=MessageRole.BOT,
            text=next(pieces_of(settings.handoff_text)),
            channel_id=talk.channel_id,
            is_pinned=True,
            attributes={"automatic": {"reply_id": due.id, "handoff": True}},
        )
        queue_message(uow, wanted)
    audit(uow, action="reply.handed_off", subject=str(due.id), address=None)


def _settle(
    uow: UnitOfWork,
    due: DueReply,
    decision: Decision,
    *,
    threshold: float,
    message_id: int | None,
) -> None:
    found = decision.found
    params = {
        "state": decision.state.value,
        "reason": decision.reason.value if decision.reason else None,
        "answer": decision.answer,
        "source": found.passage.source if found else None,
        "question": found.passage.question if found else None,
        "score": found.score if found else None,
        "threshold": threshold,
        "outbound_message_id": message_id,
        "model": decision.written.model if decision.written else None,
        "trouble": decision.trouble,
    }
    uow.run(statements.SETTLE_REPLY, {**due.key, **params})
