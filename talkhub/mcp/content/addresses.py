"""The addresses of TalkHub's resources; what stands in their places is percent-encoded."""

from __future__ import annotations

from urllib.parse import quote

PROFILE = "talkhub://users/{user_id}/profile"
CONTEXT = "talkhub://users/{user_id}/context"
SESSION = "talkhub://sessions/{session_id}"
TRANSCRIPT = "talkhub://conversations/{conversation_id}/transcript"
ANALYTICS = "talkhub://analytics/{start}/{end}"
ANALYTICS_TODAY = "talkhub://analytics/today"
HEALTH = "talkhub://health"


def address(template: str, **places: str) -> str:
    """Return the address of one thing."""
    return template.format_map({name: quote(text, safe="") for name, text in places.items()})
