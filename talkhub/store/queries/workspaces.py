"""What the pages and services need to know of a workspace."""

from __future__ import annotations

from collections.abc import Mapping
from zoneinfo import ZoneInfo

from sqlalchemy import select

from talkhub.names.workspaces import Quota
from talkhub.store.tables.accounts import Workspace
from talkhub.store.uow import UnitOfWork


def workspace_timezone(uow: UnitOfWork) -> ZoneInfo:
    """Return the time zone that the workspace's days and hours are in."""
    statement = select(Workspace.timezone).where(Workspace.id == uow.workspace_id)
    return ZoneInfo(uow.execute(statement).scalar_one())


def workspace_quotas(uow: UnitOfWork) -> Mapping[str, int | None]:
    """Return what the workspace may use, by the quota's name; None where that is not limited."""
    columns = [Workspace.__table__.c[quota.value] for quota in Quota]
    statement = select(*columns).where(Workspace.id == uow.workspace_id)
    return dict(uow.execute(statement).mappings().one())
