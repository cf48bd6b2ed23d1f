"""Versions of what was learned of a workspace's own labels: asked for, learned, put to use."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from talkhub import clock
from talkhub.analysis.own.amending import Corrected, Example, amend, examples_of
from talkhub.analysis.own.amendment import LABELS
from talkhub.analysis.own.taught import OwnLabel, Taught
from talkhub.analysis.own.teaching import FEWEST_PHRASES, Phrase, Report, teach
from talkhub.analysis.personal import masked
from talkhub.errors import Conflict, NotFound
from talkhub.names import Job
from talkhub.names.labels import Correctable, OwnKind
from talkhub.services.audit import audit
from talkhub.services.labelling.own_labels import list_labels
from talkhub.services.talking.labels import intents_in
from talkhub.store.statements import own_models as statements
from talkhub.store.statements.locks import LOCK
from talkhub.store.uow import UnitOfWork

MOST_EXAMPLES = 300
"""So many messages that people corrected are learned from, the latest."""

ENOUGH_CORRECTIONS = 5
"""So many since something was last learned are reason to learn again."""

AUTOMATIC = "TalkHub"
"""The author of a version that nobody asked for."""

SHOWN = 20
# Who corrects one conversation often goes on with the next: they are learned from together.
_WAIT = timedelta(seconds=20)
# Of a conversation, from its beginning or its end.
_TURNS = 5
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
    """What is to be learned: labels with the phrases that mean them, and what people corrected."""

    phrases: Mapping[OwnLabel, tuple[str, ...]]
    corrected: tuple[Corrected, ...]

    @property
    def is_empty(self) -> bool:
        """Whether there is too little of everything."""
        said = Counter(it.intents[0] for it in self.corrected if it.intents)
        said.update(it.mood for it in self.corrected if it.mood)
        for label, phrases in self.phrases.items():
            said[label.name] += len(phrases)
        return max(said.values(), default=0) < FEWEST_PHRASES


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
    if read_lesson(uow).is_empty:
        detail = f"Nothing to learn: no label has {FEWEST_PHRASES} phrases or corrections."
        raise Conflict(detail)
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


def learn_from_corrections(uow: UnitOfWork) -> None:
    """Have what people corrected learned soon, once that is much since it was last learned."""
    params = {
        "workspace_id": uow.workspace_id,
        "author": AUTOMATIC,
        "enough": ENOUGH_CORRECTIONS,
        "wait": _WAIT,
    }
    uow.run(statements.ASK_AFTER_CORRECTIONS, params)


def read_lesson(uow: UnitOfWork) -> Lesson:
    """Return what is to be learned, masked: what was written for labels, and what was corrected."""
    key = {"workspace_id": uow.workspace_id, "limit": MOST_EXAMPLES}
    of_messages = [
        Corrected(
            (masked(content),),
            intents=intents_in(said[Correctable.INTENTS]) if Correctable.INTENTS in said else (),
            mood=said.get(Correctable.SENTIMENT, ""),
        )
        for said, content in uow.run(statements.CORRECTED_MESSAGES, key)
    ]
    found = uow.run(statements.CORRECTED_CONVERSATIONS, {**key, "turns": _TURNS})
    of_conversations = [
        Corrected(
            tuple(map(masked, texts)),
            intents=(value,) if field == Correctable.INTENT else (),
            mood=value if field == Correctable.SENTIMENT else "",
            is_whole=True,
        )
        for field, value, texts in found
    ]
    phrases = {OwnLabel(it.name, OwnKind(it.kind)): it.phrases for it in list_labels(uow)}
    return Lesson(phrases, (*of_messages, *of_conversations))


def learn(lesson: Lesson) -> tuple[bytes, dict[str, Any]]:
    """Return what is learned, as it is stored, and the report on it. Pure, and takes seconds."""
    examples = examples_of(lesson.corrected)
    texts = _texts(lesson.phrases, examples)
    known = {label: said for label, said in texts.items() if len(said) >= FEWEST_PHRASES}
    phrases = [Phrase(text, place) for place, said in enumerate(known.values()) for text in said]
    taken = {phrase.text for phrase in phrases}
    phrases += [Phrase(it.text, None) for it in examples if it.intents and it.text not in taken]
    taught, report = teach(tuple(known), phrases)
    amended = [it for field in LABELS if (it := amend(examples, field))]
    amendments = tuple(amendment for amendment, _ in amended if amendment)
    document = as_document(report) | {"amendments": [asdict(it) for _, it in amended]}
    return replace(taught, amendments=amendments).packed(), document


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
    phrases: Mapping[OwnLabel, Sequence[str]], examples: Sequence[Example]
) -> dict[OwnLabel, list[str]]:
    """Return the texts that mean each label: its phrases, and what people corrected to it."""
    texts = {}
    for label, said in phrases.items():
        corrected = [it.text for it in examples if it.intents[:1] == (label.name,)]
        is_intent = label.kind is OwnKind.INTENT
        texts[label] = list(dict.fromkeys([*said, *(corrected if is_intent else ())]))
    return texts
