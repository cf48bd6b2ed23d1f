"""What is left of erased people: keyed hashes, by which what they once sent is kept out.

Whoever writes again is a new person, whom nothing ties to the one that was erased. What was sent
before the erasure and comes again, out of a provider's retries or a dead letter, is not taken.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from talkhub.channels.base import MessageChange
from talkhub.services.people.channel_people import sighting_of
from talkhub.services.talking.channel_sessions import ClaimedEvent
from talkhub.store.statements import changes
from talkhub.store.statements import erasing as statements
from talkhub.store.uow import UnitOfWork

Name = tuple[str, ...]
"""What an identity or message is known by: its kind, and what makes it the only one of them."""

MESSAGE = "message"
USER_ID = "user_id"


class Tombstones:
    """The hashes of one installation; `key` tells the key without which nobody can try numbers."""

    def __init__(self, key: Callable[[], bytes]) -> None:
        self._key = key

    def digest(self, workspace_id: int, name: Name) -> bytes:
        """Return the hash that stands for a name in a workspace."""
        text = "\0".join((str(workspace_id), *name)).encode("utf-8", "surrogatepass")
        return hmac.digest(self._key(), text, "sha256")

    def put(self, uow: UnitOfWork, names: Iterable[Name], *, erased_at: datetime) -> int:
        """Keep the hashes of names; return how many there are now."""
        digests = sorted({self.digest(uow.workspace_id, name) for name in names})
        params = {"workspace_id": uow.workspace_id, "digests": digests, "erased_at": erased_at}
        uow.run(statements.PUT_TOMBSTONES, params)
        return len(digests)

    def erased(self, uow: UnitOfWork, names: Collection[Name]) -> Mapping[Name, datetime]:
        """Return which of these names were erased, and when."""
        if not names:
            return {}
        by_digest = {self.digest(uow.workspace_id, name): name for name in names}
        key = {"workspace_id": uow.workspace_id, "digests": list(by_digest)}
        rows = uow.run(statements.FIND_TOMBSTONES, key)
        return {by_digest[bytes(digest)]: erased_at for digest, erased_at in rows}


def without_erased(
    uow: UnitOfWork, events: Sequence[ClaimedEvent], tombstones: Tombstones
) -> Sequence[ClaimedEvent]:
    """Return the events, those that bring erased things back as if they meant nothing to us.

    Of these the inbox keeps no body either. The caller holds the locks of the people and messages.
    """
    names = {event.id: _names(event) for event in events}
    erased = tombstones.erased(uow, {name for own in names.values() for name in own})
    if not erased:
        return events
    kept_out = {event.id for event in events if _is_from_before(event, names[event.id], erased)}
    if kept_out:
        key = {"workspace_id": uow.workspace_id, "event_ids": sorted(kept_out)}
        uow.run(changes.FORGET_EVENTS, key)
    return [replace(it, happening=None) if it.id in kept_out else it for it in events]


def _names(event: ClaimedEvent) -> set[Name]:
    """Return the names under which what an event tells of may have been erased."""
    if isinstance(event.happening, MessageChange):
        return {(MESSAGE, event.source, event.happening.target)}
    sighting = sighting_of(event.happening)
    if sighting is None:
        return set()
    # Without the phone, unless it is one of the provider's ids: it may be typed by anybody.
    return {(USER_ID, sighting.sender.user_id), *sighting.sender.identities}


def _is_from_before(
    event: ClaimedEvent, names: Collection[Name], erased: Mapping[Name, datetime]
) -> bool:
    """Tell whether an event speaks of a time before its person was erased, or of what was."""
    erasures = [erased[name] for name in names if name in erased]
    sighting = sighting_of(event.happening)
    return bool(erasures) and (sighting is None or sighting.at <= max(erasures))
