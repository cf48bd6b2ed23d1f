"""Applications with settings of a test's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from talkhub.app import create_app
from talkhub.settings import Settings


@pytest.fixture
def make_app(settings: Settings) -> Iterator[Callable[..., Flask]]:
    """Make an application whose settings differ in the given fields."""
    made: list[Flask] = []

    def make(**changed: Any) -> Flask:
        made.append(create_app(settings.model_copy(update=changed)))
        return made[-1]

    yield make
    for app in made:
        app.extensions["talkhub"].database.dispose()
        app.extensions["talkhub"].redis.close()


@pytest.fixture
def make_client(make_app: Callable[..., Flask]) -> Callable[..., FlaskClient]:
    """Make a client of such an application."""
    return lambda **changed: make_app(**changed).test_client()
