"""Who vouches for people in the tests: issuers on the loopback, which say what they are told to."""

from __future__ import annotations

import base64
import json
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from https_host import Host, answering

from talkhub.outbound.guarded import GuardedClient

CLIENT_ID = "talkhub-of-tests"
SILENCE = object()
"""An answer that never comes."""


@dataclass(frozen=True)
class Key:
    """A key that an issuer signs with."""

    kid: str
    private: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )

    def published(self) -> dict[str, Any]:
        document = jwt.algorithms.ECAlgorithm.to_jwk(self.private.public_key(), as_dict=True)
        return {**document, "kid": self.kid, "alg": "ES256", "use": "sig"}

    def sign(self, claims: dict[str, Any]) -> str:
        return jwt.encode(claims, self.private, algorithm="ES256", headers={"kid": self.kid})

    def public_pem(self) -> bytes:
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        return self.private.public_key().public_bytes(serialization.Encoding.PEM, form)


def unsigned(claims: dict[str, Any], kid: str) -> str:
    """Return a token that says it needs no signature."""
    return jwt.encode(claims, None, algorithm="none", headers={"kid": kid})


def signed_with_public_key(claims: dict[str, Any], key: Key) -> str:
    """Return a token whose HMAC secret is the key that everybody can read."""

    def part(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    signed = f"{part({'alg': 'HS256', 'typ': 'JWT', 'kid': key.kid})}.{part(claims)}"
    algorithm = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256)
    seal = base64.urlsafe_b64encode(algorithm.sign(signed.encode(), key.public_pem())).decode()
    return f"{signed}.{seal.rstrip('=')}"


@dataclass
class Issuer:
    """A host that vouches for an address, by OpenID Connect and as a Supabase project does.

    Tests change what it answers; `asked` are the calls that came, with their bodies.
    """

    email: str
    keys: list[Key] = field(default_factory=lambda: [Key("first")])
    nonce: str = ""
    answers: dict[str, Callable[[], object]] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    host: Host | None = None

    @property
    def base(self) -> str:
        assert self.host is not None
        return f"https://client.example:{self.host.port}"

    def client(self) -> GuardedClient:
        assert self.host is not None
        return self.host.client()

    def behave(self, connection: socket.socket) -> None:
        assert self.host is not None
        head, _, body = self.host.requests[-1].partition("\r\n\r\n")
        path = head.split(" ")[1].partition("?")[0]
        self.asked.append((path, body))
        told = {**self._usual(), **self.answers}[path]()
        if told is SILENCE:
            connection.recv(1)  # until whoever asks has had enough
            return
        content = told if isinstance(told, bytes) else json.dumps(told).encode()
        answering(content)(connection)

    def _usual(self) -> dict[str, Callable[[], object]]:
        published = {"keys": [key.published() for key in self.keys]}
        return {
            "/.well-known/openid-configuration": lambda: {
                "issuer": self.base,
                "authorization_endpoint": f"{self.base}/authorize",
                "token_endpoint": f"{self.base}/token",
                "jwks_uri": f"{self.base}/keys",
            },
            "/keys": lambda: published,
            "/token": lambda: {"id_token": self.keys[-1].sign(self.id_claims())},
            "/auth/v1/.well-known/jwks.json": lambda: published,
            "/auth/v1/user": self.account,
            "/auth/v1/token": lambda: {"access_token": self.keys[-1].sign(self.access_claims())},
        }

    def id_claims(self, **changed: Any) -> dict[str, Any]:
        now = int(time.time())
        return {
            "iss": self.base,
            "sub": "u-1",
            "aud": CLIENT_ID,
            "iat": now,
            "exp": now + 300,
            "nonce": self.nonce,
            "email": self.email,
            "email_verified": True,
            **changed,
        }

    def access_claims(self, **changed: Any) -> dict[str, Any]:
        now = int(time.time())
        return {
            "iss": f"{self.base}/auth/v1",
            "sub": "u-1",
            "aud": "authenticated",
            "iat": now,
            "exp": now + 3600,
            "aal": "aal1",
            **changed,
        }

    def account(self, **changed: Any) -> dict[str, Any]:
        confirmed_at = "2026-01-01T00:00:00Z"
        usual = {"id": "u-1", "email": self.email, "email_confirmed_at": confirmed_at}
        return {**usual, "factors": [], **changed}
