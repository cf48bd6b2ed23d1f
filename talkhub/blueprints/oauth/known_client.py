"""An application as Authlib asks about it."""

from __future__ import annotations

from authlib.oauth2.rfc6749 import ClientMixin

from talkhub.names import Scope
from talkhub.security import TOOL_SCOPES
from talkhub.services.access.oauth_clients import Client
from talkhub.services.access.redirect_uris import is_registered

GRANT_TYPES = ("authorization_code", "refresh_token")
RESPONSE_TYPE = "code"


class KnownClient(ClientMixin):
    """Answers Authlib's questions; what an application may ever do is the same for all."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.client_id = client.client_id

    def get_client_id(self) -> str:
        """Return the id."""
        return self.client_id

    def get_default_redirect_uri(self) -> str | None:
        """Return the only registered address; None if there are several to choose from."""
        only, *others = self.client.redirect_uris
        return None if others else only

    def get_allowed_scope(self, scope: str | None) -> str | None:
        """Return what may be granted of what is asked for; all if nothing is named.

        None, which Authlib answers with invalid_scope, if nothing is left.
        """
        asked = set((scope or "").split()) or TOOL_SCOPES
        allowed = TOOL_SCOPES & asked
        return " ".join(sorted(allowed)) if allowed else None

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        """Tell whether people may be sent there."""
        return is_registered(redirect_uri, self.client.redirect_uris)

    def check_client_secret(self, client_secret: str) -> bool:
        """Tell whether the secret is the application's."""
        return self.client.has_secret(client_secret)

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:  # noqa: ARG002
        """Tell whether the application proves itself in this way: as it registered, always."""
        return method == self.client.auth_method

    def check_response_type(self, response_type: str) -> bool:
        """Tell whether the answer to a consent may be of this kind."""
        return response_type == RESPONSE_TYPE

    def check_grant_type(self, grant_type: str) -> bool:
        """Tell whether tokens may be asked for in this way."""
        return grant_type in GRANT_TYPES


def scopes_of(text: str) -> frozenset[Scope]:
    """Return the scopes of a text that `get_allowed_scope` returned."""
    return frozenset(map(Scope, text.split()))
