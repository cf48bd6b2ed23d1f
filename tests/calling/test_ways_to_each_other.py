"""What browsers need to reach each other, and the tokens that let them into a call."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime

import jwt
import pytest

from talkhub.errors import Unauthenticated
from talkhub.names.calls import CallSide
from talkhub.services.calling import call_tokens
from talkhub.services.calling.call_tokens import Participant, Ticket
from talkhub.services.calling.media import (
    RELAYED_FOR,
    ice_servers,
    room_token,
    rtc_configuration,
)
from talkhub.store.signing_keys import SigningKey

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
KEY = SigningKey("k1", b"tests-sign-with-this-key-of-enough-length")
CALLER = Participant(7, "call_abc", CallSide.CALLER, "caller")


def find_key(kid: str) -> bytes | None:
    return KEY.material if kid == KEY.kid else None


def test_a_relays_password_is_the_hmac_of_its_name() -> None:
    urls = ("stun:one.example:3478", "turns:two.example:5349")

    stun, turn = ice_servers(urls, "north", "call_abc-caller", now=NOON)

    name = f"{int((NOON + RELAYED_FOR).timestamp())}:call_abc-caller"
    digest = hmac.new(b"north", name.encode(), hashlib.sha1).digest()
    assert stun == {"urls": ["stun:one.example:3478"]}
    assert turn == {
        "urls": ["turns:two.example:5349"],
        "username": name,
        "credential": base64.b64encode(digest).decode(),
    }


def test_without_servers_browsers_are_given_none() -> None:
    assert ice_servers((), "", "call_abc-caller", now=NOON) == []


@pytest.mark.parametrize(
    ("url", "side", "policy"),
    [
        ("turn:one.example:3478", CallSide.AGENT, "relay"),
        ("turn:one.example:3478", CallSide.CALLER, "all"),
        ("stun:one.example:3478", CallSide.AGENT, "all"),
    ],
)
def test_callers_do_not_learn_where_agents_are_if_there_is_a_relay(
    url: str, side: CallSide, policy: str
) -> None:
    configuration = rtc_configuration((url,), "north", "call_abc", side, now=NOON)

    assert configuration["iceTransportPolicy"] == policy


def test_a_room_is_entered_under_a_name_to_hear_and_be_heard() -> None:
    token = room_token("key", "s" * 32, room="call_abc", identity="ana", name="Ana", now=NOON)

    claims = jwt.decode(token, "s" * 32, algorithms=["HS256"], options={"verify_exp": False})
    assert claims == {
        "iss": "key",
        "sub": "ana",
        "name": "Ana",
        "nbf": int(NOON.timestamp()),
        "exp": int(NOON.timestamp()) + 600,
        "video": {
            "room": "call_abc",
            "roomJoin": True,
            "canPublish": True,
            "canSubscribe": True,
            "canPublishData": False,
        },
    }


def test_a_token_and_a_ticket_say_who_they_were_made_for() -> None:
    ticket = Ticket(7, "user_1", "Rita")

    assert call_tokens.read_call_token(call_tokens.call_token(KEY, CALLER), find_key) == CALLER
    assert call_tokens.read_call_ticket(call_tokens.call_ticket(KEY, ticket), find_key) == ticket


@pytest.mark.parametrize(
    "token",
    [
        pytest.param(call_tokens.call_ticket(KEY, Ticket(7, "user_1", None)), id="a ticket"),
        pytest.param(
            call_tokens.call_token(SigningKey("k2", KEY.material), CALLER), id="an unknown key"
        ),
        pytest.param(
            jwt.encode(
                {"iss": "talkhub", "aud": "talkhub-call", "iat": 1, "exp": 2, "sub": "x", "ws": 7},
                KEY.material,
                headers={"kid": KEY.kid},
            ),
            id="an old one",
        ),
        pytest.param("nothing", id="no token"),
    ],
)
def test_nothing_else_opens_a_call(token: str) -> None:
    with pytest.raises(Unauthenticated):
        call_tokens.read_call_token(token, find_key)
