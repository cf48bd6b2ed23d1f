"""Whom invitations let in: by their maker's power, newcomers, and who was here before."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import replace

import pytest
from factories import new_address
from workspace_people import PASSWORD, Person

from talkhub.errors import Conflict, NotFound, Unauthenticated
from talkhub.roles import Role
from talkhub.services.access import auth
from talkhub.services.administration import agencies, invitations
from talkhub.services.administration.administering import Acting, overseeing
from talkhub.services.administration.invitations import Newcomer, NewInvitation
from talkhub.services.administration.members import change_role, remove_member
from talkhub.services.administration.vouched import person_of_email
from talkhub.services.administration.workspaces import NewWorkspace, create_workspace
from talkhub.store.statements.second_factors import BEGIN_SECOND_FACTOR
from talkhub.store.uow import Database, system_scope

GUESSES = "select count(*) from login_attempts where subject = %(subject)s"
People = Callable[..., Person]


def invited_by(database: Database, who: Acting) -> NewInvitation:
    return invitations.invite(database, who, role=Role.VIEWER, email=None)


@pytest.mark.parametrize("end", ["demoted", "removed"])
def test_an_invitation_ends_with_the_power_of_who_made_it(
    database: Database, ana: Person, person: People, end: str
) -> None:
    bia = person(Role.ADMIN)
    hers, anas = (invited_by(database, who.acting) for who in (bia, ana))

    if end == "demoted":
        change_role(database, ana.acting, bia.id, Role.ANALYST)
    else:
        remove_member(database, ana.acting, bia.id)

    with pytest.raises(NotFound):
        invitations.find_invitation(database, hers.token)
    assert invitations.find_invitation(database, anas.token).id == anas.id


def test_who_may_more_keeps_the_invitations_they_made(
    database: Database, ana: Person, person: People
) -> None:
    bia = person(Role.ADMIN)
    hers = invited_by(database, bia.acting)

    change_role(database, ana.acting, bia.id, Role.OWNER)

    assert invitations.find_invitation(database, hers.token).id == hers.id


def test_a_former_agency_admins_invitations_end_where_they_leave(
    database: Database, ana: Person, person: People
) -> None:
    bia = person(Role.ADMIN)
    agencies.found_agency(database, ana.acting, "Agência")
    wish = NewWorkspace(f"cliente-{secrets.token_hex(4)}", "Cliente", "UTC")
    client = create_workspace(database, ana.acting, wish)
    agencies.add_agency_admin(database, ana.acting, bia.id)
    here, there = (
        invited_by(database, Acting(place, bia.username)) for place in (bia.workspace_id, client)
    )

    agencies.remove_agency_admin(database, ana.acting, bia.id)

    assert invitations.find_invitation(database, here.token).id == here.id
    with pytest.raises(NotFound):
        invitations.find_invitation(database, there.token)


def test_who_was_removed_comes_back_by_their_password_and_second_factor(
    database: Database, ana: Person
) -> None:
    bia = Newcomer(f"bia-{secrets.token_hex(4)}", "Bia", PASSWORD)
    came = come_in(database, ana, bia)
    remove_member(database, ana.acting, came.user_id)
    with database.unit_of_work(system_scope("tests")) as uow:
        key = {"user_id": came.user_id, "secret": b"sealed", "key_id": "k"}
        uow.run(BEGIN_SECOND_FACTOR, key)
        uow.run("update second_factors set confirmed_at = now() where user_id = %(user_id)s", key)

    with pytest.raises(Conflict):
        come_in(database, ana, replace(bia, password="not the one she had"))
    back = come_in(database, ana, bia)

    with overseeing(database) as uow:
        guesses = uow.run(GUESSES, {"subject": bia.username}).scalar()
    assert back == replace(came, has_second_factor=True)
    assert guesses == 1


def test_who_was_removed_comes_back_by_the_word_of_who_vouches_for_them(
    database: Database, ana: Person
) -> None:
    email = f"bia-{secrets.token_hex(4)}@example.com"

    def come() -> int:
        invitations.invite(database, ana.acting, role=Role.VIEWER, email=email)
        return person_of_email(database, email.upper(), address=new_address()).user_id

    first = come()
    remove_member(database, ana.acting, first)
    with pytest.raises(Unauthenticated):
        person_of_email(database, email, address=new_address())

    assert come() == first


@pytest.mark.parametrize("by_password", [True, False])
def test_who_is_disabled_comes_back_by_no_invitation(
    database: Database, ana: Person, *, by_password: bool
) -> None:
    email = f"bia-{secrets.token_hex(4)}@example.com"
    bia = Newcomer(email, "Bia", PASSWORD)
    user_id = come_in(database, ana, bia).user_id
    remove_member(database, ana.acting, user_id)
    with database.unit_of_work(system_scope("tests")) as uow:
        sql = "update users set disabled_at = now() where id = %(id)s"
        uow.run(sql, {"id": user_id})

    again = invitations.invite(database, ana.acting, role=Role.VIEWER, email=email)

    with pytest.raises(Conflict):
        (
            invitations.accept_as_newcomer(database, again.token, bia, address=None)
            if by_password
            else invitations.accept_as_vouched(database, email, address=None)
        )


def come_in(database: Database, ana: Person, newcomer: Newcomer) -> auth.Person:
    token = invited_by(database, ana.acting).token
    return invitations.accept_as_newcomer(database, token, newcomer, address=new_address())
