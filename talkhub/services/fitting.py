"""What a provider says, cut to what our columns hold: no message is lost for a long name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from talkhub.channels.base import (
    EventTold,
    Happening,
    MessageChange,
    NormalisedMessage,
    PersonSeen,
    ScoreGiven,
    Sender,
    SessionEnd,
)
from talkhub.channels.fields import fingerprint

LONGEST_ID = 255
LONGEST_KIND = 64
LONGEST_NAME = 255
LONGEST_PHONE = 50
LONGEST_EMAIL = 255
LONGEST_LOCALE = 35


def without_nul(text: str) -> str:
    """Return a text as PostgreSQL takes it: its texts hold no NUL, and it looks for none."""
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}")


def fitting_id(external_id: str) -> str:
    """Return an id as it is kept: a longer one under its fingerprint, never cut short."""
    return external_id if len(external_id) <= LONGEST_ID else fingerprint(external_id.encode())


def fitted_address(address: Mapping[str, str]) -> Mapping[str, str]:
    """Return where an answer goes, or nothing if no provider would know such a place."""
    return address if all(len(value) <= LONGEST_ID for value in address.values()) else {}


def fitted(happening: Happening) -> Happening:
    """Return what happened with details that fit. What would be wrong when cut is left out."""
    match happening:
        case NormalisedMessage():
            return replace(
                happening,
                kind=happening.kind[:LONGEST_KIND],
                external_id=fitting_id(happening.external_id),
                alias=happening.alias and fitting_id(happening.alias),
                sender=_fitted_sender(happening.sender),
            )
        case MessageChange():
            return replace(
                happening,
                target=fitting_id(happening.target),
                actor=fitting_id(happening.actor),
            )
        case PersonSeen() | SessionEnd() | EventTold() | ScoreGiven():
            return replace(happening, sender=_fitted_sender(happening.sender))


def _fitted_sender(sender: Sender) -> Sender:
    return replace(
        sender,
        user_id=fitting_id(sender.user_id),
        name=sender.name and sender.name[:LONGEST_NAME],
        phone=_whole(sender.phone, LONGEST_PHONE),
        email=_whole(sender.email, LONGEST_EMAIL),
        locale=_whole(sender.locale, LONGEST_LOCALE),
        identities=tuple(known for known in sender.identities if len(known[1]) <= LONGEST_ID),
    )


def _whole(detail: str | None, longest: int) -> str | None:
    return detail if detail is not None and len(detail) <= longest else None
