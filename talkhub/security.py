"""Tokens and passwords: what makes them valid. Pure functions."""

from __future__ import annotations

import hmac
import secrets
import string
import zlib
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from hashlib import sha256
from ipaddress import AddressValueError, IPv6Address, IPv6Network, ip_network

import jwt
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from talkhub.errors import InsufficientScope, Unauthenticated
from talkhub.names import Scope

_SITE_BITS = 64
"""How much of an IPv6 address names a site; the rest its holder chooses anew at will."""

_HOLDER_BITS = {4: 24, 6: 48}

ALGORITHM = "HS256"
ISSUER = "talkhub"
AUDIENCE = "talkhub-api"
TOKEN_LIFETIME = timedelta(hours=24)
"""How long an access token lasts at most; a retired signing key is kept for longer."""

CLOCK_LEEWAY_SECONDS = 30
REQUIRED_CLAIMS = ["exp", "iat", "nbf", "iss", "aud", "sub", "jti", "ws", "scope"]

TOOL_SCOPES = frozenset(
    {
        Scope.MCP_READ,
        Scope.MCP_WRITE,
        Scope.PROFILE_WRITE,
        Scope.ANALYTICS_READ,
        Scope.MESSAGES_SEND,
    }
)
"""What tools ask for, and so all that a program of somebody else may be allowed."""

KEY_SCOPES = TOOL_SCOPES | {Scope.ANALYSIS_WRITE, Scope.DATA_EXPORT}
"""What an API key may be allowed: also what programs of one's own do without a tool."""

MANAGING_SCOPES = frozenset(
    {
        Scope.KEYS_MANAGE,
        Scope.WEBHOOKS_MANAGE,
        Scope.PRIVACY_MANAGE,
        Scope.WORKSPACE_MANAGE,
    }
)
"""What owners and admins may beside; no program of somebody else gets it."""

API_SCOPES = KEY_SCOPES | MANAGING_SCOPES | {Scope.WORKSPACE_OWN}
"""What the admin secret allows; the pages need a dashboard login."""

DASHBOARD_SCOPES = frozenset({Scope.DASHBOARD})

API_KEY_PREFIX = "thk_"
API_KEY_HINT_LENGTH = 10
"""How much of a key may be kept and shown: its owner knows it again, nobody can guess on."""

_KEY_ALPHABET = string.digits + string.ascii_letters
_KEY_LENGTH = 36
_CHECKSUM_LENGTH = 6

_hasher = PasswordHasher()


@dataclass(frozen=True, slots=True)
class Principal:
    """Who makes a request: proved by a token or key, belonging to one workspace."""

    subject: str
    workspace_id: int
    scopes: frozenset[str]
    token_id: str
    expires_at: float
    kind: str
    audience: str
    api_key_id: int | None = None


def require_scope(principal: Principal, scope: Scope) -> None:
    """Refuse a principal whose token does not allow this; the one place that decides it."""
    if scope not in principal.scopes:
        # Whoever asks for a wider token asks for all of it: what it has would be lost else.
        wanted = sorted({scope, *(principal.scopes & TOOL_SCOPES)})
        raise InsufficientScope(
            f"This token does not allow `{scope}`.", scope=scope.value, wanted=wanted
        )


def read_token(
    token: str, find_key: Callable[[str], bytes | None], *, audiences: Collection[str]
) -> Principal:
    """Return the principal of a token for one of `audiences`, or raise Unauthenticated.

    `find_key` returns the key of a `kid`; None if there is no such key.
    """
    try:
        key = find_key(str(jwt.get_unverified_header(token).get("kid", "")))
        if key is None:
            raise jwt.InvalidKeyError("unknown kid")
        claims = jwt.decode(
            token,
            key,
            algorithms=[ALGORITHM],
            issuer=ISSUER,
            audience=audiences,
            leeway=CLOCK_LEEWAY_SECONDS,
            options={"require": REQUIRED_CLAIMS},
        )
        if claims.get("type") != "access":
            raise Unauthenticated("This token is not an access token.")
        return Principal(
            subject=str(claims["sub"]),
            workspace_id=int(claims["ws"]),
            scopes=frozenset(str(claims["scope"]).split()),
            token_id=str(claims["jti"]),
            expires_at=float(claims["exp"]),
            kind=str(claims.get("kind", "")),
            audience=_one_audience(claims["aud"]),
        )
    except (jwt.PyJWTError, TypeError, ValueError) as error:
        raise Unauthenticated(
            "The token is not valid or has expired; POST /api/v1/auth/token gives you another."
        ) from error


