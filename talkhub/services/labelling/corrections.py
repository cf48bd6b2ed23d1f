"""Correct what the analysis found: a person's word stands beside the prediction, and wins."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from talkhub import clock
from talkhub.errors import Conflict, Invalid, NotFound
from talkhub.names import Intent, Job, MessageRole, Outcome, Resolution, Sentiment
from talkhub.names.labels import Correctable, ReviewKind
from talkhub.services.audit import audit
from talkhub.services.labelling.own_labels import own_intents
from talkhub.services.labelling.own_models import learn_from_corrections
from talkhub.services.talking.labels import OF_COURSE, SEPARATOR, Labels, labels, prediction_of
from talkhub.store.base import LARGEST_ID
from talkhub.store.statements import corrections as statements
from talkhub.store.statements.insights import LOCK_PEOPLE
from talkhub.store.uow import UnitOfWork

INTENTS = tuple(intent for intent in Intent if intent is not Intent.UNKNOWN)
MOST_INTENTS = 3
"""So many things one message may want."""

MOST_CORRECTIONS = 500
"""Of one conversation, undone ones among them."""

OF_CONVERSATIONS: Mapping[Correctable, Collection[str]] = {
    Correctable.INTENT: INTENTS,
    Correctable.SENTIMENT: tuple(Sentiment),
    Correctable.OUTCOME: tuple(Outcome),
    Correctable.RESOLUTION: tuple(Resolution),
}
"""What may be said of a conversation, by field."""

_OF_MESSAGES: Mapping[Correctable, Collection[str]] = {
    Correctable.INTENTS: INTENTS,
    Correctable.SENTIMENT: tuple(Sentiment),
}


@dataclass(frozen=True, slots=True)
class Correction:
    """What somebody said of a conversation, or of the message that is named.

    `previous` is what counted before: None where nothing was found. Of those of a field
    that are not undone the last one counts.
    """

    id: int
    message_id: str | None
    field: str
    value: str
    previous: str | None
    author: str
    created_at: datetime
    undone_at: datetime | None
    undone_by: str | None


def intents_to_choose(uow: UnitOfWork) -> tuple[str, ...]:
    """Return what a correction may call an intent: ours and the workspace's own."""
    return (*INTENTS, *own_intents(uow))


def list_corrections(uow: UnitOfWork, conversation_id: str) -> tuple[Correction, ...]:
    """Return what was corrected of a conversation, the latest first, with what was undone."""
    key = {"workspace_id": uow.workspace_id, "conversation_id": conversation_id}
    return tuple(Correction(**row) for row in uow.run(statements.CORRECTIONS, key).mappings())


def standing(corrections: Iterable[Correction]) -> dict[str | None, dict[str, str]]:
    """Return what counts of the corrections, by message and field; None is the conversation."""
    said: dict[str | None, dict[str, str]] = {}
    for it in corrections:
        if it.undone_at is None:
            said.setdefault(it.message_id, {}).setdefault(it.field, it.value)
    return said


def correct(
    uow: UnitOfWork,
    conversation_id: str,
    said: Mapping[str, str | Sequence[str]],
    *,
    message_id: str | None = None,
    only_changes: bool = False,
    review: ReviewKind | None = None,
) -> None:
    """Store what a person says of a conversation, or of one of its messages, field by field.

    What was said already is not stored again, and with `only_changes` nor is what counts
    anyway, without anybody having said so. `review` says what was asked, if anything was.
    Raises NotFound, and Invalid for a label that there is not or a message that is not the
    person's.
    """
    choice = _OF_MESSAGES if message_id is not None else OF_CONVERSATIONS
    values = _checked(said, {**choice, **_with_own(uow, choice)})
    row = _lock(uow, conversation_id)
    stored = list_corrections(uow, conversation_id)
    counted = standing(stored).get(message_id, {})
    if message_id is not None:
        found = _found_of_message(row, message_id)
    else:
        found = _found_of_conversation(row)
    known = {**found, **counted} if only_changes else counted
    new = {field: value for field, value in values.items() if known.get(field) != value}
    if len(stored) + len(new) > MOST_CORRECTIONS:
        raise Conflict(f"A conversation has at most {MOST_CORRECTIONS} corrections.")
    for field, value in new.items():
        params = {
            "workspace_id": uow.workspace_id,
            "id": row["id"],
            "message_id": message_id,
            "field": field,
            "value": value,
            "previous": counted.get(field) or found.get(field),
            "author": uow.scope.actor,
            "review": review,
            "now": clock.now(),
        }
        uow.run(statements.ADD_CORRECTION, params)
    if new:
        _has_changed(uow, conversation_id, row, "analysis.corrected")
        learn_from_corrections(uow)


