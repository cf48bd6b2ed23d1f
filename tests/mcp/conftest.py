"""The served protocol, and clients of it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest
from callers import Caller
from factories import make_workspace
from flask import Flask
from rpc import Rpc
from werkzeug.serving import make_server

from talkhub.store.uow import Database


@pytest.fixture(scope="session")
def mcp_url(app: Flask) -> Iterator[str]:
    """The address of the real application on a loopback port."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/mcp"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def rpc(caller: Caller) -> Rpc:
    """Ana's JSON-RPC messages, as the newest revision writes them."""
    return Rpc(caller.client, caller.token)


@pytest.fixture
def rpc_of(caller: Caller, sign_token: Callable[..., str]) -> Callable[..., Rpc]:
    """Make messages of someone in Ana's workspace whose token allows only the named scopes."""
    return lambda *scopes: Rpc(caller.client, sign_token(caller.workspace_id, *scopes))


@pytest.fixture
def stranger(database: Database) -> int:
    """Caio's workspace, in which nothing of Ana's may appear."""
    return make_workspace(database)
