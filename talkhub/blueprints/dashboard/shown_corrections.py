"""Corrections of analyses as they are read: what a label is called, and its values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from talkhub.blueprints.dashboard.i18n import gettext as _
from talkhub.blueprints.dashboard.wording import (
    intent_name,
    outcome_name,
    resolution_name,
    sentiment_name,
)
from talkhub.names.labels import Correctable
from talkhub.services.labelling.corrections import Correction, list_corrections
from talkhub.services.talking.labels import intents_in
from talkhub.store.uow import UnitOfWork


@dataclass(frozen=True, slots=True)
class ShownCorrection:
    """A correction; `number` is the place of its message, None for the conversation's."""

    made: Correction
    title: str
    value: str
    previous: str
    number: int | None


def standing_corrections(uow: UnitOfWork, conversation_id: str) -> list[ShownCorrection]:
    """Return what was corrected of a conversation and is not undone, the latest first."""
    made = list_corrections(uow, conversation_id)
    return [shown_correction(it, {}) for it in made if it.undone_at is None]


def shown_correction(made: Correction, places: Mapping[Any, int]) -> ShownCorrection:
    """Return a correction as it is read; `places` are the numbers of messages, by their ids."""
    title, name_of = label_words(made.field)
    return ShownCorrection(
        made=made,
        title=title,
        value=_named(made.value, name_of),
        previous=_named(made.previous, name_of) if made.previous else "",
        number=places.get(made.message_id) if made.message_id else None,
    )


def label_words(field: str) -> tuple[str, Callable[[str], str]]:
    """Return what a label is called, and how its values are."""
    words: dict[str, tuple[str, Callable[[str], str]]] = {
        Correctable.INTENT: (_("Intenção"), intent_name),
        Correctable.INTENTS: (_("Intenção"), intent_name),
        Correctable.SENTIMENT: (_("Sentimento"), sentiment_name),
        Correctable.OUTCOME: (_("Desfecho"), outcome_name),
        Correctable.RESOLUTION: (_("Resolução"), resolution_name),
    }
    return words[field]


def _named(value: str, name_of: Callable[[str], str]) -> str:
    return ", ".join(name_of(label) for label in intents_in(value))
