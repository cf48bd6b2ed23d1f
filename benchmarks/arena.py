"""The two databases that tools are measured on: the bare reference, and ours."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy.engine import URL

from benchmarks import workload
from benchmarks.stage import Stage, migrate, run_sql
from talkhub.names import MessageRole
from talkhub.services.talking.transcripts import Message, make_message, time_of

_SQL = Path(__file__).parent / "sql"
REFERENCE, OURS = "reference", "ours"

# Sessions that were opened and now wait to be saved, numbered as wrk and pgbench count.
_OPEN_SESSIONS = """
insert into chat_sessions (workspace_id, session_id, user_id, platform, profile_id)
select p.workspace_id, %s || {first_session} + n, p.user_id, 'whatsapp', p.id
from generate_series(0, %s - 1) n
join user_profiles p on p.user_id = 'user_' || {first_user} + n * 7919 %% {people}
"""


@dataclass(frozen=True, slots=True)
class Arena:
    """Both databases, filled with the same people and conversations."""

    stage: Stage
    reference: URL
    ours: URL

    def set_synchronous_commit(self, *, on: bool) -> None:
        """Say whether commits of later connections wait for the disk."""
        for name in (REFERENCE, OURS):
            self.stage.set_synchronous_commit(name, on=on)

    def settle(self) -> None:
        """Do now what PostgreSQL would do during the turns, and charge to them."""
        for url in (self.reference, self.ours):
            run_sql(url, "vacuum analyze")
        self.stage.checkpoint()

    def open_sessions(self, prefix: str, count: int) -> None:
        """Open sessions of known people that nothing has been saved to."""
        sql = _OPEN_SESSIONS.format(
            first_session=workload.FIRST_SESSION,
            first_user=workload.FIRST_USER,
            people=workload.PEOPLE,
        )
        run_sql(self.ours, sql, prefix, count)


def make_arena(stage: Stage) -> Arena:
    """Make and fill both databases."""
    reference = stage.make_database(REFERENCE)
    ours = stage.make_database(OURS)
    migrate(ours)
    for url, file, messages in (
        (reference, "reference.sql", workload.MESSAGES),
        (ours, "ours.sql", _as_stored(workload.MESSAGES)),
    ):
        values = {
            "{people}": str(workload.PEOPLE),
            "{sessions}": str(workload.SESSIONS),
            "{messages}": f"'{workload.as_json(messages)}'",
        }
        sql = (_SQL / file).read_text()
        for mark, value in values.items():
            sql = sql.replace(mark, value)
        run_sql(url, sql)
    return Arena(stage, reference, ours)


def _as_stored(messages: Iterable[Mapping[str, Any]]) -> list[Message]:
    return [
        make_message(
            role=MessageRole(message["role"]),
            content=message["content"],
            sent_at=time_of(message),
            position=position,
        )
        for position, message in enumerate(messages)
    ]
