"""Somebody for whom others vouch, and who does."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from factories import make_person
from flask import Flask
from https_host import _serve, certificate_file
from issuers import CLIENT_ID, Issuer
from pydantic import SecretStr

from talkhub.app import create_app
from talkhub.settings import Settings
from talkhub.store.uow import Database, system_scope

__all__ = ["certificate_file"]


@pytest.fixture(scope="session")
def listening(certificate_file: Path) -> Iterator[Issuer]:
    """An issuer for all tests: applications that believe it take a while to make."""
    issuer = Issuer("")
    with _serve(certificate_file) as start:
        issuer.host = start(issuer.behave)
        yield issuer


@pytest.fixture
def issuer(listening: Issuer) -> Issuer:
    """The issuer as it usually is, vouching for an address that nobody else has."""
    listening.email = f"ana-{secrets.token_hex(4)}@Example.com"
    listening.answers, listening.asked = {}, []
    listening.keys, listening.nonce = listening.keys[:1], ""
    return listening


@pytest.fixture
def ana(issuer: Issuer, database: Database, workspace: int) -> str:
    """The dashboard's user with that address."""
    name = f"ana_{secrets.token_hex(4)}"
    make_person(database, workspace, "analyst", name=name)
    with database.unit_of_work(system_scope("tests")) as uow:
        params = {"email": issuer.email.lower(), "name": name}
        uow.run("update users set email = %(email)s where username = %(name)s", params)
    return name


@pytest.fixture(scope="session")
def app_of(settings: Settings, listening: Issuer) -> Iterator[Callable[..., Flask]]:
    """Make an application that believes the issuer."""
    made: list[Flask] = []

    def make(**changed: Any) -> Flask:
        made.append(create_app(settings.model_copy(update=changed), outbound=listening.client()))
        return made[-1]

    yield make
    for app in made:
        app.extensions["talkhub"].close()


@pytest.fixture(scope="session")
def by_company(app_of: Callable[..., Flask], listening: Issuer) -> Flask:
    return app_of(
        oidc_issuer=listening.base,
        oidc_client_id=CLIENT_ID,
        oidc_client_secret=SecretStr("tests-oidc-secret"),
    )


@pytest.fixture(scope="session")
def by_supabase(app_of: Callable[..., Flask], listening: Issuer) -> Flask:
    return app_of(supabase_sign_in=True, supabase_url=listening.base, supabase_anon_key="anon")
