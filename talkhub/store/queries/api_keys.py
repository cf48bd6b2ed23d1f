"""A workspace's API keys, without what only their holders know."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select

from talkhub import clock
from talkhub.store.tables.accounts import ApiKey
from talkhub.store.uow import UnitOfWork


class ApiKeyState(StrEnum):
    """Whether an API key is in force; a replaced one is for a last day."""

    ACTIVE = "active"
    REPLACED = "replaced"
    EXPIRED = "expired"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class ApiKeyLine:
    """A key as lists show it; `hint` are its first characters."""

    id: int
    name: str
    hint: str
    scopes: list[str]
    state: ApiKeyState
    created_by: str
    created_at: datetime
    last_used_at: datetime | None
    expires_at: datetime | None
    revoked_at: datetime | None
    replaced_by: int | None


def list_api_keys(uow: UnitOfWork) -> tuple[ApiKeyLine, ...]:
    """Return the workspace's keys, the newest first; ended ones too, for whoever looks back."""
    statement = (
        select(
            ApiKey.id,
            ApiKey.name,
            ApiKey.hint,
            ApiKey.scopes,
            ApiKey.created_by,
            ApiKey.created_at,
            ApiKey.last_used_at,
            ApiKey.expires_at,
            ApiKey.revoked_at,
            ApiKey.replaced_by,
        )
        .where(ApiKey.workspace_id == uow.workspace_id)
        .order_by(ApiKey.id.desc())
    )
    now = clock.now()
    return tuple(
        ApiKeyLine(
            **row, state=_state(row["revoked_at"], row["expires_at"], row["replaced_by"], now)
        )
        for row in uow.execute(statement).mappings()
    )


def _state(
    revoked_at: datetime | None, expires_at: datetime | None, replaced_by: int | None, now: datetime
) -> ApiKeyState:
    if revoked_at is not None:
        return ApiKeyState.REVOKED
    if expires_at is not None and expires_at <= now:
        return ApiKeyState.EXPIRED
    return ApiKeyState.ACTIVE if replaced_by is None else ApiKeyState.REPLACED
