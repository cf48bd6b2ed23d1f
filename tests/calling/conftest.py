from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import pytest
from flask.testing import FlaskClient

from talkhub.services.calling.call_pages import CallPage, set_call_page
from talkhub.store.uow import Database, UnitOfWork, workspace_scope


@dataclass(frozen=True)
class Side:
    """One side of a call, as its browser takes part in it."""

    client: FlaskClient
    call_id: str
    token: str

    def post(self, path: str = "", body: object = None) -> Any:
        return self.client.post(
            f"/api/v1/calls/{self.call_id}{path}",
            json=body if body is not None else {},
            headers={"Authorization": f"Bearer {self.token}"},
        )

    def news(self, after: int = 0, *, is_connected: bool = False) -> dict[str, Any]:
        response = self.post("", {"after": after, "is_connected": is_connected})
        assert response.status_code == 200, response.text
        return response.json


@pytest.fixture
def inside(database: Database, workspace: int) -> Callable[[], AbstractContextManager[UnitOfWork]]:
    """Begin a unit of work in the test's workspace, as Ana."""
    return lambda: database.unit_of_work(workspace_scope(workspace, "ana"))


@pytest.fixture
def door(inside: Callable[[], AbstractContextManager[UnitOfWork]]) -> CallPage:
    """The open page of the test's workspace."""
    with inside() as uow:
        return set_call_page(uow, is_open=True, origins=["https://loja.example"])


@pytest.fixture
def ring(client: FlaskClient, door: CallPage) -> Callable[..., Side]:
    """Call the workspace from its page."""

    def begin(**body: object) -> Side:
        response = client.post(f"/api/v1/call-pages/{door.page_key}/calls", json=body)
        assert response.status_code == 201, response.text
        return Side(client, response.json["call_id"], response.json["token"])

    return begin


@pytest.fixture
def ana(browse: Callable[..., FlaskClient], workspace: int) -> FlaskClient:
    return browse(workspace)


@pytest.fixture
def pick_up(client: FlaskClient, ana: FlaskClient) -> Iterator[Callable[[Side], Side]]:
    """Answer a call as Ana does in the dashboard."""

    def answer(caller: Side) -> Side:
        response = ana.post(f"/dashboard/calls/{caller.call_id}/answer")
        assert response.status_code == 200, response.text
        return Side(client, caller.call_id, response.json["token"])

    return answer
