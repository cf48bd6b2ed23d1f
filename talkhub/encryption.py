"""What is encrypted in the database and in cookies: by which key, and what for. Pure functions.

    g1.<key id>.<nonce, text and tag as URL-safe base64>

AES-256-GCM. The head and what the text is bound to are its associated data, so a text that was
moved to another row, table or cookie is not read there (docs/decisions/0041).
"""

from __future__ import annotations

import base64
import binascii
import secrets
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from talkhub.errors import Unavailable

_VERSION = b"g1"
_NONCE_BYTES = 12
_FERNET = b"gAAAA"
"""How every text of the former format begins: Fernet's version and a time before the year 2242."""

_KEYS_AT_ONCE = 16


@dataclass(frozen=True, slots=True)
class Keyring:
    """What the service encrypts with, and former keys that open what they once closed."""

    current: str = field(repr=False)
    former: tuple[str, ...] = field(default=(), repr=False)
    guessable: frozenset[str] = field(default=frozenset(), repr=False)
    """Those of the former keys that are too weak to prove that a text came from us."""

    def __iter__(self) -> Iterator[str]:
        """Return the keys, the newest first."""
        return iter((self.current, *self.former))

    @property
    def oldest(self) -> str:
        """The last of the former keys, or the only key that there is."""
        return (self.current, *self.former)[-1]


def key_id(key: str) -> str:
    """Name a secret without telling it."""
    return sha256(key.encode()).hexdigest()[:16]


def encrypt(texts: Sequence[str], keyring: Keyring, *, bound_to: str) -> bytes:
    """Return texts as they are kept: in ASCII, told again only for what they are bound to."""
    head = _head(keyring.current)
    nonce = secrets.token_bytes(_NONCE_BYTES)
    closed = _cipher(keyring.current).encrypt(
        nonce, "\n".join(texts).encode(), _associated(head, bound_to)
    )
    return head + base64.urlsafe_b64encode(nonce + closed)


def decrypt(kept: bytes, keyring: Keyring, *, bound_to: str) -> list[str]:
    """Return texts that were encrypted; raises Unavailable where no key of ours opens them."""
    with _unreadable_is_told():
        if kept.startswith(_FERNET):
            return _opened_as_before(kept, keyring).decode().split("\n")
        return _open(kept, keyring, bound_to).decode().split("\n")


def decrypt_from_client(kept: bytes, keyring: Keyring, *, bound_to: str) -> list[str]:
    """Return texts that a client kept for us, and that only we can have written.

    In today's format alone, which is bound to its place, and by no key that can be guessed: a
    weak key that is left still opens what lies in the database, but lets nobody in.
    """
    with _unreadable_is_told():
        hard_to_guess = [key for key in keyring if key not in keyring.guessable]
        return _open(kept, hard_to_guess, bound_to).decode().split("\n")


def is_current(kept: bytes, keyring: Keyring) -> bool:
    """Tell whether texts are encrypted as they would be now: this way, and by the newest key."""
    return kept.startswith(_head(keyring.current))


@contextmanager
def _unreadable_is_told() -> Iterator[None]:
    try:
        yield
    except (InvalidTag, InvalidToken, ValueError) as error:
        raise Unavailable(
            "What is encrypted cannot be read with ENCRYPTION_KEY or ENCRYPTION_KEY_PREVIOUS."
        ) from error


def _open(kept: bytes, keys: Iterable[str], bound_to: str) -> bytes:
    for key in keys:
        head = _head(key)
        if kept.startswith(head):
            body = kept.removeprefix(head)
            raw = base64.b64decode(body, altchars=b"-_", validate=True)
            if base64.urlsafe_b64encode(raw) != body:  # one text, one spelling
                raise binascii.Error("not the spelling that we write")
            nonce, closed = raw[:_NONCE_BYTES], raw[_NONCE_BYTES:]
            return _cipher(key).decrypt(nonce, closed, _associated(head, bound_to))
    raise InvalidTag


def _associated(head: bytes, bound_to: str) -> bytes:
    return head + bound_to.encode()


def _opened_as_before(kept: bytes, keyring: Keyring) -> bytes:
    """Read what earlier releases kept, which was bound to nothing and named no key."""
    for key in keyring:
        try:
            return _fernet(key).decrypt(kept)
        except InvalidToken:
            continue
    raise InvalidToken


@lru_cache(_KEYS_AT_ONCE)
def _head(key: str) -> bytes:
    return b".".join((_VERSION, key_id(key).encode(), b""))


@lru_cache(_KEYS_AT_ONCE)
def _cipher(key: str) -> AESGCM:
    # A key of its own: what tombstones or seals are made with never encrypts anything.
    info = b"talkhub encryption at rest g1"
    return AESGCM(HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(key.encode()))


@lru_cache(_KEYS_AT_ONCE)
def _fernet(key: str) -> Fernet:
    try:
        is_raw_key = len(base64.urlsafe_b64decode(key)) == 32
    except (binascii.Error, ValueError):
        is_raw_key = False
    # Operators may write any text: it is stretched to the 32 bytes that Fernet takes.
    material = key if is_raw_key else base64.urlsafe_b64encode(sha256(key.encode()).digest())
    return Fernet(material)
