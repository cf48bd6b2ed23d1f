"""Passwords, secrets and the encryption of what channels trust us with."""

from __future__ import annotations

import pytest
from cryptography.fernet import Fernet

from talkhub.errors import Unavailable
from talkhub.security import (
    decrypt,
    encrypt,
    hash_password,
    is_password,
    is_same_secret,
    key_id,
)

PASSWORD = "uma senha com ç e 🙂"


def test_a_password_fits_its_hash_and_no_other() -> None:
    kept = hash_password(PASSWORD)

    assert is_password(PASSWORD, kept)
    assert not is_password(PASSWORD + " ", kept)
    assert PASSWORD not in kept


def test_a_password_is_never_hashed_alike_twice() -> None:
    assert hash_password(PASSWORD) != hash_password(PASSWORD)


@pytest.mark.parametrize("kept", [None, "", "not a hash"])
def test_without_a_hash_no_password_fits(kept: str | None) -> None:
    assert not is_password("nobody signs in with this", kept)


@pytest.mark.parametrize(
    ("given", "expected", "same"),
    [
        ("secret", "secret", True),
        ("secret", "secreT", False),
        ("secre", "secret", False),
        ("", "", False),
        ("", "secret", False),
        ("secret", "", False),
        ("ç🙂", "ç🙂", True),
        ("\ud800", "secret", False),
    ],
)
def test_only_the_same_secret_is_the_same(given: str, expected: str, *, same: bool) -> None:
    assert is_same_secret(given, expected) is same


@pytest.mark.parametrize(
    "key", [Fernet.generate_key().decode(), "any text that somebody typed"], ids=["made", "typed"]
)
def test_what_was_encrypted_is_read_with_its_key(key: str) -> None:
    kept = encrypt(["first secret", "second ç"], key)

    assert decrypt(kept, key) == ["first secret", "second ç"]
    assert b"secret" not in kept


def test_another_key_is_told_as_the_operators_fault() -> None:
    kept = encrypt(["secret"], "one key")

    with pytest.raises(Unavailable, match="ENCRYPTION_KEY"):
        decrypt(kept, "another key")


def test_a_keys_name_does_not_tell_the_key() -> None:
    key = "one key that is long enough to be found"

    assert key_id(key) == key_id(key)
    assert key_id(key) != key_id(key + " ")
    assert len(key_id(key)) == 16
