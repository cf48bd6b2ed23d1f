"""What each provider's answers mean, and what is sent to those who hide their number."""

from __future__ import annotations

import json
import socket
import traceback
from datetime import timedelta

import pytest
from factories import KEYRING

from talkhub.channels.registry import CHANNELS
from talkhub.names import Platform, SendFailure
from talkhub.outbound.guarded import Answer, GuardedClient
from talkhub.outbound.senders.base import Accepted, Hosts, Outgoing, SendingAccount, SendRefused
from talkhub.outbound.sending import SENDERS, send
from talkhub.services.sending.channel_accounts import (
    account_binding,
    encrypted_credentials,
    read_credentials,
)
from talkhub.services.sending.replying import QueuedMessage, attempt

MESSAGE = Outgoing("5511999990001", "oi", address={"number_id": "10"})
NO_WAIT = timedelta(0)


def account(platform: Platform, **credentials: str) -> SendingAccount:
    return SendingAccount(platform, "1", {"instance": "clinica", **credentials})


def answer(document: object, status: int = 400, **headers: str) -> Answer:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, told, body)


def graph(code: int, sub: int = 0, **more: object) -> Answer:
    return answer({"error": {"message": "no", "code": code, "error_subcode": sub, **more}})


SLOW = {"ok": False, "description": "slow", "parameters": {"retry_after": 7}}
NO = {"ok": False, "description": "no"}
REFUSALS = [
    (Platform.TELEGRAM, answer(b"<html>", 502), "temporary", 0, False),
    (Platform.TELEGRAM, answer(NO, 403), "blocked", 0, False),
    (Platform.TELEGRAM, answer(NO, 400), "permanent", 0, False),
    (Platform.TELEGRAM, answer([], 200), "permanent", 0, False),
    (Platform.TELEGRAM, answer(SLOW, 429), "rate_limited", 7, True),
    (Platform.TELEGRAM, answer(NO, 429), "rate_limited", 60, True),
    (Platform.WHATSAPP, graph(131000), "temporary", 0, False),
    (Platform.WHATSAPP, graph(999, is_transient=True), "temporary", 0, False),
    (Platform.WHATSAPP, answer(b"", 500), "temporary", 0, False),
    (Platform.WHATSAPP, graph(131047), "window_closed", 0, False),
    (Platform.WHATSAPP, graph(131050), "blocked", 0, False),
    (Platform.WHATSAPP, graph(131026), "permanent", 0, False),
    (Platform.WHATSAPP, graph(190), "permanent", 0, False),
    (Platform.WHATSAPP, graph(130429), "rate_limited", 60, True),
    (Platform.WHATSAPP, graph(131056), "rate_limited", 6, False),
    (Platform.MESSENGER, graph(10, 2018278), "window_closed", 0, False),
    (Platform.MESSENGER, graph(10), "permanent", 0, False),
    (Platform.INSTAGRAM, graph(551), "blocked", 0, False),
    (Platform.INSTAGRAM, answer({}, 503, retry_after="30"), "temporary", 30, False),
    (
        Platform.UCHAT,
        answer({"status": "error", "message": "no such user"}, 200),
        "permanent",
        0,
        False,
    ),
    (
        Platform.UCHAT,
        answer({"status": "error", "message": "window closed"}, 200),
        "window_closed",
        0,
        False,
    ),
    (Platform.UCHAT, answer({}, 200), "permanent", 0, False),
    (Platform.UCHAT, answer({"message": "no"}, 401), "permanent", 0, False),
    (Platform.UCHAT, answer({}, 429, retry_after="90"), "rate_limited", 90, True),
    (Platform.UCHAT, answer({}, 429, x_ratelimit_reset="99999"), "rate_limited", 3600, True),
    (Platform.EVOLUTION, answer({}, 500), "temporary", 0, False),
    (Platform.EVOLUTION, answer({"error": "Bad"}), "permanent", 0, False),
    (Platform.EVOLUTION, answer({}, 201), "permanent", 0, False),
]


@pytest.mark.parametrize(("platform", "told", "failure", "wait", "rests"), REFUSALS)
def test_a_refusal_is_known_for_what_it_is(
    platform: Platform, told: Answer, failure: str, wait: int, *, rests: bool
) -> None:
    with pytest.raises(SendRefused) as refused:
        SENDERS[platform].accepted(told, MESSAGE, account(platform))

    known = refused.value
    assert (known.failure, known.wait, known.rests_account) == (
        SendFailure(failure),
        timedelta(seconds=wait),
        rests,
    )


