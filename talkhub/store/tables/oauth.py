"""The applications that may ask for access, and what people allowed them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from talkhub.store.base import Base, BigId, CreatedAt, Scoped


class OAuthClient(Base):
    """An application, before anyone allowed it anything; so it belongs to no workspace.

    It registered itself, or its `client_id` is the address of a document that describes
    it, which was last read at `read_at`. Only the hash of a secret is kept.
    """

    __tablename__ = "oauth_clients"

    client_id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    redirect_uris: Mapped[list[str]]
    auth_method: Mapped[str] = mapped_column(String(32))
    secret_hash: Mapped[bytes | None]
    created_at: Mapped[CreatedAt]
    read_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]


class OAuthGrant(Scoped, Base):
    """What one person allowed one application: a code first, then the tokens of its family.

    `expires_at` is the code's end until the code is redeemed, then that of the newest
    refresh token. `client_name` is what the person was shown.
    """

    __tablename__ = "oauth_grants"
    __table_args__ = (
        Index(None, "workspace_id"),
        Index(None, "client_id"),
        Index(None, "expires_at"),
    )

    id: Mapped[BigId]
    family: Mapped[str] = mapped_column(String(64), unique=True)
    code_hash: Mapped[bytes] = mapped_column(unique=True)
    code_challenge: Mapped[str] = mapped_column(String(128))
    client_id: Mapped[str]
    client_name: Mapped[str]
    redirect_uri: Mapped[str]
    audience: Mapped[str]
    scopes: Mapped[list[str]]
    subject: Mapped[str] = mapped_column(String(255))
    name: Mapped[str]
    granted_at: Mapped[CreatedAt]
    expires_at: Mapped[datetime]
    redeemed_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
