"""Record what people ask for under the law, take it up, and answer it.

A copy and an erasure close what asked for them, each with its receipt. Of an erased person a
request stays as proof, with nothing that tells whose it was.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from talkhub import clock
from talkhub.errors import Conflict, Invalid, NotFound
from talkhub.services.audit import audit
from talkhub.services.fitting import without_nul
from talkhub.services.masking import as_stored
from talkhub.services.privacy.subject_requests import (
    RequestKind,
    RequestState,
    days_to_answer,
    request_key,
)
from talkhub.store.base import LARGEST_ID
from talkhub.store.statements import subject_requests as statements
from talkhub.store.statements.consents import PROFILE_OF
from talkhub.store.uow import UnitOfWork

DONE_BY_A_COPY = (RequestKind.ACCESS, RequestKind.PORTABILITY)
DONE_BY_ERASING = (RequestKind.ERASURE,)
RECEIPT_MISSING = "receipt_missing"
_CLOCKS_DIFFER = timedelta(minutes=5)
_EARLIEST = datetime(2018, 8, 14, tzinfo=UTC)
_NOBODY = 0


@dataclass(frozen=True, slots=True)
class RequestWish:
    """What somebody asked for. `user_id` may be an id of nobody known: it is matched later.

    `asked_by` is who asked, the person or somebody for them, and `channel` how; `asked_at` is
    now if it is not said.
    """

    kind: RequestKind
    user_id: str | None = None
    asked_by: str | None = None
    channel: str | None = None
    details: str | None = None
    conversation_id: str | None = None
    asked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Closing:
    """How a request ends: done or refused, what was answered, and what was corrected for it."""

    state: RequestState
    answer: str | None = None
    correction_id: int | None = None


def record_request(uow: UnitOfWork, wish: RequestWish) -> int:
    """Record that somebody asked for something, and return the request's id. Raises Invalid."""
    asked_at = wish.asked_at or clock.now()
    if not _EARLIEST <= asked_at <= clock.now() + _CLOCKS_DIFFER:
        detail = "This time is yet to come, or before there was such a law."
        raise Invalid.at("asked_at", detail=detail, code="at_invalid")
    user_id = _text(wish.user_id)
    profile_id = None if user_id is None else _profile_id(uow, user_id)
    of = None if user_id is None else profile_id or _NOBODY
    conversation_id, owner_id = _conversation(uow, wish.conversation_id, of)
    if user_id is None and owner_id is None:
        raise Invalid.at("user_id", detail="Say whom it is about.", code="user_id_missing")
    params = {
        "workspace_id": uow.workspace_id,
        "kind": wish.kind.value,
        "profile_id": profile_id if user_id is not None else owner_id,
        "identifier": user_id if profile_id is None else None,
        "asked_by": as_stored(uow, _text(wish.asked_by)),
        "channel": _text(wish.channel),
        "details": as_stored(uow, _text(wish.details)),
        "conversation_id": conversation_id,
        "asked_at": asked_at,
        "due_at": asked_at + timedelta(days=days_to_answer(uow)[wish.kind]),
        "actor": uow.scope.actor,
    }
    request_id: int = uow.run(statements.ADD_REQUEST, params).scalar_one()
    _write_down(uow, "recorded", request_id, {"kind": wish.kind.value})
    return request_id


def take_request(uow: UnitOfWork, request_id: int) -> None:
    """Say that the unit of work's actor sees to a request. Raises NotFound and Conflict."""
    _lock(uow, request_id)
    key = request_key(uow, request_id)
    uow.run(statements.TAKE_REQUEST, {**key, "actor": uow.scope.actor})
    _write_down(uow, "taken", request_id)


def match_request(uow: UnitOfWork, request_id: int, user_id: str) -> None:
    """Say which person an open request is about; the identifier that was told is forgotten.

    Raises NotFound and Conflict, and Invalid for an id that nobody has.
    """
    _lock(uow, request_id)
    key = request_key(uow, request_id)
    profile_id = _profile_id(uow, without_nul(user_id).strip())
    if profile_id is None:
        raise Invalid.at("user_id", detail="There is no such person.", code="user_id_unknown")
    uow.run(statements.MATCH_REQUEST, {**key, "profile_id": profile_id})
    _write_down(uow, "matched", request_id, {"profile_id": profile_id})


