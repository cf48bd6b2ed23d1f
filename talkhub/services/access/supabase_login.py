"""Signing in by an account of the Supabase project: its token is checked, its address confirmed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from talkhub import json_codec
from talkhub.errors import Unauthenticated
from talkhub.outbound.guarded import GuardedClient
from talkhub.services.access.foreign_tokens import PublishedKeys, fetch_object, read_foreign_token

AUDIENCE = "authenticated"
MULTI_FACTOR = "aal2"


@dataclass(frozen=True, slots=True)
class Vouched:
    """A confirmed e-mail address, and whether a second factor was proved at Supabase."""

    email: str
    has_second_factor: bool


class SupabaseLogin:
    """One project, as a process knows it.

    Whether an address is confirmed stands in no part of the token that its holder could not
    write: Supabase itself is asked, which also knows of accounts that were deleted or banned.
    """

    def __init__(
        self, outbound: GuardedClient, url: str, *, anon_key: str, jwt_secret: str = ""
    ) -> None:
        self._outbound = outbound
        self._auth = url.rstrip("/") + "/auth/v1"
        self._anon_key = anon_key
        self._jwt_secret = jwt_secret
        self._keys = PublishedKeys(outbound, f"{self._auth}/.well-known/jwks.json")

    def sign_in(self, email: str, password: str) -> Vouched:
        """Return whom this password belongs to; raises as `vouch` does."""
        answer = fetch_object(
            self._outbound,
            "POST",
            f"{self._auth}/token?grant_type={quote('password')}",
            headers={"apikey": self._anon_key, "Content-Type": "application/json"},
            body=json_codec.dumps({"email": email, "password": password}),
        )
        return self.vouch(str(answer.get("access_token", "")))

    def vouch(self, access_token: str) -> Vouched:
        """Return whom an access token of the project belongs to.

        Raises Unauthenticated for one that is not right or whose address is not confirmed, and
        Unavailable if Supabase cannot be asked.
        """
        claims = read_foreign_token(
            access_token,
            self._keys,
            issuer=self._auth,
            audience=AUDIENCE,
            shared_secret=self._jwt_secret,
        ).claims
        user = fetch_object(
            self._outbound,
            "GET",
            f"{self._auth}/user",
            headers={"apikey": self._anon_key, "Authorization": f"Bearer {access_token}"},
        )
        email = user.get("email")
        is_confirmed = bool(user.get("email_confirmed_at")) and not user.get("is_anonymous")
        if not isinstance(email, str) or not is_confirmed or user.get("id") != claims["sub"]:
            raise Unauthenticated("The account's e-mail address is not confirmed.")
        is_proved = claims.get("aal") == MULTI_FACTOR
        if _has_factor(user) and not is_proved:
            raise Unauthenticated("The account has a second factor that was not proved.")
        return Vouched(email, is_proved)


def _has_factor(user: dict[str, Any]) -> bool:
    factors = user.get("factors")
    return isinstance(factors, list) and any(
        isinstance(factor, dict) and factor.get("status") == "verified" for factor in factors
    )
