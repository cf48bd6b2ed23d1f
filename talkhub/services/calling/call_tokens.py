"""Tokens that let a browser into one call, on one side, for some minutes; and tickets to call.

They are for other audiences than tokens of the API: neither opens what the other does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import jwt

from talkhub import clock
from talkhub.errors import Unauthenticated
from talkhub.names.calls import CallSide
from talkhub.security import ALGORITHM, CLOCK_LEEWAY_SECONDS, ISSUER
from talkhub.store.signing_keys import SigningKey

TOKEN_LIFETIME = timedelta(minutes=5)
"""A browser that is still there is given another with each answer."""

TICKET_LIFETIME = timedelta(minutes=15)

_CALL, _TICKET = "talkhub-call", "talkhub-call-ticket"
_REQUIRED = ["exp", "iat", "iss", "aud", "sub", "ws"]


@dataclass(frozen=True, slots=True)
class Participant:
    """Who holds a token: a side of one call; `name` is an agent's login."""

    workspace_id: int
    call_id: str
    side: CallSide
    name: str


@dataclass(frozen=True, slots=True)
class Ticket:
    """That somebody is who a workspace's own program says."""

    workspace_id: int
    user_id: str
    name: str | None


def call_token(key: SigningKey, participant: Participant) -> str:
    """Return a token for one side of one call."""
    own = {"call": participant.call_id, "side": participant.side.value}
    whose = _whose(participant.workspace_id, participant.name)
    return _signed(key, _CALL, TOKEN_LIFETIME, whose, own)


def read_call_token(token: str, find_key: Callable[[str], bytes | None]) -> Participant:
    """Return whose token it is; raises Unauthenticated."""
    claims = _read(token, find_key, _CALL)
    try:
        return Participant(
            int(claims["ws"]), str(claims["call"]), CallSide(claims["side"]), str(claims["sub"])
        )
    except (KeyError, ValueError) as error:
        raise _refusal() from error


def call_ticket(key: SigningKey, ticket: Ticket) -> str:
    """Return what a page shows that a workspace's own program made for a known person."""
    own = {"name": ticket.name} if ticket.name else {}
    whose = _whose(ticket.workspace_id, ticket.user_id)
    return _signed(key, _TICKET, TICKET_LIFETIME, whose, own)


def read_call_ticket(token: str, find_key: Callable[[str], bytes | None]) -> Ticket:
    """Return whom a ticket names; raises Unauthenticated."""
    claims = _read(token, find_key, _TICKET)
    name = claims.get("name")
    return Ticket(int(claims["ws"]), str(claims["sub"]), str(name) if name else None)


def _whose(workspace_id: int, subject: str) -> dict[str, object]:
    return {"ws": workspace_id, "sub": subject}


def _signed(
    key: SigningKey,
    audience: str,
    lifetime: timedelta,
    whose: dict[str, object],
    own: dict[str, str],
) -> str:
    now = clock.now()
    claims = {"iss": ISSUER, "aud": audience, "iat": now, "exp": now + lifetime, **whose, **own}
    return jwt.encode(claims, key.material, algorithm=ALGORITHM, headers={"kid": key.kid})


def _read(token: str, find_key: Callable[[str], bytes | None], audience: str) -> dict[str, Any]:
    try:
        key = find_key(str(jwt.get_unverified_header(token).get("kid", "")))
        if key is None:
            raise jwt.InvalidKeyError("unknown kid")
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=[ALGORITHM],
            issuer=ISSUER,
            audience=audience,
            leeway=CLOCK_LEEWAY_SECONDS,
            options={"require": _REQUIRED},
        )
    except jwt.PyJWTError as error:
        raise _refusal() from error
    return claims


def _refusal() -> Unauthenticated:
    return Unauthenticated("This token is not for a call here, or it has expired.")