@pytest.mark.parametrize(
    ("platform", "document", "accepted"),
    [
        (
            Platform.TELEGRAM,
            {"ok": True, "result": {"message_id": 60, "chat": {"id": -7}, "date": 1795302300}},
            Accepted("-7:60:1795302300", "-7:60"),
        ),
        (Platform.WHATSAPP, {"messages": [{"id": "wamid.1"}]}, Accepted("wamid.1")),
        (Platform.MESSENGER, {"message_id": "m_1"}, Accepted("m_1")),
        (Platform.UCHAT, {"status": "ok"}, Accepted()),
        (Platform.EVOLUTION, {"key": {"id": "3EB0"}}, Accepted("clinica:3EB0")),
    ],
)
def test_an_answer_tells_by_which_name_events_will_speak_of_the_message(
    platform: Platform, document: dict, accepted: Accepted
) -> None:
    told = answer(document, 200)

    assert SENDERS[platform].accepted(told, MESSAGE, account(platform)) == accepted


def test_who_hides_their_number_is_written_to_by_metas_own_id() -> None:
    hidden = Outgoing("BR.134", "oi", address={"number_id": "10"})

    made = SENDERS[Platform.WHATSAPP].request(
        hidden, account(Platform.WHATSAPP, access_token="EAA"), Hosts()
    )

    assert (made.body["recipient"], "to" in made.body) == ("BR.134", False)


@pytest.mark.parametrize("platform", SENDERS)
def test_an_account_without_its_credentials_sends_nothing(platform: Platform) -> None:
    with pytest.raises(SendRefused) as refused:
        SENDERS[platform].request(MESSAGE, SendingAccount(platform, "1", {}), Hosts())

    assert refused.value.failure == SendFailure.PERMANENT


def test_a_number_that_nobody_knows_any_more_is_no_guess() -> None:
    forgotten = Outgoing("5511999990001", "oi")

    with pytest.raises(SendRefused, match="not known which"):
        SENDERS[Platform.WHATSAPP].request(
            forgotten, account(Platform.WHATSAPP, access_token="EAA"), Hosts()
        )


def test_a_reason_is_one_short_line_whatever_a_provider_writes() -> None:
    assert SendRefused(SendFailure.PERMANENT, "a\n" + "b" * 999).reason == "a " + "b" * 298


def test_whoever_can_be_heard_can_be_answered() -> None:
    assert set(SENDERS) == set(CHANNELS)


@pytest.mark.parametrize("secret", ["s3cret\r", "s3cret\n", "s3cret\u2019"])
def test_a_credential_that_fits_in_no_header_is_refused_without_being_quoted(secret: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        hosts = Hosts(graph=f"http://127.0.0.1:{nobody.getsockname()[1]}")
        client = GuardedClient(reaches_loopback=True)
        with pytest.raises(SendRefused) as refused:
            send(client, hosts, MESSAGE, account(Platform.WHATSAPP, access_token=secret))

    assert refused.value.failure == SendFailure.PERMANENT
    assert "s3cret" not in "".join(traceback.format_exception(refused.value))


def test_what_nobody_expected_of_a_sender_settles_and_is_logged_by_name_only(
    capsys: pytest.CaptureFixture[str],
) -> None:
    class Broken(GuardedClient):
        def send(self, *_: object, **__: object) -> Answer:
            raise KeyError("s3cret")

    bound_to = account_binding(1, Platform.WHATSAPP, "1")
    credentials = encrypted_credentials({"access_token": "s3cret\n"}, KEYRING, bound_to=bound_to)
    payload = {"user_id": "55", "text": "oi", "address": {"number_id": "1"}}
    message = QueuedMessage(1, 1, 1, "message", payload, 1, 1, Platform.WHATSAPP, "1", credentials)

    result = attempt(Broken(), Hosts(), message, keyring=KEYRING)

    assert result.refused is not None
    assert (result.refused.failure, result.refused.reason) == ("temporary", "Unexpected: KeyError")
    told = capsys.readouterr()
    assert "s3cret" not in told.out + told.err
    assert read_credentials(credentials, KEYRING, bound_to=bound_to) == {"access_token": "s3cret"}
