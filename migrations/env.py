"""Run the migrations on `DIRECT_URL` (else `DATABASE_URL`), one process at a time."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection, create_engine, event, text
from sqlalchemy.pool import NullPool

from talkhub.settings.groups import DatabaseSettings
from talkhub.store.base import Base
from talkhub.store.tables import (
    accounts,
    alerts,
    brands,
    bucket_stats,
    calls,
    conversations,
    crm,
    enrichment,
    events,
    feedback,
    insights,
    oauth,
    own_models,
    privacy,
    profiles,
    replies,
    sign_in,
    teamwork,
    workspaces,
)

MODELS = (
    accounts,
    alerts,
    brands,
    bucket_stats,
    calls,
    conversations,
    crm,
    enrichment,
    events,
    feedback,
    insights,
    oauth,
    own_models,
    privacy,
    profiles,
    replies,
    teamwork,
    sign_in,
    workspaces,
)
UPGRADE_LOCK = 7_203_115
"""The advisory lock that a running upgrade holds; any number that nothing else uses."""


def database_url() -> str:
    """Return the address given by the caller (tests), else the only setting that is needed."""
    given = context.config.attributes.get("database_url")
    if given:
        return str(given)
    if (named := DatabaseSettings().migration_url) is not None:
        return named
    # Late: booting may start the embedded servers, which a caller with an address has no need of.
    from talkhub.embedded.boot import resolve_settings

    return str(resolve_settings().migration_url)


def include_name(name: str | None, kind: str, _parents: object) -> bool:
    """Leave out what the models do not declare: partitions are made by the schedule."""
    parents = ("delivery_attempts_", "request_log_")
    return not (kind == "table" and (name or "").startswith(parents))


def run_migrations(connection: Connection) -> None:
    """Upgrade in a transaction for each revision, none of which waits long for a lock."""
    event.listen(connection, "begin", _wait_briefly)
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        include_name=include_name,
        compare_server_default=False,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


def _wait_briefly(connection: Connection) -> None:
    # For each transaction: one that ends for an index to be made would take the setting along.
    connection.exec_driver_sql("set local lock_timeout = '4s'")


def run_online() -> None:
    """Migrate while a second connection holds the upgrade lock.

    A transaction's lock, not a session's: it holds through a transaction pooler too.
    """
    engine = create_engine(database_url(), poolclass=NullPool)
    with engine.connect() as guard, guard.begin():
        guard.execute(text("select pg_advisory_xact_lock(:key)"), {"key": UPGRADE_LOCK})
        with engine.connect() as connection:
            run_migrations(connection)


def run_offline() -> None:
    """Print the SQL instead of running it."""
    context.configure(dialect_name="postgresql", target_metadata=Base.metadata, literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()


if context.is_offline_mode():
    run_offline()
else:
    run_online()
