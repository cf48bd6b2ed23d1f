"""A person who wrote very much, and very many others, made from what is stored already."""

from __future__ import annotations

from sqlalchemy.engine import URL

from benchmarks.stage import run_sql

_COPIED = """
  messages, intent_analysis, metadata, platform, source, fingerprint, status, started_at,
  last_message_at, ended_at, message_count, user_message_count, response_count,
  response_ms_total, language, stems
"""

_ADD_PEOPLE = """
insert into user_profiles (workspace_id, user_id, name)
select 1, %s || n, 'Maria' from generate_series(1, %s) n
"""

_REPEAT = f"""
insert into conversations (workspace_id, conversation_id, session_id, user_id, profile_id,
  {_COPIED})
select 1, p.user_id || '_' || p.id || '_' || n || '_' || c.id, 'repeated', p.user_id, p.id,
  {_COPIED}
from generate_series(1, %s) n, conversations c, user_profiles p
where c.conversation_id like 'conv_%%' and starts_with(p.user_id, %s)
order by n, c.id, random() limit %s
"""

_COUNTED = """
select sum(message_count), count(*) from conversations where conversation_id like 'conv_%%'
"""


def repeat_history(url: URL, messages: int) -> None:
    """Make a person named `long` of about so many messages: all stored ones, again and again."""
    stored, conversations = run_sql(url, _COUNTED)[0]
    run_sql(url, "insert into user_profiles (workspace_id, user_id) values (1, 'long')")
    times = -(-messages // stored)
    wanted = round(conversations * messages / stored)
    run_sql(url, _REPEAT, times, "long", wanted)
    run_sql(url, "update user_profiles set stats_due_at = now() where user_id = 'long'")
    run_sql(url, "vacuum analyze")


def make_others(url: URL, messages: int) -> None:
    """Make other people with about so many messages together."""
    stored, conversations = run_sql(url, _COUNTED)[0]
    people = max(1, messages // 500)
    run_sql(url, _ADD_PEOPLE, "other", people)
    wanted = round(conversations * messages / stored)
    times = -(-messages // (stored * people))
    run_sql(url, _REPEAT, times, "other", wanted)
