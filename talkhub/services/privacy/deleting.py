"""Delete one conversation: nothing of what was said is left, and figures count it as before.

It is emptied as those of erased people are (docs/decisions/0031); its person stays.
"""

from __future__ import annotations

from datetime import timedelta

from talkhub import clock
from talkhub.errors import NotFound
from talkhub.names import Job
from talkhub.services.audit import audit
from talkhub.services.fitting import without_nul
from talkhub.services.people.learning import settle_facts
from talkhub.services.people.tombstones import Tombstones
from talkhub.services.privacy.erasing import (
    REPLAYED_FOR,
    Subject,
    empty_conversations,
    erase_events,
    lock_subject,
    message_names,
    refuse_if_held,
)
from talkhub.store.statements import deleting, erasing
from talkhub.store.uow import UnitOfWork

_QUEUED_WITHIN = timedelta(minutes=1)
"""An answer is queued a moment before the transcript has it."""


def delete_conversation(uow: UnitOfWork, conversation_id: str, tombstones: Tombstones) -> str:
    """Delete what a conversation says and all that was made of it; return its row's new name.

    Its notes, analysis, corrections, facts and events go with it, and tombstones keep out what
    a provider repeats. Raises NotFound for one that there is not, or not any more, and Conflict
    where a duty keeps its person's data.
    """
    said_id = without_nul(conversation_id)
    sought = {"workspace_id": uow.workspace_id, "conversation_id": said_id}
    found = uow.run(deleting.CONVERSATION_TO_DELETE, sought).mappings().first()
    if found is None:
        raise NotFound("There is no such conversation.")
    refuse_if_held(uow, lock_subject(uow, found["user_id"]))
    found = uow.run(deleting.LOCK_CONVERSATION_TO_DELETE, sought).mappings().first()
    if found is None:  # somebody deleted it, or erased its person, meanwhile
        raise NotFound("There is no such conversation.")
    erased_at = clock.now()
    key = {
        **sought,
        "id": found["id"],
        "profile_id": found["profile_id"],
        "conversation_ids": [found["id"]],
        "profile_ids": [],
    }
    messages = uow.run(erasing.ERASE_INDEX_OF_CONVERSATIONS, key).mappings().all()
    names = message_names(messages, since=erased_at - REPLAYED_FOR)
    uow.run(deleting.FORGET_SAYINGS, key)
    uow.run(deleting.FORGET_CONVERSATIONS, key)
    empty_conversations(uow, [found["id"]], erased_at)  # while the analyses are there
    uow.run(erasing.ERASE_FINDINGS, key)
    settle_facts(uow, [found["profile_id"]])
    erase_events(uow, Subject((), (), frozenset()), messages)
    sent = {
        **key,
        "profile_ids": [found["profile_id"]],
        "since": found["started_at"] - _QUEUED_WITHIN,
        "until": found["last_message_at"] + _QUEUED_WITHIN,
    }
    uow.run(erasing.ERASE_OUTBOX_BETWEEN, sent)
    tombstones.put(uow, names, erased_at=erased_at)
    uow.touch(found["session_id"])
    uow.show(found["session_id"], None)
    uow.ring(Job.DRAIN_STATS)
    left: str = uow.run(deleting.NAME_AFTERWARDS, key).scalar_one()
    audit(uow, action="conversation.deleted", subject=left, address=None)
    return left
