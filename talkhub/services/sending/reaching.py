"""Where a person can be written to now: the chat of a message of theirs, if it is still open.

Ids may be joined by a phone alone, which anybody can type (docs/decisions/0018). So the
recipient is who sent the very event that the way comes from, and an id's messages go only to
itself or to ids that are surely the same person, unless the caller names the account.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from talkhub import clock
from talkhub.channels.base import Sender
from talkhub.channels.registry import CHANNELS
from talkhub.errors import NotFound, OptedOut, Unreachable, WindowClosed
from talkhub.names import Platform
from talkhub.services.fitting import fitting_id
from talkhub.store.statements import messages as statements
from talkhub.store.statements.consents import REFUSED_CONTACT
from talkhub.store.uow import UnitOfWork

WINDOW = timedelta(hours=24)
WINDOWED = frozenset({Platform.WHATSAPP, Platform.MESSENGER, Platform.INSTAGRAM})
"""The channels that take free text only so long after the person last wrote."""

_LOOKED_BACK = (1, 100)
"""So many messages are looked at for one of the right sender: mostly the last one is."""


@dataclass(frozen=True, slots=True)
class Chat:
    """Whom to look for: an id, and the account if it matters which.

    One that `is_pinned` is a chat that somebody looks at: no other id of the person will do.
    `profile_id` is whose the id is, where that is known already.
    """

    user_id: str
    channel_id: int | None = None
    is_pinned: bool = False
    profile_id: int | None = None


@dataclass(frozen=True, slots=True)
class Route:
    """The way to a person, and when they last wrote on it."""

    profile_id: int
    channel_id: int
    kind: str
    user_id: str
    session_id: str
    heard_at: datetime
    address: dict[str, str]


def route_to(uow: UnitOfWork, chat: Chat) -> Route:
    """Return the way to a person.

    Raises NotFound for one whom nobody knows, Unreachable, and OptedOut.
    """
    key: dict[str, Any] = {"workspace_id": uow.workspace_id, "user_id": chat.user_id}
    profile_id = chat.profile_id or uow.run(statements.PERSON_TO_WRITE_TO, key).scalar()
    if profile_id is None:
        raise NotFound("There is no such person.")
    key |= {"profile_id": profile_id, "channel_id": chat.channel_id}
    row, user_id = _last_heard(uow, chat, key)
    if not row["can_send"]:
        detail = "The account this person wrote to has no credentials to send with; connect it."
        raise Unreachable(detail)
    key |= {"channel_id": row["channel_id"], "arrived_at": row["arrived_at"]}
    if uow.run(statements.BLOCKED_SINCE, key).scalar_one():
        raise Unreachable("This person blocked the account, and has not written since.")
    key |= {"session_id": row["session_id"]}
    if uow.run(REFUSED_CONTACT, key).scalar():
        raise OptedOut("This person opted out of messages; answer once they write again.")
    return Route(
        profile_id=profile_id,
        channel_id=row["channel_id"],
        kind=row["kind"],
        user_id=user_id,
        session_id=row["session_id"],
        heard_at=row["heard_at"],
        address=_address(row),
    )


def refuse_closed_window(route: Route, *, is_free_text: bool) -> None:
    """Raise WindowClosed if a channel no longer takes what is to be said."""
    is_open = clock.now() - route.heard_at < WINDOW
    if route.kind not in WINDOWED or not is_free_text or is_open:
        return
    way = (
        "send an approved template: `approved_template` with its name and language."
        if route.kind == Platform.WHATSAPP
        else "wait until the person writes again."
    )
    raise WindowClosed(f"This person last wrote more than 24 hours ago. Now you can only {way}")


def what_hinders(uow: UnitOfWork, chat: Chat) -> Unreachable | WindowClosed | None:
    """Return why a person can be sent no free text now; None if they can."""
    try:
        refuse_closed_window(route_to(uow, chat), is_free_text=True)
    except (Unreachable, WindowClosed) as hindrance:
        return hindrance
    return None


def _last_heard(
    uow: UnitOfWork, chat: Chat, key: Mapping[str, Any]
) -> tuple[Mapping[Any, Any], str]:
    """Return the last message that shows a way, and who sent it."""
    found = uow.run(statements.SURELY_THE_SAME, {**key, "is_pinned": chat.is_pinned})
    sure = {(row[0], row[1]) for row in found}
    newest: tuple[Mapping[Any, Any], str] | None = None
    for limit in _LOOKED_BACK:
        heard = uow.run(statements.LAST_HEARD_ON, {**key, "limit": limit}).mappings().all()
        for row in heard:
            sender = _sender(row)
            newest = newest or (row, sender.user_id)
            if not sure.isdisjoint({("user_id", sender.user_id), *sender.identities}):
                return row, sender.user_id
        if len(heard) < limit:
            break
    if newest is None:
        raise Unreachable("This person never wrote through an account of the workspace's.")
    if chat.channel_id is None or chat.is_pinned:
        detail = "Only ids that a phone may have joined to this one wrote; name the `channel_id`."
        raise Unreachable(detail)
    return newest


def _address(row: Mapping[Any, Any]) -> dict[str, str]:
    """Return where answers to a message go; one from before that was kept has only its event."""
    kept: dict[str, str] | None = row["answer_address"]
    return kept or CHANNELS[row["kind"]].answer_address(row["payload"] or {})


def _sender(row: Mapping[Any, Any]) -> Sender:
    """Return who sent a message; of a forgotten one, under whose id it is kept."""
    happening = (
        CHANNELS[row["kind"]].normalise(row["payload"], row["arrived_at"])
        if row["payload"]
        else None
    )
    sender = getattr(happening, "sender", None)
    if not isinstance(sender, Sender):
        return Sender(user_id=row["user_id"])
    return Sender(user_id=fitting_id(sender.user_id), identities=sender.identities)
