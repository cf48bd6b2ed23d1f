"""The work that is measured, the same for everyone: people, sessions and their transcripts."""

from __future__ import annotations

import json
from typing import Any

PEOPLE = 10_000
"""People the databases begin with; their ids end in 100000 to 109999."""

CONVERSATIONS_EACH = 5
SESSIONS = PEOPLE * CONVERSATIONS_EACH

FIRST_USER = 100_000
FIRST_SESSION = 10_000_000

# Stand-ins for numbers of a fixed width, so that a request's length does not vary.
USER_MARK = "@USER@"
SESSION_MARK = "@TURN@@@"

PERSON = {"name": "João Silva", "phone": "+5511999999999"}
INTENT = {"intent": "support", "sentiment": "neutral", "confidence": 0.85}
TEXTS = (
    "Olá, preciso de ajuda com o meu pedido, ainda não chegou e estou preocupado, nº 123",
    "Claro! Como posso ajudar? Por favor informe o número do pedido e o seu CPF, ref. 456",
    "Quero saber o preço do produto e se tem entrega grátis para São Paulo, código 789 ",
    "Obrigado, o atendimento foi excelente e resolveu o meu problema rápido, ticket 101",
)
MESSAGES: list[dict[str, Any]] = [
    {
        "role": "bot" if number % 2 else "user",
        "content": TEXTS[number % len(TEXTS)],
        "timestamp": f"2026-01-01T10:{number:02}:00Z",
    }
    for number in range(10)
]


def create_arguments(user: str) -> dict[str, Any]:
    """Return what `create_chat_session` is given for a person who is known already."""
    return {"user_id": f"user_{user}", "user_data": PERSON, "platform": "whatsapp"}


def save_arguments(user: str, session: str) -> dict[str, Any]:
    """Return what `save_conversation` is given: ten messages of eighty characters."""
    return {
        "session_id": session,
        "user_id": f"user_{user}",
        "messages": MESSAGES,
        "intent_analysis": INTENT,
    }


def context_arguments(user: str) -> dict[str, Any]:
    """Return what `get_user_context` is given: profile and five conversations, about 9 kB."""
    return {"user_id": f"user_{user}", "include_history": True}


def as_json(value: object) -> str:
    """Return JSON as a client in JavaScript would send it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
