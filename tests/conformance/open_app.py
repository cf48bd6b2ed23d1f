"""The service's application with a token in every request that brings none: the suite cannot."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import Any

from talkhub.app import create_app
from talkhub.embedded.boot import settings_or_exit

TOKEN_VARIABLE = "CONFORMANCE_TOKEN"

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def create_open_app() -> Application:
    application = create_app(settings_or_exit())
    authorization = f"Bearer {os.environ[TOKEN_VARIABLE]}"

    def opened(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        environ.setdefault("HTTP_AUTHORIZATION", authorization)
        return application(environ, start_response)

    return opened
