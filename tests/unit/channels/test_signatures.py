"""How a provider proves itself."""

import base64
import hmac
import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import Headers

from talkhub.channels import meta, telegram, uchat, whatsapp
from talkhub.channels.registry import CHANNELS
from talkhub.channels.signatures import is_hmac_sha256, is_shared_secret

VECTORS = Path(__file__).parents[2] / "payloads" / "signatures"
POST_VECTORS = json.loads((VECTORS / "whatsapp_post.json").read_text("utf-8"))
GET_VECTORS = json.loads((VECTORS / "whatsapp_get.json").read_text("utf-8"))

SECRET = "c2VncmVkb19kZV90ZXN0ZQ"
RAW = b'{"user_ns":"f1u2","message":"oi"}'
SIGNATURE = "sha256=" + hmac.new(SECRET.encode(), RAW, "sha256").hexdigest()

every_channel = pytest.mark.parametrize("name", sorted(CHANNELS))


@pytest.mark.parametrize("vector", POST_VECTORS, ids=lambda vector: vector["name"])
def test_meta_signature_is_checked_over_the_raw_bytes(vector: dict[str, Any]) -> None:
    raw = base64.b64decode(vector["body_base64"])
    headers = {"X-Hub-Signature-256": vector["x_hub_signature_256"]}

    assert whatsapp.verify(raw, headers, [vector["app_secret"]]) is vector["valid"]


@pytest.mark.parametrize("case", GET_VECTORS, ids=lambda case: case["query"])
def test_whatsapp_subscription_needs_mode_and_token(case: dict[str, Any]) -> None:
    query = dict(parse_qsl(case["query"], keep_blank_values=True))

    challenge = meta.verify_subscription(query, case["configured_token"])

    assert challenge == (query["hub.challenge"] if case["status"] == 200 else None)


def test_whatsapp_subscription_without_a_challenge_is_refused() -> None:
    query = {"hub.mode": "subscribe", "hub.verify_token": "meu_token"}

    assert meta.verify_subscription(query, "meu_token") is None


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": f"Bearer {SECRET}"},
        {"authorization": f"bearer  {SECRET} "},
        {"X-Webhook-Secret": SECRET},
        {"X-TalkHub-Secret": SECRET},
        {"x-talkhub-secret": SECRET},
        {"X-Signature-256": SIGNATURE},
        {"X-Hub-Signature-256": SIGNATURE},
        {"Authorization": "Bearer another", "X-Webhook-Secret": SECRET},
    ],
)
def test_uchat_proves_itself_by_any_of_its_ways(headers: dict[str, str]) -> None:
    assert uchat.verify(RAW, headers, [SECRET])
    assert uchat.verify(RAW, Headers(headers), [SECRET])


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": SECRET},
        {"Authorization": f"Basic {SECRET}"},
        {"Authorization": "Bearer"},
        {"Authorization": f"Bearer {SECRET}x"},
        {"X-Webhook-Secret": ""},
        {"X-Webhook-Secret": SECRET[:-1]},
        {"X-Webhook-Secret": f"{SECRET}, {SECRET}"},
        {"X-Webhook-Secret": "segredo: é"},
        {"X-Signature-256": SIGNATURE.removeprefix("sha256=")},
        {"X-Signature-256": SIGNATURE.upper()},
        {"X-Signature-256": f"{SIGNATURE}\n"},
        {"Cookie": SECRET},
    ],
)
def test_uchat_is_refused_without_its_secret(headers: dict[str, str]) -> None:
    assert not uchat.verify(RAW, headers, [SECRET])


def test_uchat_signature_of_another_body_is_refused() -> None:
    assert not uchat.verify(RAW + b" ", {"X-Signature-256": SIGNATURE}, [SECRET])


@pytest.mark.parametrize(("given_token", "fits"), [(SECRET, True), ("wrong", False), ("", False)])
def test_telegram_proves_itself_by_its_secret_token(given_token: str, *, fits: bool) -> None:
    headers = {"X-Telegram-Bot-Api-Secret-Token": given_token}

    assert telegram.verify(RAW, headers, [SECRET]) is fits


@every_channel
def test_old_and_new_secret_fit_while_a_secret_is_changed(name: str) -> None:
    for active in ([SECRET, "new"], ["new", SECRET]):
        assert CHANNELS[name].verify(RAW, proof_of(name), active)
    assert not CHANNELS[name].verify(RAW, proof_of(name), ["new"])


@every_channel
@pytest.mark.parametrize("secrets", [[], [""], ["", ""]])
def test_nothing_fits_where_no_secret_is_set(name: str, secrets: list[str]) -> None:
    empty_hmac = "sha256=" + hmac.new(b"", RAW, "sha256").hexdigest()
    empty_proofs = {
        "Authorization": "Bearer ",
        "X-Webhook-Secret": "",
        "X-Hub-Signature-256": empty_hmac,
        "X-Telegram-Bot-Api-Secret-Token": "",
    }

    assert not CHANNELS[name].verify(RAW, empty_proofs, secrets)
    assert not CHANNELS[name].verify(RAW, proof_of(name), secrets)


def test_a_secret_beyond_ascii_fits_as_wsgi_hands_it_over() -> None:
    as_wsgi_decodes_it = "ação".encode().decode("latin-1")

    assert is_shared_secret(as_wsgi_decodes_it, ["ação"])


@given(
    st.text(), st.binary(max_size=20), st.lists(st.text(st.characters(codec="utf-8")), max_size=3)
)
def test_no_header_makes_the_comparison_raise(header: str, raw: bytes, secrets: list[str]) -> None:
    assert is_shared_secret(header, secrets) in {True, False}
    assert not is_hmac_sha256(raw, header, secrets)


def proof_of(name: str) -> dict[str, str]:
    if name == "telegram":
        return {"X-Telegram-Bot-Api-Secret-Token": SECRET}
    return {"X-Hub-Signature-256": SIGNATURE}
