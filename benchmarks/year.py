"""A year of conversations in a database, made there, and counted as the service counts them."""

from __future__ import annotations

import time
from dataclasses import dataclass

import psycopg2
from sqlalchemy.engine import URL

from benchmarks.stage import address, migrate, run_sql
from talkhub.services import rebuilding
from talkhub.services.auth import DEFAULT_WORKSPACE_ID
from talkhub.store.uow import Database

FIRST_DAY = "2025-01-01 03:00+00"
LAST_DAY = "2025-12-31"
"""A year of São Paulo's."""

PEOPLE_OF = 10
"""Conversations of a person on average; the busiest have thousands."""

_PEOPLE = """
insert into user_profiles (workspace_id, user_id)
select 1, 'user_' || n from generate_series(1, %s) n
"""
_CONVERSATIONS = """
insert into conversations
  (workspace_id, conversation_id, session_id, user_id, profile_id, messages, platform, source,
   fingerprint, status, started_at, last_message_at, ended_at, message_count, user_message_count,
   response_count, response_ms_total, response_times, language, sentiment, primary_intent, topics,
   outcome, analysed_version, metadata, intent_analysis)
select 1, 'conv_' || n, 'session_' || n, 'user_' || person, person, %(messages)s,
  (array['whatsapp', 'whatsapp', 'instagram', 'telegram'])[1 + n %% 4], 'api', '', 'closed',
  began, began + wait * 5 * interval '1 ms', began + wait * 5 * interval '1 ms', 10, 5, 5, wait * 5,
  array[wait, wait / 2, wait, wait * 2, wait / 2],
  (array['pt', 'pt', 'pt', 'en', 'es'])[1 + n %% 5],
  (array['neutral', 'neutral', 'positive', 'negative'])[1 + n %% 4],
  (array['support', 'support', 'purchase', 'information', 'complaint', 'scheduling', 'unknown'])
    [1 + n %% 7],
  case when n %% 3 = 0 then array['entrega'] when n %% 3 = 1 then array['preço', 'pagamento']
    else '{}' end,
  'completed', '1', '{"message_count": 10, "duration": 60, "completion_status": "completed"}',
  jsonb_build_object('intent', 'support', 'sentiment', 'neutral', 'confidence', 0.8, 'source',
    'talkhub', 'status', 'done', 'course', jsonb_build_object('outcome', 'contained', 'resolution',
    'silent', 'urgency', 'none', 'trajectory', 'stable', 'handoff_requested', n %% 9 = 0,
    'handoff_done', n %% 11 = 0, 'bot_failed', n %% 8 = 0, 'unanswered_questions', 0,
    'satisfaction_estimate', jsonb_build_object('band', 'high', 'score', 4.3),
    'summary', jsonb_build_array('Quero saber do meu pedido, que ainda não chegou')))
from (
  select n, 1 + floor(%(people)s * power(random(), 2))::int as person,
    1000 + floor(60000 * random())::int as wait,
    timestamptz %(first_day)s + interval '365 days' * (n::float8 / %(count)s)
      - interval '3 hours' * random() * (n > 100)::int as began
  from generate_series(%(first)s, %(last)s) n) as made
"""
_MESSAGE = (
    '{"id": "m%s", "role": "%s", "kind": "text", "timestamp": "2025-01-01T10:00:0%sZ",'
    ' "content": "Olá, quero saber do meu pedido, que ainda não chegou"}'
)
_CHUNK = 50_000


@dataclass(frozen=True, slots=True)
class Filled:
    """How long a year's conversations took to count: all of it, and each, in microseconds."""

    seconds: float
    each_us: float


def fill_year(url: URL, count: int) -> None:
    """Fill a new database with a year of conversations of ten messages."""
    migrate(url)
    people = max(count // PEOPLE_OF, 1)
    roles = ("user", "bot") * 5
    messages = ", ".join(_MESSAGE % (n, role, n) for n, role in enumerate(roles))
    run_sql(url, _PEOPLE, people)
    connection = psycopg2.connect(url.render_as_string(hide_password=False))
    for first in range(1, count + 1, _CHUNK):
        params = {
            "messages": f"[{messages}]",
            "people": people,
            "count": count,
            "first_day": FIRST_DAY,
            "first": first,
            "last": min(first + _CHUNK - 1, count),
        }
        with connection, connection.cursor() as cursor:
            cursor.execute(_CONVERSATIONS, params)
    connection.close()
    run_sql(url, "vacuum analyze")


def count_year(url: URL, count: int) -> Filled:
    """Count what `fill_year` made as `rebuild-stats` does."""
    database = Database(address(url), pool_size=1)
    began = time.perf_counter()
    rebuilding.mark_all_hours(database, DEFAULT_WORKSPACE_ID)
    while rebuilding.count_some(database, DEFAULT_WORKSPACE_ID):
        pass
    while rebuilding.merge_some(database, DEFAULT_WORKSPACE_ID):
        pass
    seconds = time.perf_counter() - began
    database.dispose()
    run_sql(url, "vacuum analyze bucket_stats")
    return Filled(seconds, seconds / count * 1e6)
