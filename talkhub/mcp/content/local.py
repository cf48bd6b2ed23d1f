"""`talkhub mcp`: the server for one program on this machine, over standard input and output."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout

from talkhub.errors import Unauthenticated
from talkhub.logs import configure_logging
from talkhub.mcp.content.caller import Caller
from talkhub.mcp.content.service import talkhub_server
from talkhub.mcp.stdio import serve
from talkhub.names import TokenKind
from talkhub.security import API_KEY_PREFIX, AUDIENCE, TOOL_SCOPES, Principal, read_token
from talkhub.services.access.api_keys import read_api_key
from talkhub.services.access.auth import DEFAULT_WORKSPACE_ID
from talkhub.settings import Settings, reveal
from talkhub.store.revocations import RevokedTokens
from talkhub.store.signing_keys import SigningKeys
from talkhub.store.uow import Database


def serve_locally(settings: Settings, database: Database) -> None:
    """Serve until standard input ends. Log lines go to standard error.

    TALKHUB_TOKEN says who calls. Without it that is the operator, who can read the
    database's address and so everything in it: the default workspace, with every tool.
    """
    who = _Tokens(settings, database) if settings.token is not None else _Operator(database)
    answers = sys.stdout.buffer
    with redirect_stdout(sys.stderr):
        configure_logging(settings.log_level, file=settings.log_file)

        def write(line: bytes) -> None:
            answers.write(line)
            answers.flush()

        server = talkhub_server(settings.keyring)
        serve(server, who, sys.stdin.buffer, write)


class _Tokens:
    """Reads the token for each message: it may expire or be revoked while we serve."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self._token = reveal(settings.token)
        self._database = database
        self._keys = SigningKeys(database, settings.signing_secrets)
        self._revoked = RevokedTokens(database)

    def __call__(self) -> Caller:
        if self._token.startswith(API_KEY_PREFIX):
            principal = read_api_key(self._database, self._token)
        else:
            principal = read_token(self._token, self._keys.find, audiences={AUDIENCE})
        if principal.token_id in self._revoked:
            raise Unauthenticated("The token was revoked.")
        return Caller(principal, self._database)


class _Operator:
    """Whoever runs the command where the service is installed."""

    def __init__(self, database: Database) -> None:
        principal = Principal(
            subject="operator",
            workspace_id=DEFAULT_WORKSPACE_ID,
            scopes=TOOL_SCOPES,
            token_id="",
            expires_at=float("inf"),
            kind=TokenKind.API,
            audience=AUDIENCE,
        )
        self._caller = Caller(principal, database)

    def __call__(self) -> Caller:
        return self._caller
