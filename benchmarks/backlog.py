"""Conversations that wait for their analysis, and what must have become of them."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg2
from psycopg2.extras import execute_values
from sqlalchemy.engine import URL

from benchmarks.stage import migrate, run_sql
from talkhub.names import MessageRole
from talkhub.services.talking.transcripts import Message, add_up, make_message

EACH = 5
"""Conversations of a person; all of them begin in an hour that is that person's alone."""

_FIRST_HOUR = datetime(2026, 1, 1, tzinfo=UTC)
_OPENINGS = (
    "Olá, meu pedido {n} ainda não chegou e estou muito preocupado com a entrega",
    "Boa tarde! Quero saber o preço do produto {n} e se tem entrega para São Paulo",
    "Vocês me cobraram duas vezes na fatura {n}, isso é um absurdo, quero meu dinheiro de volta",
    "Preciso trocar o item {n} que comprei ontem, o tamanho veio errado",
    "Hi, I can't sign in to my account {n}, could you help me with the password?",
)
_REPLIES = (
    "Claro! Como posso ajudar? Por favor informe o número {n} e o seu CPF",
    "Vou verificar o pedido {n} agora mesmo, só um momento por favor",
    "O prazo para o código {n} é de três dias úteis, posso ajudar em algo mais?",
)
_FOLLOWINGS = (
    "Já esperei {n} minutos e ninguém resolve o meu problema, que atendimento horrível",
    "Entendi, então vou aguardar até o dia combinado para o número {n}",
    "Perfeito, o atendimento {n} foi excelente e resolveu rápido, muito obrigado",
    "Quero falar com um atendente humano sobre o protocolo {n}, por favor",
)

_INSERT_PEOPLE = """
insert into user_profiles (workspace_id, user_id)
select 1, 'user_' || n from generate_series(1, %s) n
"""
_INSERT = """
insert into conversations
  (workspace_id, conversation_id, session_id, user_id, messages, profile_id, source,
   fingerprint, status, started_at, last_message_at, ended_at, message_count,
   user_message_count, response_count, response_ms_total, metadata, intent_analysis)
values %s
"""
_ROW = """(1, 'conv_' || %s, 'session_' || %s, 'user_' || %s, %s, %s, 'api',
  '', 'closed', %s, %s, %s, %s, %s, %s, %s, %s, '{"status": "pending", "source": "talkhub"}')"""

# What somebody may want next goes by habits, which are counted at another moment each time.
_OUTCOMES = {
    "conversations": """
        select id, language, sentiment, sentiment_score, primary_intent, topics, outcome,
               analysed_version, metadata, intent_analysis
        from conversations where id <= %s order by id""",
    "analyses": """
        select conversation_id, analyser_version, source, result
        from conversation_analyses where conversation_id <= %s order by 1, 2, 3""",
    "people": """
        select p.id, p.interaction_stats - 'next_intents' as stats from user_profiles p
        where p.id in (select profile_id from conversations where id <= %s) order by id""",
    "hours": """
        select dimension, begins_at, value, ends_at, counts, codes, times, people
        from bucket_stats
        where level = 'hour'
          and begins_at in (select date_trunc('hour', started_at) from conversations where id <= %s)
        order by begins_at, dimension, value""",
}


def fill_backlog(url: URL, count: int) -> None:
    """Fill a new database with conversations of ten messages, none of them due."""
    migrate(url)
    choice = random.Random(1)
    run_sql(url, _INSERT_PEOPLE, -(-count // EACH))
    rows = [_row(number, choice) for number in range(count)]
    connection = psycopg2.connect(url.render_as_string(hide_password=False))
    with connection, connection.cursor() as cursor:
        execute_values(cursor, _INSERT, rows, template=_ROW, page_size=500)
    connection.close()
    run_sql(url, "vacuum analyze")


def make_due(url: URL, count: int) -> None:
    """Make the first conversations due for their analysis."""
    run_sql(url, "update conversations set analysis_due_at = now() where id <= %s", count)


def outcomes(url: URL, count: int) -> dict[str, Any]:
    """Return all that the analysis of the first conversations has changed."""
    return {name: run_sql(url, sql, count) for name, sql in _OUTCOMES.items()}


def transcript(number: int, choice: random.Random) -> list[Message]:
    """Return ten messages, the person's and the bot's in turn."""
    began = _FIRST_HOUR + timedelta(hours=number // EACH, minutes=number % EACH)
    messages = []
    for position in range(10):
        is_person = position % 2 == 0
        texts = (_OPENINGS if position == 0 else _FOLLOWINGS) if is_person else _REPLIES
        messages.append(
            make_message(
                role=MessageRole.USER if is_person else MessageRole.BOT,
                content=choice.choice(texts).format(n=choice.randrange(10**6)),
                sent_at=began + timedelta(seconds=30 * position),
                position=position,
            )
        )
    return messages


def _row(number: int, choice: random.Random) -> tuple[Any, ...]:
    messages = transcript(number, choice)
    facts = add_up(messages, is_open=False)
    person = number // EACH + 1
    return (
        *(number, number, person, json.dumps(messages), person),
        *(facts.started_at, facts.last_message_at, facts.last_message_at),
        *(facts.message_count, facts.user_message_count),
        *(facts.response_count, facts.response_ms_total, json.dumps(facts.as_metadata())),
    )