def derive_signing_key(secret: str, kid: str) -> bytes:
    """Return the key that a `kid` stands for under a JWT_SECRET."""
    info = f"talkhub signing key {kid}".encode()
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(secret.encode())


def make_api_key() -> str:
    """Return a new API key: a prefix that scanners of leaked keys find, and a checksum."""
    entropy = "".join(secrets.choice(_KEY_ALPHABET) for _ in range(_KEY_LENGTH))
    return f"{API_KEY_PREFIX}{entropy}{_checksum(entropy)}"


def is_api_key(text: str) -> bool:
    """Tell whether a text can be an API key at all, without looking for it."""
    body = text.removeprefix(API_KEY_PREFIX)
    if body == text or len(body) != _KEY_LENGTH + _CHECKSUM_LENGTH or not body.isascii():
        return False
    return _checksum(body[:_KEY_LENGTH]) == body[_KEY_LENGTH:]


def hash_secret(text: str) -> bytes:
    """Return what is kept of a secret that we made: it is random enough to need no slow hash."""
    return sha256(text.encode("utf-8", "surrogatepass")).digest()


def is_same_secret(given: str, expected: str) -> bool:
    """Compare two secrets in a time that tells nothing; an empty one never matches."""
    return bool(expected) and hmac.compare_digest(hash_secret(given), hash_secret(expected))


def is_one_of(given: str, expected: Sequence[str]) -> bool:
    """Compare a secret with each that counts, in a time that does not tell with which it fits."""
    return sum(is_same_secret(given, secret) for secret in expected) > 0


def client_network(address: str) -> str:
    """Return what limits are counted by: an IPv4 address, the /64 of an IPv6 one.

    An IPv4 address in IPv6's notation is that IPv4 address; anything else stays as it is.
    """
    try:
        parsed = IPv6Address(address)
    except AddressValueError:
        return address
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(IPv6Network((int(parsed), _SITE_BITS), strict=False))


def wide_network(address: str) -> str:
    """Return where one holder may have many addresses: the /24 of IPv4, the /48 of IPv6.

    Anything else stays as it is.
    """
    try:
        near = ip_network(client_network(address))
    except ValueError:
        return address
    return str(near.supernet(new_prefix=_HOLDER_BITS[near.version]))


def hash_password(password: str) -> str:
    """Return the Argon2 hash to keep of a password."""
    return _hasher.hash(password)


def is_hash_outdated(password_hash: str) -> bool:
    """Tell whether a hash was made with other parameters than new ones are."""
    return _hasher.check_needs_rehash(password_hash)


def is_password(password: str, password_hash: str | None) -> bool:
    """Tell whether a password fits; without a hash it takes as long and is never true."""
    try:
        matches = _hasher.verify(password_hash or _nobodys_hash(), password)
    except (VerificationError, InvalidHashError):
        return False
    return matches and bool(password_hash)


def _checksum(entropy: str) -> str:
    """Return CRC-32 in our alphabet: tells a key that was cut off or mistyped."""
    number, digits = zlib.crc32(entropy.encode()), ""
    for _ in range(_CHECKSUM_LENGTH):
        number, digit = divmod(number, len(_KEY_ALPHABET))
        digits = _KEY_ALPHABET[digit] + digits
    return digits


def _one_audience(claim: object) -> str:
    """Refuse a token for several audiences: each of ours is for exactly one."""
    if not isinstance(claim, str):
        raise TypeError("not one audience")
    return claim


@cache
def _nobodys_hash() -> str:
    return _hasher.hash("nobody signs in with this")
