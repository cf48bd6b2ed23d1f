"""How workspaces show themselves."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from talkhub.store.base import Base


class Brand(Base):
    """A workspace's face; what is None is as the product has it.

    `logo` is a PNG of our own making, found by the digest of its bytes; `accent` is `#rrggbb`.
    """

    __tablename__ = "brands"

    workspace_id: Mapped[int] = mapped_column(
        BigInteger,
        ForeignKey("workspaces.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    )
    name: Mapped[str | None] = mapped_column(String(40))
    accent: Mapped[str | None] = mapped_column(String(7))
    logo: Mapped[bytes | None]
    logo_digest: Mapped[str | None] = mapped_column(String(64))
