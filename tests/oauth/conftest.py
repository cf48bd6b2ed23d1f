"""A person who may sign in, and applications that ask them."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from applications import REDIRECT, Application
from factories import make_workspace, new_address
from flask import Flask
from flask.testing import FlaskClient
from https_host import certificate_file, host

from talkhub.store.uow import Database

__all__ = ["certificate_file", "host"]

Register = Callable[..., dict[str, Any]]


@dataclass(frozen=True)
class Person:
    """Someone with a login, and the browser in which they are signed in."""

    name: str
    workspace_id: int
    browser: FlaskClient


@pytest.fixture
def make_person(
    app: Flask, database: Database, browse: Callable[..., FlaskClient]
) -> Callable[..., Person]:
    """Make a person of a workspace of their own, signed in."""

    def make(*, at: Flask = app) -> Person:
        workspace_id, name = make_workspace(database), f"ana_{secrets.token_hex(4)}"
        browser = browse(workspace_id, name=name, at=at)
        browser.set_cookie("lang", "pt-BR")
        return Person(name, workspace_id, browser)

    return make


@pytest.fixture
def ana(make_person: Callable[..., Person]) -> Person:
    return make_person()


@pytest.fixture
def register(client: FlaskClient) -> Register:
    """Register a client as programs do."""

    def register(status: int = 201, **metadata: Any) -> dict[str, Any]:
        body = {
            "client_name": "Agenda",
            "redirect_uris": [REDIRECT],
            "token_endpoint_auth_method": "none",
            **metadata,
        }
        place = {"REMOTE_ADDR": new_address()}
        answer = client.post("/oauth/register", json=body, environ_overrides=place)
        assert answer.status_code == status, answer.text
        return answer.json

    return register


@pytest.fixture
def connecting(register: Register) -> Callable[..., Application]:
    """Make an application that asks a person."""

    def make(person: Person, redirect_uri: str = REDIRECT, **metadata: Any) -> Application:
        told = register(redirect_uris=[redirect_uri], **metadata)
        secret = told.get("client_secret")
        return Application(person.browser, told["client_id"], secret, redirect_uri)

    return make


@pytest.fixture
def agenda(connecting: Callable[..., Application], ana: Person) -> Application:
    """A public application that asks Ana."""
    return connecting(ana)
