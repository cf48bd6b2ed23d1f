"""What a team adds to conversations for itself: notes, markers and saved views of the list."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from talkhub.store.base import Base, BigId, BigRef, CreatedAt, JSONObject, Scoped


class Note(Scoped, Base):
    """What somebody of the team wrote of a conversation, for the team alone."""

    __tablename__ = "notes"
    __table_args__ = (Index(None, "conversation_id"), Index(None, "workspace_id", "id"))

    id: Mapped[BigId]
    conversation_id: Mapped[BigRef] = mapped_column(
        ForeignKey("conversations.id", ondelete="CASCADE")
    )
    author: Mapped[str] = mapped_column(String(255))
    body: Mapped[str]
    created_at: Mapped[CreatedAt]
    changed_at: Mapped[datetime | None]


class Marker(Scoped, Base):
    """A word with a colour that the team puts on conversations."""

    __tablename__ = "markers"
    __table_args__ = (UniqueConstraint("workspace_id", "name"),)

    id: Mapped[BigId]
    name: Mapped[str] = mapped_column(String(32))
    colour: Mapped[str] = mapped_column(String(16))
    created_at: Mapped[CreatedAt]


class ConversationMarker(Scoped, Base):
    """That a conversation bears a marker."""

    __tablename__ = "conversation_markers"
    __table_args__ = (Index(None, "marker_id"), Index(None, "workspace_id"))

    conversation_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True
    )
    marker_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("markers.id", ondelete="CASCADE"), primary_key=True
    )


class SavedView(Scoped, Base):
    """Filters of the list of conversations under a name, for one person or for the workspace.

    The list begins with the default one: that of whoever looks, else the workspace's.
    """

    __tablename__ = "saved_views"
    __table_args__ = (Index(None, "workspace_id"),)

    id: Mapped[BigId]
    owner: Mapped[str] = mapped_column(String(255))
    name: Mapped[str] = mapped_column(String(40))
    filters: Mapped[JSONObject]
    is_shared: Mapped[bool] = mapped_column(server_default="false")
    is_default: Mapped[bool] = mapped_column(server_default="false")
    created_at: Mapped[CreatedAt]
