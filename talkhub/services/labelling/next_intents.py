"""Predict what people come for next, from their history and that of the workspace's others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from talkhub.analysis.next_intent import (
    Accuracy,
    Habits,
    Likely,
    accuracy_of,
    habits_of,
    likely,
)
from talkhub.store.statements import next_intents as statements
from talkhub.store.uow import UnitOfWork

# Habits change over weeks; counting thousands of conversations takes a fraction of a second.
_COUNTED_AGAIN_AFTER: Final = timedelta(hours=1)
_CONVERSATIONS_COUNTED: Final = 5_000
_CONVERSATIONS_OF_PERSON: Final = 12

_Came = tuple[str, bool, float | None]
"""What somebody came for, whether that conversation goes on, and how sure the intent is."""

FEWEST_PREDICTIONS: Final = 30
"""Of fewer an accuracy says nothing."""


@dataclass(frozen=True, slots=True)
class PredictionReport:
    """How often what was predicted of the workspace's people came true.

    Shares of `predictions`; `base` is that of always saying the commonest intent.
    """

    predictions: int
    accuracy: float
    interval: tuple[float, float]
    of_three: float
    base: float


def next_intents(uow: UnitOfWork, profile_ids: Sequence[int]) -> dict[int, tuple[Likely, ...]]:
    """Return what each person most likely comes for: now, if a conversation goes on, or next.

    Called by the drain that counts people again. Of whoever nothing is known there is nothing.
    """
    params = {
        "workspace_id": uow.workspace_id,
        "profile_ids": list(profile_ids),
        "limit": _CONVERSATIONS_OF_PERSON,
    }
    found = [(row.id, row.intents) for row in uow.run(statements.INTENTS_OF, params)]
    habits = _habits(uow) if found else Habits()
    return {profile_id: _likely(habits, intents) for profile_id, intents in found}


def prediction_report(uow: UnitOfWork) -> PredictionReport | None:
    """Return how right predictions are; None while there are too few to say."""
    row = _stored(uow)
    accuracy = Accuracy(**row["accuracy"]) if row else None
    if accuracy is None or accuracy.predictions < FEWEST_PREDICTIONS:
        return None
    return PredictionReport(
        predictions=accuracy.predictions,
        accuracy=accuracy.right / accuracy.predictions,
        interval=accuracy.interval(),
        of_three=accuracy.right_of_three / accuracy.predictions,
        base=accuracy.base / accuracy.predictions,
    )


def _likely(habits: Habits, intents: Sequence[_Came]) -> tuple[Likely, ...]:
    history = [intent for intent, _goes_on, _sure in intents]
    intent, goes_on, sure = intents[-1]
    if not goes_on:
        return likely(habits, history)
    return likely(habits, history[:-1], Likely(intent, min(1.0, sure or 0.0)))


def _habits(uow: UnitOfWork) -> Habits:
    row = _stored(uow)
    if row is not None and row["are_fresh"]:
        return Habits(row["follows"])
    key = {"workspace_id": uow.workspace_id, "limit": _CONVERSATIONS_COUNTED}
    people = list(uow.run(statements.PEOPLES_INTENTS, key).scalars())
    habits = habits_of(people)
    params = {
        "workspace_id": uow.workspace_id,
        "follows": uow.json(habits.follows),
        "accuracy": uow.json(accuracy_of(people)._asdict()),
    }
    uow.run(statements.SET_HABITS, params)
    return habits


def _stored(uow: UnitOfWork) -> Mapping[str, Any] | None:
    key = {"workspace_id": uow.workspace_id, "age": _COUNTED_AGAIN_AFTER}
    row = uow.run(statements.HABITS, key).mappings().first()
    return dict(row) if row is not None else None
