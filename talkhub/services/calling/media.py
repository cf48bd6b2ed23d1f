"""What browsers need to reach each other: relay servers, and rooms where more than two talk.

Pure functions: nobody is asked. Servers that share a secret with us take what we signed.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import datetime, timedelta
from typing import Any

import jwt

from talkhub.names.calls import CallSide

LONGEST_CALL = timedelta(hours=4)

RELAYED_FOR = timedelta(hours=1)
"""Credentials of a relay hold so long. While a call goes on there are always new ones, which
browsers take when they look for another way."""

ROOM_TOKEN_LIFETIME = timedelta(minutes=10)
"""A LiveKit server checks it when somebody joins."""


def turn_credentials(secret: str, who: str, *, until: datetime) -> tuple[str, str]:
    """Return user name and password by coturn's REST scheme (`use-auth-secret`).

    The name is the second at which it ends and an id; the password is the HMAC-SHA1 of that,
    in Base64.
    """
    name = f"{int(until.timestamp())}:{who}"
    digest = hmac.new(secret.encode(), name.encode(), hashlib.sha1).digest()
    return name, base64.b64encode(digest).decode()


def ice_servers(
    urls: tuple[str, ...], secret: str, who: str, *, now: datetime
) -> list[dict[str, Any]]:
    """Return the servers as RTCPeerConnection takes them; STUN servers ask for no password."""
    stun = [url for url in urls if url.startswith(("stun:", "stuns:"))]
    turn = [url for url in urls if url.startswith(("turn:", "turns:"))]
    servers: list[dict[str, Any]] = [{"urls": stun}] if stun else []
    if turn:
        name, password = turn_credentials(secret, who, until=now + RELAYED_FOR)
        servers.append({"urls": turn, "username": name, "credential": password})
    return servers


def rtc_configuration(
    urls: tuple[str, ...], secret: str, call_id: str, side: CallSide, *, now: datetime
) -> dict[str, Any]:
    """Return what a side's RTCPeerConnection is configured with.

    Where there is a relay, agents are reached by it alone: callers do not learn where they work.
    """
    servers = ice_servers(urls, secret, f"{call_id}-{side}", now=now)
    is_hidden = side == CallSide.AGENT and any("credential" in it for it in servers)
    return {"iceServers": servers, "iceTransportPolicy": "relay" if is_hidden else "all"}


def room_token(
    api_key: str, api_secret: str, *, room: str, identity: str, name: str, now: datetime
) -> str:
    """Return what lets somebody into a room of a LiveKit server, to hear and to be heard."""
    claims = {
        "iss": api_key,
        "sub": identity,
        "name": name,
        "nbf": int(now.timestamp()),
        "exp": int((now + ROOM_TOKEN_LIFETIME).timestamp()),
        "video": {
            "room": room,
            "roomJoin": True,
            "canPublish": True,
            "canSubscribe": True,
            "canPublishData": False,
        },
    }
    return jwt.encode(claims, api_secret, algorithm="HS256")
