"""What is left of conversations that took place."""

from dataclasses import dataclass

SLASHED = "+55/19 é?#%"
"""A user id of which nearly every character must be encoded in an address."""


@dataclass(frozen=True)
class Talked:
    """What a conversation left behind."""

    user_id: str
    session_id: str
    conversation_id: str
