"""Conversations as rows that are there already: analysed, and marked to be counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from talkhub import json_codec
from talkhub.analysis.pipeline import version
from talkhub.store.uow import Database, workspace_scope

_INSERT = """
with r as (
  select *, row_number() over () as place from jsonb_to_recordset(%(rows)s::jsonb) as r (
    person text, started_at timestamptz, seconds float, platform text, intent text,
    sentiment text, language text, topics text[], messages int, is_closed bool,
    completion text, response_times int[], course jsonb, is_analysed bool)
), people as (
  insert into user_profiles (workspace_id, user_id)
  select distinct %(workspace_id)s, person from r
  on conflict (workspace_id, user_id) do update set updated_at = now()
  returning id, user_id
), marked as (
  insert into dirty_buckets (workspace_id, hour)
  select distinct %(workspace_id)s, date_trunc('hour', started_at, 'UTC') from r
)
insert into conversations
  (workspace_id, conversation_id, session_id, user_id, profile_id, platform, source, fingerprint,
   status, started_at, last_message_at, message_count, user_message_count, response_count,
   response_ms_total, response_times, primary_intent, sentiment, language, topics, analysed_version,
   metadata, intent_analysis)
select %(workspace_id)s, gen_random_uuid()::text, gen_random_uuid()::text, person, people.id,
  platform, 'api', '', case when is_closed then 'closed' else 'open' end, started_at,
  started_at + seconds * interval '1 second', messages, messages,
  cardinality(response_times), coalesce((select sum(ms) from unnest(response_times) as ms), 0),
  response_times, intent, sentiment, language, topics, case when is_analysed then %(version)s end,
  jsonb_build_object('completion_status', completion),
  case when course is null then '{}' else jsonb_build_object('course', course) end
from r join people on people.user_id = r.person order by place
returning id
"""


@dataclass(frozen=True, slots=True)
class Row:
    """A conversation; `course` is how it went, None where nobody knows."""

    person: str
    started_at: datetime
    seconds: float = 60
    platform: str = "whatsapp"
    intent: str | None = "support"
    sentiment: str | None = "neutral"
    language: str | None = "pt"
    topics: Sequence[str] = ()
    messages: int = 2
    is_closed: bool = True
    completion: str = "completed"
    response_times: Sequence[int] = ()
    course: dict[str, Any] | None = None
    is_analysed: bool = True

    @property
    def last_message_at(self) -> datetime:
        return self.started_at + timedelta(seconds=self.seconds)


def insert_conversations(
    database: Database, workspace: int, conversations: Sequence[Row]
) -> list[int]:
    """Store conversations and return their ids, in order."""
    with database.unit_of_work(workspace_scope(workspace, "tests")) as uow:
        rows = json_codec.dumps_text([asdict(one) for one in conversations])
        # By the analyser of today: the drains of other tests shall not renew them.
        params = {"workspace_id": workspace, "rows": rows, "version": version()}
        return [row[0] for row in uow.run(_INSERT, params)]
