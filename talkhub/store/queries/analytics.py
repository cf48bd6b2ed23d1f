"""What queries of conversations have in common: periods, and how a conversation stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement

from talkhub.store.tables.conversations import Conversation


@dataclass(frozen=True, slots=True)
class Period:
    """From `start` until before `end`, in UTC; None is without bound."""

    start: datetime | None
    end: datetime | None


def completion(of: type[Conversation] = Conversation) -> ColumnElement[str]:
    """How a conversation stands: the `completion_status` that its metadata reports."""
    status: ColumnElement[str] = of.metadata_["completion_status"].astext
    return status
