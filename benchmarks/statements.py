"""pgbench's scripts: the bare reference, and our own statements as the service sends them."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Never

import psycopg2
from sqlalchemy.engine import URL

from benchmarks import workload
from benchmarks.stage import address
from benchmarks.workload import as_json
from talkhub.services.access.auth import DEFAULT_WORKSPACE_ID
from talkhub.store.prepared import prepared
from talkhub.store.uow import Database, UnitOfWork, workspace_scope
from talkhub.tools.catalogue import registry

# The connections' turns interleave, so that each number comes once, as with wrk.
COUNT = f"""\\set number :turn * :clients + :client_id
\\set turn :turn + 1
\\set user {workload.FIRST_USER} + :number * 7919 % {workload.PEOPLE}
\\set session {workload.FIRST_SESSION} + :number % {workload.SESSIONS}
\\set fresh {workload.FIRST_SESSION} + :number
"""

_INSERT = f"""insert into conversations
  (conversation_id, session_id, user_id, messages, intent_analysis, metadata, created_at)
values ('conv-' || :run || '-' || :number, 'session_' || :session, 'user_' || :user,
  '{as_json(workload.MESSAGES)}', '{as_json(workload.INTENT)}',
  '{{"message_count":10,"duration":540,"completion_status":"completed"}}', now())
returning id, created_at"""
_COMPLETE = """update chat_sessions set status = 'completed', updated_at = now()
where session_id = 'session_' || :session"""

REFERENCE = {
    "create": f"""{COUNT}insert into chat_sessions
  (session_id, user_id, user_data, platform, status, created_at)
values ('new-' || :run || '-' || :number, 'user_' || :user,
  '{as_json(workload.PERSON)}', 'whatsapp', 'active', now())
returning *;
""",
    "save": f"{COUNT}begin;\n{_INSERT};\n{_COMPLETE};\ncommit;\n",
    "save in one statement": f"{COUNT}with done as ({_COMPLETE})\n{_INSERT};\n",
    "context": f"""{COUNT}select * from user_profiles where user_id = 'user_' || :user;
select * from conversations where user_id = 'user_' || :user order by created_at desc limit 5;
""",
}
"""What the original README's tables ask of PostgreSQL, for `--protocol prepared`."""


def our_script(url: URL, tool: str, arguments: dict[str, Any], **varying: str) -> str:
    """Return a script with exactly what the service sends first for a tool's call.

    The tool itself is called, with a unit of work that keeps its statement and ends the
    call there. `varying` replaces parameters that the service makes anew each time; in
    them, as in the arguments, pgbench's variables may stand. For `--protocol simple`.
    """
    database = Database(address(url))
    kept = _Kept(database, workspace_scope(DEFAULT_WORKSPACE_ID, "benchmark"))
    with suppress(_KeptIt):
        registry.specs[tool].call(kept, arguments)
    return COUNT + as_script(url, kept.scope.prologue(), kept.sql, {**kept.params, **varying})


def as_script(url: URL, prologue: str, sql: str, params: Mapping[str, Any]) -> str:
    """Return scope and statement as one message, planned in each connection's first turn."""
    statement = prepared(sql)
    connection = psycopg2.connect(url.render_as_string(hide_password=False))
    try:
        with connection.cursor() as cursor:
            execute: str = cursor.mogrify(statement.execute, params).decode()
    finally:
        connection.close()
    scope = prologue.replace(";", " \\;")  # a bare one would end the message
    return f"""\\if :turn = 1
{scope}
{statement.prepare}
\\endif
{scope}
{execute};
"""


class _KeptIt(Exception):
    """Ends a call whose statement is kept: there is no answer to go on with."""


class _Kept(UnitOfWork):
    """A unit of work that keeps the one statement it is given."""

    sql: str
    params: Mapping[str, Any]

    def once(self, sql: str, params: Mapping[str, Any]) -> Never:
        self.sql, self.params = sql, params
        raise _KeptIt
