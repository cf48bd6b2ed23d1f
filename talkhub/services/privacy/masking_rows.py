"""What of a stored row is masked: what people said, never what other rows are found by."""

from __future__ import annotations

from typing import Any, Final

from talkhub.analysis.identity_numbers import without_numbers
from talkhub.services.fitting import LONGEST_NAME
from talkhub.services.masking import message_without_numbers
from talkhub.services.sending.messages import said_of

# What else stands in a profile's history is acted on: people are parted by the ids that are there.
_TOLD_OF_A_PERSON: Final = frozenset({"name", "preferences", "tags", "custom"})

_TO_PEOPLE: Final = frozenset({"address", "action"})
"""What only payloads for a channel's account have; the others are events and errands."""


def masked_conversation(said: dict[str, Any]) -> dict[str, Any]:
    """Return a conversation's texts masked; a message keeps all that names it or who reacted."""
    messages = [message_without_numbers(message) for message in said["messages"]]
    return {**without_numbers({**said, "messages": []}), "messages": messages}


def masked_history(said: dict[str, Any]) -> dict[str, Any]:
    """Return a change of a profile masked where it tells of the person."""
    changes = {
        name: _masked_change(name, change) if name in _TOLD_OF_A_PERSON else change
        for name, change in said["changes"].items()
    }
    return {"changes": changes}


def masked_sent(said: dict[str, Any]) -> dict[str, Any]:
    """Return what was sent masked: to people what was said, to others all of it."""
    payload = said["payload"]
    if _TO_PEOPLE.isdisjoint(payload):
        return {"payload": without_numbers(payload)}
    return {"payload": {**payload, **without_numbers(said_of(payload))}}


def _masked_change(name: str, change: dict[str, Any]) -> dict[str, Any]:
    masked: dict[str, Any] = without_numbers(change)
    if name != "name":
        return masked
    # As long as the profile's own name is: parting people compares the two.
    return {when: it and it[:LONGEST_NAME] for when, it in masked.items()}
