"""The declarative base: naming convention, type map and the columns many tables share."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, ClassVar

from sqlalchemy import BigInteger, DateTime, ForeignKey, LargeBinary, MetaData, Text, func
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}

JSONObject = dict[str, Any]
BigId = Annotated[
    int, mapped_column(BigInteger, primary_key=True, autoincrement=True, sort_order=-2)
]
LARGEST_ID = 2**63 - 1
"""No id is larger, and PostgreSQL refuses to compare one with what is."""

BigRef = Annotated[int, mapped_column(BigInteger)]
CreatedAt = Annotated[datetime, mapped_column(server_default=func.now())]

UNSCOPED_TABLES = frozenset(
    {
        "workspaces",
        "agencies",
        "agency_members",
        "users",
        "memberships",
        "browser_sessions",
        "login_attempts",
        "recovery_codes",
        "second_factors",
        "schedule_runs",
        "signing_keys",
        "hashing_keys",
        "oauth_clients",
        "enrichment_endpoints",
    }
)
"""The tables that do not belong to one workspace. All others carry `workspace_id`."""


class Base(DeclarativeBase):
    """Every table of the service. Constraints are named, so that migrations can find them."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        str: Text,
        datetime: DateTime(timezone=True),
        bytes: LargeBinary,
        JSONObject: JSONB,
        list[JSONObject]: JSONB,
        list[str]: ARRAY(Text),
    }


class Scoped:
    """A row of one workspace; deleting the workspace deletes it."""

    workspace_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("workspaces.id", ondelete="CASCADE"), sort_order=-1
    )


class HotScoped:
    """A row of one workspace in a table that takes thousands of rows a second.

    Without the foreign key: its check would lock the one workspace row in every
    insert. The row-level policy refuses a foreign workspace all the same.
    """

    workspace_id: Mapped[int] = mapped_column(BigInteger, sort_order=-1)
