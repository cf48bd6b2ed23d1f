"""People who administer workspaces: Ana owns one, Bia is to become something in it."""

from __future__ import annotations

import secrets
from collections.abc import Callable

import pytest
from workspace_people import PASSWORD, Person

from talkhub.roles import Role
from talkhub.security import hash_password
from talkhub.services.administration.administering import overseeing, role_in
from talkhub.store.statements import members
from talkhub.store.uow import Database, system_scope


@pytest.fixture
def person(database: Database, workspace: int) -> Callable[..., Person]:
    """Make somebody who belongs to this test's workspace; without a role to none."""

    def make(role: Role | None = None, *, workspace_id: int = workspace) -> Person:
        username = f"user-{secrets.token_hex(6)}"
        with database.unit_of_work(system_scope("a test's people")) as uow:
            params = {
                "username": username,
                "password_hash": hash_password(PASSWORD),
                "name": username,
            }
            user_id = uow.run(members.ADD_PERSON, params).scalar_one()
            if role is not None:
                key = {"workspace_id": workspace_id, "user_id": user_id, "role": role}
                uow.run(members.ADD_MEMBER, key)
        return Person(user_id, username, workspace_id)

    return make


@pytest.fixture
def ana(person: Callable[..., Person]) -> Person:
    """Ana, who owns the workspace."""
    return person(Role.OWNER)


@pytest.fixture
def role_of(database: Database) -> Callable[[Person], Role | None]:
    """Tell what somebody is in the workspace that they are known from."""

    def find(who: Person) -> Role | None:
        with overseeing(database) as uow:
            return role_in(uow, who.workspace_id, who.username)

    return find
