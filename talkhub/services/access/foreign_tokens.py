"""Tokens that others signed: read with the keys that they publish, or a secret that we share."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Any

import jwt

from talkhub.errors import TalkHubError, Unauthenticated, Unavailable
from talkhub.outbound.guarded import CallFailed, CallRefused, GuardedClient
from talkhub.security import CLOCK_LEEWAY_SECONDS
from talkhub.strict_json import read_json

SECONDS = 5.0
MAX_BYTES = 256 * 1024
KEYS_KEPT_SECONDS = 600.0
PAUSE_SECONDS = 10.0
"""Between two readings of an issuer's keys: tokens with made-up key ids do not make more."""

ASYMMETRIC = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA")
"""What may be verified with a public key; HS256 with one would let everybody sign."""

SHARED = "HS256"


@dataclass(frozen=True, slots=True)
class ForeignToken:
    """A token whose signature, issuer, audience and time are right."""

    claims: dict[str, Any]
    header: dict[str, Any]


def fetch_object(
    outbound: GuardedClient,
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
) -> dict[str, Any]:
    """Return the JSON object that an address answers with.

    Raises Unavailable if it cannot be reached or makes no sense, Unauthenticated if it refuses.
    """
    try:
        answer = outbound.send(
            method,
            url,
            headers={"Accept": "application/json", **(headers or {})},
            body=body,
            seconds=SECONDS,
            max_bytes=MAX_BYTES,
        )
    except (CallRefused, CallFailed) as error:
        raise Unavailable(f"Who vouches for people cannot be asked: {error}") from error
    if 400 <= answer.status < 500:
        raise Unauthenticated(f"Who vouches for people refused with {answer.status}.")
    if answer.status != 200:
        raise Unavailable(f"Who vouches for people answered with {answer.status}.")
    try:
        told = read_json(answer.body)
    except TalkHubError as error:
        raise Unavailable("Who vouches for people answered no JSON.") from error
    if not isinstance(told, dict):
        raise Unavailable("Who vouches for people answered no JSON object.")
    return told


class PublishedKeys:
    """The keys that an issuer signs with; read again where a token names one that is not known."""

    def __init__(self, outbound: GuardedClient, url: str) -> None:
        self._outbound = outbound
        self._url = url
        self._lock = Lock()
        self._keys: dict[str, jwt.PyJWK] = {}
        self._read_at = self._asked_at = float("-inf")

    def find(self, kid: str) -> jwt.PyJWK | None:
        """Return the key of this id; None if the issuer publishes none.

        Raises Unavailable if it is not known and cannot be read.
        """
        with self._lock:
            now = time.monotonic()
            is_wanted = kid not in self._keys or now - self._read_at >= KEYS_KEPT_SECONDS
            if is_wanted and now - self._asked_at >= PAUSE_SECONDS:
                self._asked_at = now
                try:
                    self._keys = self._read()
                    self._read_at = now
                except Unavailable:
                    if kid not in self._keys:
                        raise
            return self._keys.get(kid)

    def _read(self) -> dict[str, jwt.PyJWK]:
        try:
            published = jwt.PyJWKSet.from_dict(fetch_object(self._outbound, "GET", self._url))
        except (jwt.PyJWTError, Unauthenticated, ValueError, TypeError, AttributeError) as error:
            raise Unavailable("The issuer publishes no keys that can be read.") from error
        return {
            str(key.key_id): key
            for key in published.keys
            if key.key_id and key.public_key_use in {None, "sig"}
        }


def read_foreign_token(
    token: str, keys: PublishedKeys, *, issuer: str, audience: str, shared_secret: str = ""
) -> ForeignToken:
    """Return what a token says, once all that can be checked of it is right.

    `shared_secret` lets it be signed with HS256, too. Raises Unauthenticated.
    """
    try:
        header = jwt.get_unverified_header(token)
        if header.get("alg") == SHARED and shared_secret:
            key: jwt.PyJWK | str = shared_secret
            algorithms: tuple[str, ...] = (SHARED,)
        else:
            found = keys.find(str(header.get("kid", "")))
            if found is None:
                raise Unauthenticated("The token is signed with a key that nobody publishes.")
            key, algorithms = found, ASYMMETRIC
        claims = jwt.decode(
            token,
            key,
            algorithms=algorithms,
            issuer=issuer,
            audience=audience,
            leeway=CLOCK_LEEWAY_SECONDS,
            options={"require": ["exp", "iat", "iss", "aud", "sub"]},
        )
    except (jwt.PyJWTError, TypeError, ValueError) as error:
        raise Unauthenticated("The token is not one that we may believe.") from error
    return ForeignToken(claims, header)
