"""What the pages and services need to know of a workspace."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from sqlalchemy import select

from talkhub.store.accounts import Workspace
from talkhub.store.uow import UnitOfWork


def workspace_timezone(uow: UnitOfWork) -> ZoneInfo:
    """Return the time zone that the workspace's days and hours are in."""
    statement = select(Workspace.timezone).where(Workspace.id == uow.workspace_id)
    return ZoneInfo(uow.execute(statement).scalar_one())


def workspace_name(uow: UnitOfWork) -> str:
    """Return the workspace's name."""
    statement = select(Workspace.name).where(Workspace.id == uow.workspace_id)
    name: str = uow.execute(statement).scalar_one()
    return name
