"""An application that connects itself, and the person whose browser it sends to us."""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from factories import new_address
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

BASE = "http://localhost"
RESOURCE = f"{BASE}/mcp"
REDIRECT = "https://app.example/callback"
AUTHORIZE = "/dashboard/authorize"


def challenge_of(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


@dataclass
class Application:
    """A client of ours. `browser` is the one of a person who is signed in."""

    browser: FlaskClient
    client_id: str
    secret: str | None = None
    redirect_uri: str = REDIRECT
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))
    address: str = field(default_factory=new_address)

    def query(self, **changed: str | None) -> dict[str, str]:
        """Return the parameters of an authorization request; None leaves one out."""
        asked = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "state": "st/ate",
            "scope": "mcp:read mcp:write",
            "code_challenge": challenge_of(self.verifier),
            "code_challenge_method": "S256",
            "resource": RESOURCE,
            **changed,
        }
        return {name: value for name, value in asked.items() if value is not None}

    def look(self, **changed: str | None) -> TestResponse:
        """Open the consent page."""
        return self.browser.get(
            AUTHORIZE,
            query_string=self.query(**changed),
            environ_overrides={"REMOTE_ADDR": self.address},
        )

    def decide(self, decision: str = "allow", **changed: str | None) -> TestResponse:
        """Press one of the consent page's buttons."""
        return self.browser.post(
            AUTHORIZE,
            query_string=self.query(**changed),
            data={"decision": decision},
            environ_overrides={"REMOTE_ADDR": self.address},
        )

    def code(self, **changed: str | None) -> str:
        return sent_back(self.decide(**changed))["code"]

    def exchange(self, code: str, **changed: str | None) -> TestResponse:
        return self.ask(
            grant_type="authorization_code",
            code=code,
            redirect_uri=self.redirect_uri,
            code_verifier=self.verifier,
            resource=RESOURCE,
            **changed,
        )

    def refresh(self, refresh_token: str, **changed: str | None) -> TestResponse:
        return self.ask(grant_type="refresh_token", refresh_token=refresh_token, **changed)

    def connect(self) -> dict[str, Any]:
        """Go all the way to tokens."""
        answer = self.exchange(self.code())
        assert answer.status_code == 200, answer.text
        return answer.json

    def ask(self, **form: str | None) -> TestResponse:
        return self._post("/oauth/token", form)

    def revoke(self, token: str, **form: str | None) -> TestResponse:
        return self._post("/oauth/revoke", {"token": token, **form})

    def _post(self, path: str, form: dict[str, str | None]) -> TestResponse:
        whole = {"client_id": self.client_id, "client_secret": self.secret, **form}
        given = {name: value for name, value in whole.items() if value is not None}
        place = {"REMOTE_ADDR": self.address}
        # A program's own connection: the browser's cookies are not its.
        program = self.browser.application.test_client()
        return program.post(path, data=given, environ_overrides=place)


def sent_back(answer: TestResponse) -> dict[str, str]:
    """Return what a redirect tells the application."""
    assert answer.status_code in {302, 303}, answer.text[:500]
    return dict(parse_qsl(urlsplit(answer.location).query))


def use(client: FlaskClient, access_token: str) -> int:
    """Call the MCP endpoint with a token; return the status."""
    headers = {"Authorization": f"Bearer {access_token}", "Accept": "application/json"}
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    return client.post("/mcp", json=body, headers=headers).status_code
