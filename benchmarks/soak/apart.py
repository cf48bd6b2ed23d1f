"""Whether PostgreSQL itself keeps workspaces apart, also on connections that are shared."""

from __future__ import annotations

import psycopg2
from sqlalchemy.engine import URL

from benchmarks.stage import run_sql

TABLES = ("conversations", "user_profiles", "inbound_events", "message_index")
OWN, OTHER = 1, 2
_TIMES = 5
"""How often: a pooler leads each to another connection, on which another's scope may be left."""


def what_is_not_apart(url: URL) -> list[str]:
    """Return what one workspace sees or changes of another; and what has nothing to be seen."""
    wrong = []
    for table in TABLES * _TIMES:
        own, other, nobody = (_count(url, table, who) for who in (OWN, OTHER, None))
        if not own:
            wrong.append(f"its own workspace sees nothing in {table}")
        if other or nobody:
            wrong.append(f"of {own} rows of {table} another sees {other}, nobody {nobody}")
    changed = run_sql(url, f"{_scope(OTHER)}; {_CHANGE}")
    if changed:
        wrong.append(f"another workspace changed {len(changed)} conversations")
    try:
        run_sql(url, f"{_scope(OTHER)}; {_INTRUDE}")
    except psycopg2.errors.InsufficientPrivilege:
        pass
    else:
        wrong.append("a row of the first workspace was written by another")
    return wrong


_CHANGE = "update conversations set updated_at = now() returning 1"
_INTRUDE = f"insert into user_profiles (workspace_id) values ({OWN})"


def _count(url: URL, table: str, who: int | None) -> int:
    """Count as a workspace; as None nobody's is named, as where a program forgot to."""
    ((count,),) = run_sql(url, f"{_scope(who)}; select count(*) from {table}")
    return int(count)


def _scope(who: int | None) -> str:
    role = "set local role talkhub_app"
    return f"{role}; set local app.workspace_id = '{who}'" if who else role
