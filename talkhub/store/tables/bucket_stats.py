"""The read model of the analytics: what the conversations of hours, days and months add up to."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, Index, Integer, LargeBinary, SmallInteger, String, Text, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from talkhub.store.base import Base, BigRef, CreatedAt, HotScoped


class BucketStat(HotScoped, Base):
    """One slice of one hour, day or month: of all its conversations, or of those of one value.

    Hours are UTC's; days and months are those of the workspace's time zone when they were
    merged, and are there only once they are over. `counts` is in the order of
    `services.slices.Measure`; `codes` and `times` are the bins of its distributions and how many
    fell into each; `people` is a roaring bitmap of profile ids; `hours` counts conversations by
    local hour of the week, for days and months as a whole. `also` and `also_counts` say how many of
    a value's conversations are also of which value of another dimension; they are NULL for topics
    and in buckets that were counted before this was kept: of these only all conversations have
    `hours`.
    """

    __tablename__ = "bucket_stats"
    __table_args__ = (
        Index(
            "ix_bucket_stats_lacking",
            "begins_at",
            postgresql_where=text("also is null and dimension = 'all'"),
        ),
    )

    workspace_id: Mapped[BigRef] = mapped_column(primary_key=True, sort_order=-1)
    level: Mapped[str] = mapped_column(String(8), primary_key=True)
    dimension: Mapped[str] = mapped_column(String(16), primary_key=True)
    begins_at: Mapped[datetime] = mapped_column(primary_key=True)
    value: Mapped[str] = mapped_column(primary_key=True)
    ends_at: Mapped[datetime]
    counts: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    codes: Mapped[list[int]] = mapped_column(ARRAY(SmallInteger))
    times: Mapped[list[int]] = mapped_column(ARRAY(Integer))
    people: Mapped[bytes] = mapped_column(LargeBinary)
    hours: Mapped[list[int]] = mapped_column(ARRAY(Integer))
    also: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    also_counts: Mapped[list[int] | None] = mapped_column(ARRAY(Integer))
    updated_at: Mapped[CreatedAt]


class DirtyDay(HotScoped, Base):
    """A local day that is to be merged from its hours at `due_at`, and its month after it."""

    __tablename__ = "dirty_days"
    __table_args__ = (Index(None, "due_at"),)

    workspace_id: Mapped[BigRef] = mapped_column(primary_key=True, sort_order=-1)
    day: Mapped[date] = mapped_column(primary_key=True)
    due_at: Mapped[datetime]
