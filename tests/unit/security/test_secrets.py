"""Passwords and secrets: what fits and what does not."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher
from argon2.profiles import RFC_9106_LOW_MEMORY

from talkhub.security import (
    hash_password,
    is_one_of,
    is_password,
    is_same_secret,
)

PASSWORD = "uma senha com ç e 🙂"


def test_a_password_fits_its_hash_and_no_other() -> None:
    kept = hash_password(PASSWORD)

    assert is_password(PASSWORD, kept)
    assert not is_password(PASSWORD + " ", kept)
    assert PASSWORD not in kept


def test_hashing_a_password_costs_what_its_standard_asks_for(
    service_hasher: PasswordHasher,
) -> None:
    fields = ("type", "time_cost", "memory_cost", "parallelism", "salt_len", "hash_len")

    used = {name: getattr(service_hasher, name) for name in fields}

    assert used == {name: getattr(RFC_9106_LOW_MEMORY, name) for name in fields}


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
    ("given", "fits"), [("new", True), ("old", True), ("older", False), ("", False)]
)
def test_each_of_several_secrets_counts_and_no_other(given: str, *, fits: bool) -> None:
    assert is_one_of(given, ["new", "old", ""]) is fits
