"""Signing in by the company's own login: OpenID Connect, with a code, PKCE, state and nonce."""

from __future__ import annotations

import time
from base64 import b64encode
from dataclasses import dataclass
from threading import Lock
from typing import Any
from urllib.parse import quote

from authlib.common.security import generate_token
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri, prepare_token_request
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc.errors import JoseError

from talkhub.errors import Unauthenticated, Unavailable
from talkhub.outbound.guarded import GuardedClient
from talkhub.security import CLOCK_LEEWAY_SECONDS, is_same_secret
from talkhub.services.access.foreign_tokens import PublishedKeys, fetch_object, read_foreign_token

SCOPE = "openid email"
DISCOVERY_PATH = "/.well-known/openid-configuration"
DISCOVERED_SECONDS = 3600.0
_ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")


@dataclass(frozen=True, slots=True)
class Company:
    """The issuer that vouches for people, what it calls us, and for which domains it may."""

    issuer: str
    client_id: str
    client_secret: str
    allowed_domains: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Begun:
    """What a browser keeps between leaving for the issuer and coming back."""

    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True, slots=True)
class _Discovered:
    document: dict[str, Any]
    keys: PublishedKeys
    at: float


class CompanyLogin:
    """One issuer, as a process knows it: its endpoints are read once an hour."""

    def __init__(self, outbound: GuardedClient, company: Company) -> None:
        self._outbound = outbound
        self._company = company
        self._lock = Lock()
        self._discovered: _Discovered | None = None

    def begin(self, redirect_uri: str) -> tuple[str, Begun]:
        """Return where the browser is to go, and what it must bring back; raises Unavailable."""
        begun = Begun(generate_token(32), generate_token(32), generate_token(48))
        address = prepare_grant_uri(
            self._discover().document["authorization_endpoint"],
            client_id=self._company.client_id,
            response_type="code",
            redirect_uri=redirect_uri,
            scope=SCOPE,
            state=begun.state,
            nonce=begun.nonce,
            code_challenge=create_s256_code_challenge(begun.verifier),
            code_challenge_method="S256",
        )
        return str(address), begun

    def finish(
        self, begun: Begun, *, code: str, state: str, issuer: str | None, redirect_uri: str
    ) -> str:
        """Return the e-mail address that the issuer vouches for.

        Raises Unauthenticated for whatever is not as it was begun, or not vouched for, and
        Unavailable if the issuer cannot be asked.
        """
        if not is_same_secret(state, begun.state):
            raise Unauthenticated("This answer belongs to no sign-in that this browser began.")
        if issuer is not None and issuer != self._company.issuer:
            raise Unauthenticated("Another issuer answered than was asked.")
        known = self._discover()
        tokens = self._exchange(known.document, code, begun.verifier, redirect_uri)
        token = read_foreign_token(
            str(tokens.get("id_token", "")),
            known.keys,
            issuer=self._company.issuer,
            audience=self._company.client_id,
        )
        expected = {
            "nonce": begun.nonce,
            "client_id": self._company.client_id,
            "access_token": tokens.get("access_token"),
        }
        try:
            CodeIDToken(token.claims, token.header, None, expected).validate(
                leeway=CLOCK_LEEWAY_SECONDS
            )
        except (JoseError, TypeError, ValueError) as error:
            raise Unauthenticated("The token was not made for this sign-in.") from error
        return self._vouched_for(token.claims)

    def _vouched_for(self, claims: dict[str, Any]) -> str:
        email = claims.get("email")
        if not isinstance(email, str) or claims.get("email_verified") is not True:
            raise Unauthenticated("The issuer does not vouch for an e-mail address.")
        domain = email.rpartition("@")[2].lower()
        if self._company.allowed_domains and domain not in self._company.allowed_domains:
            raise Unauthenticated("E-mail addresses of this domain do not come in here.")
        return email

    def _exchange(
        self, document: dict[str, Any], code: str, verifier: str, redirect_uri: str
    ) -> dict[str, Any]:
        company = self._company
        form = {"redirect_uri": redirect_uri, "code": code, "code_verifier": verifier}
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        methods = document.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        if "client_secret_basic" in methods:
            pair = f"{quote(company.client_id, safe='')}:{quote(company.client_secret, safe='')}"
            headers["Authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
        else:
            form |= {"client_id": company.client_id, "client_secret": company.client_secret}
        body = prepare_token_request("authorization_code", **form)
        return fetch_object(
            self._outbound,
            "POST",
            document["token_endpoint"],
            headers=headers,
            body=str(body).encode(),
        )

    def _discover(self) -> _Discovered:
        with self._lock:
            known, now = self._discovered, time.monotonic()
            if known is None or now - known.at >= DISCOVERED_SECONDS:
                document = self._read_document()
                keys = PublishedKeys(self._outbound, document["jwks_uri"])
                known = self._discovered = _Discovered(document, keys, now)
            return known

    def _read_document(self) -> dict[str, Any]:
        issuer = self._company.issuer
        try:
            document = fetch_object(self._outbound, "GET", issuer.rstrip("/") + DISCOVERY_PATH)
        except Unauthenticated as error:
            raise Unavailable("The issuer does not describe itself.") from error
        places = [str(document.get(name, "")) for name in _ENDPOINTS]
        if document.get("issuer") != issuer or not all(
            place.startswith("https://") for place in places
        ):
            raise Unavailable("The issuer describes itself as another, or not by https.")
        return document
