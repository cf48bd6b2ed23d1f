"""The applications that people of a workspace have connected."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from talkhub.store.tables.oauth import OAuthGrant
from talkhub.store.uow import UnitOfWork

SHOWN = 200


@dataclass(frozen=True, slots=True)
class ConnectedApplication:
    """What one person allowed one application, and may take back."""

    id: int
    client_id: str
    name: str
    redirect_uri: str
    scopes: tuple[str, ...]
    subject: str
    person: str
    granted_at: datetime
    last_used_at: datetime


def connected_applications(uow: UnitOfWork) -> tuple[ConnectedApplication, ...]:
    """Return what still holds, the last used first."""
    statement = (
        select(
            OAuthGrant.id,
            OAuthGrant.client_id,
            OAuthGrant.client_name,
            OAuthGrant.redirect_uri,
            OAuthGrant.scopes,
            OAuthGrant.subject,
            OAuthGrant.name,
            OAuthGrant.granted_at,
            OAuthGrant.last_used_at,
        )
        .where(
            OAuthGrant.workspace_id == uow.workspace_id,
            OAuthGrant.redeemed_at.is_not(None),
            OAuthGrant.revoked_at.is_(None),
            OAuthGrant.expires_at > func.clock_timestamp(),
        )
        .order_by(OAuthGrant.last_used_at.desc(), OAuthGrant.id.desc())
        .limit(SHOWN)
    )
    return tuple(
        ConnectedApplication(
            id=row.id,
            client_id=row.client_id,
            name=row.client_name,
            redirect_uri=row.redirect_uri,
            scopes=tuple(row.scopes),
            subject=row.subject,
            person=row.name,
            granted_at=row.granted_at,
            last_used_at=row.last_used_at,
        )
        for row in uow.execute(statement)
    )
