"""What is encrypted: read with its keys and in its place, and nothing else is."""

from __future__ import annotations

import base64
from hashlib import sha256

import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st

from talkhub.encryption import (
    Keyring,
    decrypt,
    decrypt_from_client,
    encrypt,
    is_current,
    key_id,
)
from talkhub.errors import Unavailable

OLD, NEW = "a former key of enough length", "the newest key of enough length"
RING = Keyring(NEW, (OLD,))
PLACE = "channels/1/uchat/Fluxo"
TEXTS = ["first secret", "second ç"]

KEPT = b"g1.9863fa0be3939472.nf1Og8NfNVAkxwFohHGHU6pn1l2cV_fTNHOBR8SQfJbLFK94ew4b_xwxL_4DlOAmpw4="


@pytest.mark.parametrize(
    "key", [Fernet.generate_key().decode(), "any text that somebody typed"], ids=["made", "typed"]
)
def test_what_was_encrypted_is_read_with_its_key(key: str) -> None:
    kept = encrypt(TEXTS, Keyring(key), bound_to=PLACE)

    assert decrypt(kept, Keyring(key), bound_to=PLACE) == TEXTS
    assert b"secret" not in kept


def test_what_is_kept_is_still_read_by_every_later_release() -> None:
    assert decrypt(KEPT, RING, bound_to=PLACE) == TEXTS


def test_the_newest_key_encrypts_and_former_ones_are_read() -> None:
    before = encrypt(TEXTS, Keyring(OLD), bound_to=PLACE)
    now = encrypt(TEXTS, RING, bound_to=PLACE)

    assert decrypt(before, RING, bound_to=PLACE) == TEXTS
    assert decrypt(now, Keyring(NEW), bound_to=PLACE) == TEXTS
    assert (is_current(before, RING), is_current(now, RING)) == (False, True)


def test_what_earlier_releases_kept_is_read_and_not_current() -> None:
    stretched = base64.urlsafe_b64encode(sha256(OLD.encode()).digest())
    kept = Fernet(stretched).encrypt("\n".join(TEXTS).encode())

    assert decrypt(kept, RING, bound_to=PLACE) == TEXTS
    assert not is_current(kept, RING)
    with pytest.raises(Unavailable):
        decrypt(kept, Keyring(NEW), bound_to=PLACE)


def test_a_client_brings_back_what_a_strong_key_of_ours_closed_in_todays_format_alone() -> None:
    weak = "changeme"
    ring = Keyring(NEW, (OLD, weak), frozenset({weak}))
    stretched = base64.urlsafe_b64encode(sha256(OLD.encode()).digest())
    forged = [
        encrypt(TEXTS, Keyring(weak), bound_to=PLACE),
        Fernet(stretched).encrypt("\n".join(TEXTS).encode()),
    ]

    for key in (NEW, OLD):
        closed = encrypt(TEXTS, Keyring(key), bound_to=PLACE)
        assert decrypt_from_client(closed, ring, bound_to=PLACE) == TEXTS
    for closed in forged:
        assert decrypt(closed, ring, bound_to=PLACE) == TEXTS
        with pytest.raises(Unavailable):
            decrypt_from_client(closed, ring, bound_to=PLACE)


def test_another_key_is_told_as_the_operators_fault() -> None:
    kept = encrypt(TEXTS, Keyring("one key"), bound_to=PLACE)

    with pytest.raises(Unavailable, match="ENCRYPTION_KEY"):
        decrypt(kept, Keyring("another key"), bound_to=PLACE)


@pytest.mark.parametrize("place", ["channels/2/uchat/Fluxo", f"{PLACE}/credentials", "made", ""])
def test_what_was_moved_to_another_place_is_not_read_there(place: str) -> None:
    kept = encrypt(TEXTS, RING, bound_to=PLACE)

    with pytest.raises(Unavailable):
        decrypt(kept, RING, bound_to=place)


def test_no_changed_byte_is_read() -> None:
    kept = encrypt(TEXTS, RING, bound_to=PLACE)
    changed = [
        kept[:place] + bytes([kept[place] ^ bit]) + kept[place + 1 :]
        for place in range(len(kept))
        for bit in (0x01, 0x20, 0x80)
    ]
    shortened = [kept[:end] for end in range(len(kept))]

    for text in (*changed, *shortened, kept + b"A", kept + b"=", kept + kept, b"\n" + kept):
        with pytest.raises(Unavailable):
            decrypt(text, RING, bound_to=PLACE)


@given(st.sampled_from([b"", b"g1.", f"g1.{key_id(NEW)}.".encode(), b"gAAAA"]), st.binary())
def test_whatever_lies_there_is_told_in_one_way(head: bytes, rest: bytes) -> None:
    with pytest.raises(Unavailable):
        decrypt(head + rest, RING, bound_to=PLACE)


def test_the_same_text_is_never_encrypted_alike_twice() -> None:
    assert encrypt(TEXTS, RING, bound_to=PLACE) != encrypt(TEXTS, RING, bound_to=PLACE)


def test_a_keys_name_does_not_tell_the_key() -> None:
    assert key_id(OLD) == key_id(OLD)
    assert key_id(OLD) != key_id(OLD + " ")
    assert len(key_id(OLD)) == 16
    assert OLD not in repr(RING)
