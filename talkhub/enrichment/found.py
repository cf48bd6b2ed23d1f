"""What a language model read in one conversation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from talkhub.store.statements.enrichment import ENRICHMENT_OF_CONVERSATION
from talkhub.store.uow import UnitOfWork


@dataclass(frozen=True, slots=True)
class FoundByModel:
    """How far the reading is; `result` and `model` are None where nothing was read."""

    state: str
    trouble: str | None
    model: str | None
    result: dict[str, Any] | None
    tokens: int
    is_repeated: bool
    settled_at: datetime | None


def found_by_model(uow: UnitOfWork, conversation_id: str) -> FoundByModel | None:
    """Return what was read in a conversation as it stands now; None if it is in no line."""
    key = {"workspace_id": uow.workspace_id, "conversation_id": conversation_id}
    row = uow.run(ENRICHMENT_OF_CONVERSATION, key).mappings().first()
    return FoundByModel(**row) if row is not None else None