def close_request(uow: UnitOfWork, request_id: int, closing: Closing) -> None:
    """End a request with its answer. Of a known person nothing but erasing them is an erasure.

    Only a review that led to a correction of its conversation needs no answer: that says it.
    Raises NotFound, Conflict for one that is closed, and Invalid.
    """
    if closing.state not in {RequestState.DONE, RequestState.REFUSED}:
        detail = "A request ends as done or refused."
        raise Invalid.at("state", detail=detail, code="state_invalid")
    asked = _lock(uow, request_id)
    key = request_key(uow, request_id)
    answer = as_stored(uow, _text(closing.answer))
    if closing.correction_id is not None:
        _check_correction(uow, key, closing)
    elif answer is None:
        raise Invalid.at("answer", detail="Say what was answered.", code="answer_missing")
    if closing.state is RequestState.DONE:
        _check_receipt(uow, asked)
    params = {
        **key,
        "state": closing.state.value,
        "answer": answer,
        "correction_id": closing.correction_id,
        "actor": uow.scope.actor,
        "now": clock.now(),
    }
    uow.run(statements.CLOSE_REQUEST, params)
    corrected = {"correction_id": closing.correction_id} if closing.correction_id else {}
    _write_down(uow, closing.state.value, request_id, corrected)


def close_by_receipt(
    uow: UnitOfWork, profile_ids: Collection[int], kinds: Collection[RequestKind], receipt: str
) -> None:
    """End a person's open requests of the kinds that a copy or an erasure answers."""
    params = {
        "workspace_id": uow.workspace_id,
        "profile_ids": list(profile_ids),
        "kinds": [kind.value for kind in kinds],
        "receipt": receipt,
        "actor": uow.scope.actor,
        "now": clock.now(),
    }
    for request_id, kind in uow.run(statements.CLOSE_WITH_RECEIPT, params).all():
        _write_down(uow, "done", request_id, {"kind": kind, "receipt": receipt})


def forget_who_asked(
    uow: UnitOfWork, profile_ids: Collection[int], names: Collection[str], receipt: str
) -> None:
    """Leave of an erased person's requests what proves them and names nobody."""
    close_by_receipt(uow, profile_ids, DONE_BY_ERASING, receipt)
    params = {
        "workspace_id": uow.workspace_id,
        "profile_ids": list(profile_ids),
        "names": list(names),
        "receipt": receipt,
    }
    uow.run(statements.ANONYMISE_REQUESTS, params)


def _lock(uow: UnitOfWork, request_id: int) -> Mapping[Any, Any]:
    """Return what an open request asks, and of whom; nobody else changes it meanwhile."""
    key = request_key(uow, request_id)
    found = uow.run(statements.LOCK_REQUEST, key).mappings().first()
    if found is None:
        raise NotFound("There is no such request.")
    if found["closed_at"] is not None:
        raise Conflict("This request is closed.")
    return found


def _check_receipt(uow: UnitOfWork, asked: Mapping[Any, Any]) -> None:
    """Raise Invalid for an erasure that is said to be done while its person is there.

    Also where nobody said whose the request is, and somebody has the id that it names.
    """
    if asked["kind"] not in DONE_BY_ERASING or asked["receipt"] is not None:
        return
    identifier = asked["identifier"]
    is_there = asked["profile_id"] is not None or (
        identifier is not None and _profile_id(uow, identifier) is not None
    )
    if is_there:
        detail = "This person was not erased: erase them, which closes the request, or refuse it."
        raise Invalid.at("state", detail=detail, code=RECEIPT_MISSING)


def _text(given: str | None) -> str | None:
    return without_nul(given).strip() or None if given is not None else None


def _profile_id(uow: UnitOfWork, user_id: str) -> int | None:
    found = uow.run(PROFILE_OF, {"workspace_id": uow.workspace_id, "user_id": user_id}).scalar()
    return None if found is None else int(found)


def _conversation(
    uow: UnitOfWork, conversation_id: str | None, profile_id: int | None
) -> tuple[int | None, int | None]:
    """Return the row of the conversation that is meant, and whose it is."""
    if conversation_id is None:
        return None, None
    params = {
        "workspace_id": uow.workspace_id,
        "conversation_id": without_nul(conversation_id),
        "profile_id": profile_id,
    }
    found = uow.run(statements.CONVERSATION_OF, params).first()
    if found is None:
        detail = "This person has no such conversation."
        raise Invalid.at("conversation_id", detail=detail, code="conversation_unknown")
    return found[0], found[1]


def _check_correction(uow: UnitOfWork, key: Mapping[str, Any], closing: Closing) -> None:
    meant = closing.correction_id or 0
    is_id = 0 < meant <= LARGEST_ID
    params = {**key, "correction_id": meant}
    if not is_id or uow.run(statements.CORRECTION_OF_REQUEST, params).first() is None:
        detail = "The request's conversation has no such correction, or it was undone."
        raise Invalid.at("correction_id", detail=detail, code="correction_unknown")


def _write_down(
    uow: UnitOfWork, what: str, request_id: int, detail: Mapping[str, object] | None = None
) -> None:
    action = f"subject_request.{what}"
    audit(uow, action=action, subject=str(request_id), address=None, detail=detail)
