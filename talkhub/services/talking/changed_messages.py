"""What a message has become: as it was sent, with everything applied that happened to it.

Pure. The result depends on what happened and not on the order in which it was told, and
applying the same twice changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from talkhub.names import ChangeKind
from talkhub.services.talking.transcripts import Message, format_time

_LEFT_OF_A_REVOKED_ONE = ("id", "role", "kind", "timestamp", "external_id")


@dataclass(frozen=True, slots=True)
class ToldChange:
    """A change as it was noted; `event_id` is the inbox' event that told it."""

    kind: ChangeKind
    actor: str
    value: Mapping[str, Any]
    at: datetime
    event_id: int


def changed(message: Message, told: Iterable[ToldChange]) -> Message:
    """Return a message with its edits, reactions and revocation applied."""
    by_kind: dict[ChangeKind, list[ToldChange]] = {}
    for change in told:
        by_kind.setdefault(change.kind, []).append(change)
    revoked = [change.at for change in by_kind.get(ChangeKind.REVOKE, ())]
    if "revoked_at" in message:
        revoked.append(datetime.fromisoformat(message["revoked_at"]))
    if revoked:
        return _revoked(message, min(revoked))
    edited = _edited(message, by_kind.get(ChangeKind.EDIT, ()))
    return _reacted_to(edited, by_kind.get(ChangeKind.REACTION, ()))


def _revoked(message: Message, revoked_at: datetime) -> Message:
    """Return what may be kept of a message that its writer took back: that there was one."""
    kept = {name: message[name] for name in _LEFT_OF_A_REVOKED_ONE if name in message}
    return {**kept, "content": "", "revoked_at": format_time(revoked_at)}


def _edited(message: Message, edits: Iterable[ToldChange]) -> Message:
    """Return a message with its last edit. Of two at one time the greater text counts.

    An edit changes what a message says, not what it is or what it answers.
    """
    versions = [(edit.at, str(edit.value.get("content", ""))) for edit in edits]
    if "edited_at" in message:
        versions.append((datetime.fromisoformat(message["edited_at"]), message["content"]))
    if not versions:
        return message
    edited_at, content = max(versions)
    return {**message, "content": content, "edited_at": format_time(edited_at)}


def _reacted_to(message: Message, reactions: Iterable[ToldChange]) -> Message:
    """Return a message with each person's last reaction; one that was taken back is none."""
    last: dict[str, tuple[datetime, str]] = {
        reaction["by"]: (datetime.fromisoformat(reaction["at"]), reaction["emoji"])
        for reaction in message.get("reactions", ())
    }
    for reaction in reactions:
        told = reaction.at, str(reaction.value.get("emoji", ""))
        last[reaction.actor] = max(told, last.get(reaction.actor, told))
    without = {name: value for name, value in message.items() if name != "reactions"}
    standing = [
        {"by": actor, "emoji": emoji, "at": format_time(at)}
        for actor, (at, emoji) in sorted(last.items())
        if emoji
    ]
    return {**without, "reactions": standing} if standing else without
