"""What a workspace gives its automatic replies to be found in: texts, cut into passages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import TypeAlias

from talkhub.analysis.meaning import has_encoder
from talkhub.errors import Conflict, Invalid, NotFound
from talkhub.replies.finding import Library
from talkhub.replies.passages import BadSource, Passage, SourceFormat, passages_of
from talkhub.services.audit import audit
from talkhub.services.fitting import without_nul
from talkhub.services.sending.templates import VARIABLES, fill
from talkhub.store.base import LARGEST_ID
from talkhub.store.statements import replies as statements
from talkhub.store.statements.locks import LOCK
from talkhub.store.uow import UnitOfWork

LONGEST_SOURCE = 400_000
LONGEST_NAME = 120
MOST_PASSAGES = 1_000
"""Of a workspace; each takes about a millisecond to be made ready, once in a process."""

_MOST_REMEMBERED = 16
_Version: TypeAlias = tuple[int, int, bool]
_remembered: dict[int, tuple[_Version, Library]] = {}
_one_by_one = Lock()


@dataclass(frozen=True, slots=True)
class Source:
    """A text that was imported, and how many passages it is."""

    id: int
    name: str
    format: str
    passages: int
    created_by: str
    created_at: datetime


def list_sources(uow: UnitOfWork) -> list[Source]:
    """Return the workspace's sources by their names."""
    rows = uow.run(statements.REPLY_SOURCES, {"workspace_id": uow.workspace_id}).mappings()
    return [Source(**row) for row in rows]


def import_source(uow: UnitOfWork, name: str, text: str, written_as: SourceFormat) -> Source:
    """Keep a text to answer from, in the place of one of the same name. Raises Invalid, Conflict.

    An answer may hold variables as templates do; those that stand for nothing known are refused.
    """
    named = " ".join(without_nul(name).split())
    if not 0 < len(named) <= LONGEST_NAME:
        detail = f"A source has a name of 1 to {LONGEST_NAME} characters."
        raise Invalid.at("name", detail=detail, code="name_invalid")
    passages = _passages(text, written_as)
    key = {"workspace_id": uow.workspace_id}
    uow.run(LOCK, {"key": f"reply_sources:{uow.workspace_id}"})
    uow.run(statements.DELETE_SOURCE, {**key, "id": None, "name": named})
    already = uow.run(statements.COUNT_PASSAGES, key).scalar_one()
    if already + len(passages) > MOST_PASSAGES:
        detail = f"A workspace has at most {MOST_PASSAGES} passages; this makes"
        raise Conflict(f"{detail} {already + len(passages)}.")
    wanted = {"name": named, "format": written_as.value, "actor": uow.scope.actor}
    source_id = uow.run(statements.ADD_SOURCE, {**key, **wanted}).scalar_one()
    texts = {
        "questions": [it.question for it in passages],
        "answers": [it.answer for it in passages],
    }
    uow.run(statements.ADD_PASSAGES, {**key, "source_id": source_id, **texts})
    audit(uow, action="reply_source.imported", subject=named, address=None)
    return next(it for it in list_sources(uow) if it.id == source_id)


def delete_source(uow: UnitOfWork, source_id: int) -> None:
    """Answer from a text no more. Raises NotFound."""
    key = {"workspace_id": uow.workspace_id, "id": source_id, "name": None}
    gone = uow.run(statements.DELETE_SOURCE, key).scalar() if 0 < source_id <= LARGEST_ID else None
    if gone is None:
        raise NotFound("There is no such source.")
    audit(uow, action="reply_source.deleted", subject=gone, address=None)


def library_of(uow: UnitOfWork) -> Library:
    """Return all that the workspace answers from, made ready once in a process and version."""
    key = {"workspace_id": uow.workspace_id}
    newest, count = uow.run(statements.PASSAGES_VERSION, key).one()
    version = (newest, count, has_encoder())
    with _one_by_one:
        known = _remembered.pop(uow.workspace_id, None)
        if known is None or known[0] != version:
            rows = uow.run(statements.PASSAGES, key).mappings()
            known = version, Library([Passage(**row) for row in rows])
            if len(_remembered) >= _MOST_REMEMBERED:
                del _remembered[next(iter(_remembered))]  # the one that was used longest ago
        _remembered[uow.workspace_id] = known
    return known[1]


def _passages(text: str, written_as: SourceFormat) -> list[Passage]:
    if len(text) > LONGEST_SOURCE:
        detail = f"A source has at most {LONGEST_SOURCE} characters."
        raise Invalid.at("text", detail=detail, code="too_long")
    try:
        found = passages_of(without_nul(text), written_as)
    except BadSource as fault:
        raise Invalid.at("text", detail=str(fault), code="source_invalid") from fault
    # With something for each variable: only what there is not, or is a flow builder's, is refused.
    known = dict.fromkeys(VARIABLES, "")
    for passage in found:
        fill(passage.answer, known, at=("text",))
    return found
