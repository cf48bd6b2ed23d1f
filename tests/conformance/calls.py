"""What clients call on the service: something for every tool, resource and prompt it has.

Knows nothing but Python, as foreign clients run it in an environment of their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

USER = "conformance-ana"
SESSION = "conformance-session"

TOOLS: dict[str, dict[str, Any]] = {
    "create_chat_session": {"user_id": USER, "user_data": {"name": "Ana"}, "platform": "whatsapp"},
    "save_conversation": {
        "session_id": SESSION,
        "user_id": USER,
        "messages": [
            {"role": "user", "content": "Onde está meu pedido?"},
            {"role": "assistant", "content": "Ele chega amanhã."},
        ],
    },
    "get_user_context": {"user_id": USER, "include_history": True},
    "search_memory": {"user_id": USER, "query": "pedido"},
    "update_user_profile": {"user_id": USER, "profile_data": {"tags": ["vip"]}},
    "get_conversation_analytics": {"date_range": {"start": "2026-01-01"}},
    "record_event": {"user_id": USER, "name": "order_paid", "value": 99.9},
    "record_score": {"user_id": USER, "kind": "nps", "score": 9},
    "get_satisfaction": {},
    "get_retention": {"granularity": "month"},
    "get_funnel": {"steps": ["order_paid"]},
    "list_conversations": {"start": "2026-01-01", "limit": 5},
    "list_profiles": {"label": "vip"},
}
"""Arguments by tool, in an order in which each finds what it needs."""

NEED_AN_ACCOUNT = frozenset({"send_message", "get_message"})
"""Tools that answer only where a channel account is connected; tests/sending calls them."""

KNOWN = {
    "user_id": USER,
    "session_id": SESSION,
    "start": "2026-01-01",
    "end": "2026-01-31",
    "until": "2026-01-31",
    "tone": "formal",
    "platform": "whatsapp",
    "language": "en",
}
"""What stands in the places of templates and the arguments of prompts, by name."""


def filled(template: str, values: Mapping[str, str]) -> str:
    """Return the address that a template means; raise KeyError for a place nobody knows."""
    return template.replace("{", "%(").replace("}", ")s") % values
