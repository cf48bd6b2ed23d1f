"""Versions of what was learned of a workspace's own labels: asked for, learned, put to use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from talkhub import clock
from talkhub.analysis.own.taught import OwnLabel, Taught
from talkhub.analysis.own.teaching import FEWEST_PHRASES, Phrase, Report, teach
from talkhub.analysis.personal import masked
from talkhub.errors import Conflict, NotFound
from talkhub.label_names import OwnKind
from talkhub.names import Job
from talkhub.services.auth import audit
from talkhub.services.labels import intents_in
from talkhub.services.own_labels import OwnLabelLine, list_labels
from talkhub.store.statements import own_models as statements
from talkhub.store.statements.locks import LOCK
from talkhub.store.uow import UnitOfWork

MOST_EXAMPLES = 300
"""So many messages that people corrected are learned from, the latest."""

SHOWN = 20
_LARGEST_VERSION = 2**31 - 1


@dataclass(frozen=True, slots=True)
class OwnModelLine:
    """A version; `report` says how well its labels are told apart, or why there is none."""

    version: int
    state: str
    is_active: bool
    author: str
    created_at: datetime
    trained_at: datetime | None
    report: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Lesson:
    """What is to be learned: labels, and the texts that mean them."""

    labels: tuple[OwnLabel, ...]
    phrases: tuple[Phrase, ...]


def list_models(uow: UnitOfWork) -> tuple[OwnModelLine, ...]:
    """Return the workspace's latest versions, the latest first."""
    key = {"workspace_id": uow.workspace_id, "limit": SHOWN}
    return tuple(OwnModelLine(**row) for row in uow.run(statements.MODELS, key).mappings())


def ask_for_model(uow: UnitOfWork) -> int:
    """Have the labels as they stand learned in the background; return the version.

    While one waits, it is that one. Raises Conflict if there is nothing to learn.
    """
    key = {"workspace_id": uow.workspace_id}
    _lock(uow)
    waiting: int | None = uow.run(statements.PENDING_MODELS, key).scalar()
    if waiting is not None:
        return waiting
    if not read_lesson(uow).labels:
        raise Conflict(f"Nothing to learn: no label has {FEWEST_PHRASES} phrases.")
    version: int = uow.run(
        statements.ASK_FOR_MODEL, {**key, "author": uow.scope.actor}
    ).scalar_one()
    audit(uow, action="own_model.asked_for", subject=str(version), address=None)
    uow.ring(Job.TEACH_OWN_MODELS)
    return version


def use_model(uow: UnitOfWork, version: int | None) -> None:
    """Put a version to use instead of the one that is; None puts none. Raises NotFound."""
    key = {"workspace_id": uow.workspace_id}
    _lock(uow)
    uow.run(statements.DEACTIVATE_MODELS, key)
    if version is not None:
        found = (
            0 < version <= _LARGEST_VERSION
            and uow.run(statements.ACTIVATE_MODEL, {**key, "version": version}).first()
        )
        if not found:
            raise NotFound("There is no such version, or it was not learned.")
    audit(uow, action="own_model.used", subject=str(version or "none"), address=None)


def read_lesson(uow: UnitOfWork) -> Lesson:
    """Return what is to be learned: labels with enough phrases, and the messages people corrected.

    A message that is corrected to none of the labels is learned as meaning none of them.
    """
    key = {"workspace_id": uow.workspace_id, "limit": MOST_EXAMPLES}
    corrected = [
        (intents_in(value), masked(content))
        for value, content in uow.run(statements.CORRECTED_MESSAGES, key)
    ]
    texts = _texts(list_labels(uow), corrected)
    known = {label: said for label, said in texts.items() if len(said) >= FEWEST_PHRASES}
    phrases = [Phrase(text, place) for place, said in enumerate(known.values()) for text in said]
    taken = {phrase.text for phrase in phrases}
    phrases += [Phrase(text, None) for _intents, text in corrected if text not in taken]
    return Lesson(tuple(known), tuple(phrases))


def learn(lesson: Lesson) -> tuple[bytes, dict[str, Any]]:
    """Return what is learned, as it is stored, and the report on it. Pure, and takes seconds."""
    taught, report = teach(lesson.labels, lesson.phrases)
    return taught.packed(), as_document(report)


def as_document(report: Report) -> dict[str, Any]:
    """Return a report as it is stored and answered."""
    return {
        **asdict(report),
        "confusable": [
            {"labels": [first, second], "phrases": count}
            for first, second, count in report.confusable
        ],
        "labels": [
            {
                **asdict(it),
                "taken_for": [{"phrase": text, "label": label} for text, label in it.taken_for],
            }
            for it in report.labels
        ],
    }


def store_model(uow: UnitOfWork, model_id: int, arrays: bytes, report: Mapping[str, Any]) -> bool:
    """Store what was learned and put it to use; False if somebody else did meanwhile."""
    key = {"workspace_id": uow.workspace_id, "id": model_id}
    _lock(uow)
    if uow.run(statements.LOCK_PENDING_MODEL, key).first() is None:
        return False
    uow.run(statements.DEACTIVATE_MODELS, {"workspace_id": uow.workspace_id})
    now = clock.now()
    params = {**key, "arrays": arrays, "report": uow.json(report), "now": now}
    uow.run(statements.STORE_MODEL, params)
    return True


def fail_model(uow: UnitOfWork, model_id: int, reason: str) -> None:
    """Give a version up; the one in use stays so."""
    report = uow.json({"trouble": reason})
    params = {"workspace_id": uow.workspace_id, "id": model_id, "report": report}
    uow.run(statements.FAIL_MODEL, {**params, "now": clock.now()})


def _lock(uow: UnitOfWork) -> None:
    # Which version is asked for, learned or in use is decided by one at a time.
    uow.run(LOCK, {"key": f"own-model:{uow.workspace_id}"})


def read_model(uow: UnitOfWork, model_id: int) -> Taught | None:
    """Return a version of the workspace's, None if it is gone or cannot be used here."""
    key = {"workspace_id": uow.workspace_id, "id": model_id}
    row = uow.run(statements.ARRAYS, key).first()
    if row is None or row.arrays is None:
        return None
    taught = Taught.unpacked(bytes(row.arrays), version=row.version)
    return taught if taught.is_usable else None


def _texts(
    labels: Sequence[OwnLabelLine], corrected: Sequence[tuple[Sequence[str], str]]
) -> dict[OwnLabel, list[str]]:
    """Return the texts that mean each label: its phrases, and messages corrected to it."""
    texts = {OwnLabel(it.name, OwnKind(it.kind)): list(it.phrases) for it in labels}
    for label, said in texts.items():
        if label.kind is OwnKind.INTENT:
            said += [text for intents, text in corrected if intents[0] == label.name]
        texts[label] = list(dict.fromkeys(said))
    return texts
