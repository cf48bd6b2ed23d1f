"""Someone who looks at the dashboard of a workspace in which people have talked."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from html_pages import Html

from talkhub import clock
from talkhub.store.uow import Database


@dataclass(frozen=True)
class Visitor:
    """A browser that is signed in."""

    client: FlaskClient

    def get(self, path: str, status: int = 200, **headers: str) -> str:
        answer = self.client.get(path, headers=headers)
        text = answer.text
        answer.close()  # what is streamed keeps one of few seats until then
        assert answer.status_code == status, text[:300]
        return text

    def page(self, path: str, status: int = 200) -> Html:
        return Html(self.get(path, status))


@dataclass(frozen=True)
class Talk:
    """A conversation that took place."""

    conversation_id: str
    user_id: str


@pytest.fixture
def visit(browse: Callable[..., FlaskClient]) -> Callable[..., Visitor]:
    """Sign a browser in to a workspace."""

    def sign_in(workspace_id: int, role: str = "owner", **cookies: str) -> Visitor:
        client = browse(workspace_id, role)
        for name, value in cookies.items():
            client.set_cookie(name, value)
        return Visitor(client)

    return sign_in


@pytest.fixture
def ana(visit: Callable[..., Visitor], workspace: int) -> Visitor:
    """Ana, who looks at this test's workspace in Portuguese."""
    return visit(workspace, lang="pt-BR")


@pytest.fixture
def talk(caller) -> Callable[..., Talk]:
    """Have a person and the bot talk in turn, a minute apart; the first one `ago`."""

    def save(
        *texts: str,
        user_id: str | None = None,
        platform: str = "whatsapp",
        ago: timedelta = timedelta(minutes=20),
        **person: str,
    ) -> Talk:
        user_id = user_id or f"user_{secrets.token_hex(6)}"
        began = clock.now() - ago
        opened = caller.tool(
            "create_chat_session", {"user_id": user_id, "platform": platform, "user_data": person}
        )
        messages = [
            {
                "role": "bot" if number % 2 else "user",
                "content": text,
                "timestamp": (began + timedelta(minutes=number)).isoformat(),
            }
            for number, text in enumerate(texts)
        ]
        saved = caller.tool(
            "save_conversation",
            {
                "session_id": opened.get_json()["session_id"],
                "user_id": user_id,
                "messages": messages,
            },
        )
        assert saved.status_code in {200, 201}, saved.text
        return Talk(saved.get_json()["conversation_id"], user_id)

    return save


@pytest.fixture
def happy_and_angry(talk: Callable[..., Talk], drain: Callable[[], None]) -> tuple[Talk, Talk]:
    """One conversation that ended well, and one that did not."""
    happy = talk(
        "Vocês entregam em Sumaré?",
        "Entregamos sim.",
        "Perfeito, muito obrigada!",
        "Disponha!",
        name="Helena Couto",
        platform="telegram",
    )
    angry = talk(
        "Péssimo atendimento, um absurdo! Quero reclamar",
        name="Priscila Andrade",
        phone="5527987652281",
        ago=timedelta(minutes=10),
    )
    drain()
    return happy, angry


@pytest.fixture
def app_database(app: Flask) -> Database:
    """The database as the application holds it, to watch what it is asked."""
    database: Database = app.extensions["talkhub"].database
    return database