def undo(uow: UnitOfWork, conversation_id: str, correction_id: int) -> None:
    """Take a correction back: what counted before it counts again. Raises NotFound."""
    row = _lock(uow, conversation_id)
    params = {
        "workspace_id": uow.workspace_id,
        "id": row["id"],
        "correction_id": correction_id,
        "author": uow.scope.actor,
        "now": clock.now(),
    }
    is_id = 0 < correction_id <= LARGEST_ID
    if not is_id or uow.run(statements.UNDO_CORRECTION, params).first() is None:
        raise NotFound("There is no such correction, or it was undone.")
    _has_changed(uow, conversation_id, row, "analysis.correction_undone")


def _with_own(
    uow: UnitOfWork, known: Mapping[Correctable, Collection[str]]
) -> dict[Correctable, Collection[str]]:
    """Return what is known of intents with those of the workspace's own."""
    intents = intents_to_choose(uow)
    return {field: intents for field, values in known.items() if values is INTENTS}


def _checked(
    said: Mapping[str, str | Sequence[str]], known: Mapping[Correctable, Collection[str]]
) -> dict[str, str]:
    values: dict[str, str] = {}
    for field, given in said.items():
        if field not in known:
            detail = f"What can be corrected here: {', '.join(known)}."
            raise Invalid.at(field, detail=detail, code="not_correctable")
        named = [given] if isinstance(given, str) else list(dict.fromkeys(given))
        is_one_too_many = len(named) > (MOST_INTENTS if field == Correctable.INTENTS else 1)
        if not named or is_one_too_many or not set(named) <= set(known[Correctable(field)]):
            choice = ", ".join(known[Correctable(field)])
            raise Invalid.at(field, detail=f"Choose from: {choice}.", code="label_unknown")
        values[field] = SEPARATOR.join(named)
    if not values:
        raise Invalid("Say what is to be corrected.")
    return values


def _lock(uow: UnitOfWork, conversation_id: str) -> Mapping[str, Any]:
    """Return a conversation with its analysis, which nobody changes meanwhile."""
    key: dict[str, Any] = {"workspace_id": uow.workspace_id, "conversation_id": conversation_id}
    row_id = uow.run(statements.FIND_CONVERSATION, key).scalar()
    if row_id is None:
        raise NotFound("There is no such conversation.")
    # As the analysis' drain does: it stores nothing between our reading and our writing.
    uow.run(LOCK_PEOPLE, {"workspace_id": uow.workspace_id, "ids": [row_id]})
    key = {"workspace_id": uow.workspace_id, "id": row_id}
    return dict(uow.run(statements.LOCK_CONVERSATION, key).mappings().one())


def _found_of_conversation(row: Mapping[str, Any]) -> dict[str, str | None]:
    course = (row["result"] or {}).get("course") or {}
    return {
        Correctable.INTENT: row["primary_intent"],
        Correctable.SENTIMENT: row["sentiment"],
        **{field: course[field]["label"] for field in OF_COURSE if field in course},
    }


def _found_of_message(row: Mapping[str, Any], message_id: str) -> dict[str, str | None]:
    """Return what was found in a message. Raises Invalid if it is not the person's."""
    theirs = (it for it in row["messages"] if it.get("role") == MessageRole.USER)
    if all(it.get("id") != message_id for it in theirs):
        detail = "The person wrote no such message in this conversation."
        raise Invalid.at("message_id", detail=detail, code="message_unknown")
    analysed = (row["result"] or {}).get("messages", ())
    for found in analysed:
        if found["message_id"] == message_id:
            named = [intent for intent, _confidence in found["intents"]]
            return {
                Correctable.SENTIMENT: found["sentiment"],
                Correctable.INTENTS: SEPARATOR.join(named) or None,
            }
    return {}


def _has_changed(
    uow: UnitOfWork, conversation_id: str, row: Mapping[str, Any], action: str
) -> None:
    """Let what counts now stand where reports read it, and have them counted again."""
    said = standing(list_corrections(uow, conversation_id)).get(None, {})
    now = labels(_found(row), said)
    uow.run(
        statements.SET_LABELS,
        {
            "workspace_id": uow.workspace_id,
            "id": row["id"],
            "intent": now.intent,
            "sentiment": now.sentiment,
            "score": now.score,
            "analysis": uow.json(now.analysis),
            "now": clock.now(),
        },
    )
    audit(uow, action=action, subject=conversation_id, address=None)
    uow.touch(row["session_id"])
    uow.ring(Job.DRAIN_STATS)


def _found(row: Mapping[str, Any]) -> Labels:
    """Return what the analysis found in a conversation, before anybody corrected it."""
    prediction = prediction_of(row["intent_analysis"])
    result = row["result"]
    if result is None:
        return Labels(None, None, None, prediction)
    # Before version 4 nothing was said of the course, and the mood was that of the whole.
    course = result.get("course")
    sentiment = course["sentiment"]["label"] if course else result["sentiment"]
    score = course["score"] if course else result["score"]
    return Labels(result["intent"], sentiment, score, prediction)
