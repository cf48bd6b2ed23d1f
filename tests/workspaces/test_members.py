"""Who belongs to a workspace, what they may decide there, and that it always has an owner."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from factories import make_workspace, rows
from workspace_people import Person

from talkhub import clock
from talkhub.errors import Conflict, Forbidden, Invalid, NotFound, TalkHubError
from talkhub.names import TokenKind
from talkhub.names.workspaces import Quota
from talkhub.roles import Role
from talkhub.services.access.auth import IssuedToken, SignedIn, record_token
from talkhub.services.administration import agencies, invitations
from talkhub.services.administration.administering import Acting, overseeing
from talkhub.services.administration.invitations import Newcomer
from talkhub.services.administration.members import change_role, remove_member
from talkhub.services.administration.workspaces import (
    NewWorkspace,
    change_workspace,
    close_workspace,
    create_workspace,
    set_quotas,
    workspaces_of,
)
from talkhub.store.revocations import RevokedTokens
from talkhub.store.uow import Database, system_scope

RoleOf = Callable[[Person], Role | None]
People = Callable[..., Person]


def test_an_owner_makes_others_more_and_less_and_takes_them_out(
    database: Database, ana: Person, person: People, role_of: RoleOf
) -> None:
    bia = person(Role.VIEWER)

    change_role(database, ana.acting, bia.id, Role.ADMIN)
    raised = role_of(bia)
    remove_member(database, ana.acting, bia.id)

    trail = rows(
        database, ana.workspace_id, "select actor, action, subject from audit_entries order by id"
    )
    assert (raised, role_of(bia)) == (Role.ADMIN, None)
    assert trail == [
        {"actor": ana.username, "action": "member.role_changed", "subject": bia.username},
        {"actor": ana.username, "action": "member.removed", "subject": bia.username},
    ]


@pytest.mark.parametrize("role", [Role.ANALYST, Role.VIEWER, None])
def test_who_is_no_owner_or_admin_administers_nothing(
    database: Database, ana: Person, person: People, role: Role | None
) -> None:
    caio = person(role)

    for attempt in (
        lambda: change_role(database, caio.acting, caio.id, Role.OWNER),
        lambda: remove_member(database, caio.acting, ana.id),
        lambda: invitations.invite(database, caio.acting, role=Role.VIEWER, email=None),
        lambda: change_workspace(database, caio.acting, name="Meu", timezone="UTC"),
        lambda: close_workspace(database, caio.acting, typed_name="Test"),
        lambda: set_quotas(database, caio.acting, {Quota.REQUESTS: 1}),
        lambda: agencies.found_agency(database, caio.acting, "Minha"),
    ):
        with pytest.raises(Forbidden):
            attempt()


def test_an_admin_decides_nothing_about_owners(
    database: Database, ana: Person, person: People
) -> None:
    bia = person(Role.ADMIN)

    for attempt in (
        lambda: change_role(database, bia.acting, bia.id, Role.OWNER),
        lambda: change_role(database, bia.acting, ana.id, Role.VIEWER),
        lambda: remove_member(database, bia.acting, ana.id),
        lambda: invitations.invite(database, bia.acting, role=Role.OWNER, email=None),
        lambda: close_workspace(database, bia.acting, typed_name="Test"),
    ):
        with pytest.raises(Forbidden):
            attempt()


def test_a_stranger_of_another_workspace_is_nobody_here(
    database: Database, ana: Person, person: People
) -> None:
    caio = person(Role.OWNER, workspace_id=make_workspace(database))

    with pytest.raises(NotFound):
        change_role(database, caio.acting, ana.id, Role.VIEWER)
    with pytest.raises(Forbidden):
        remove_member(database, Acting(ana.workspace_id, caio.username), ana.id)


def test_of_two_owners_who_leave_at_once_one_stays(
    database: Database, ana: Person, person: People, role_of: RoleOf
) -> None:
    bia = person(Role.OWNER)

    def leave(who: Person) -> bool:
        try:
            remove_member(database, who.acting, who.id)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        left = list(pool.map(leave, [ana, bia]))

    assert sorted(left) == [False, True]
    assert [role_of(ana), role_of(bia)].count(Role.OWNER) == 1


def test_who_is_taken_out_is_refused_with_every_token_of_theirs(
    database: Database, ana: Person, person: People
) -> None:
    bia = person(Role.ADMIN)
    who = SignedIn(bia.username, "Bia", bia.workspace_id, "pt-BR", frozenset())
    ends = clock.now() + timedelta(hours=1)
    issued = IssuedToken("", bia.username, bia.username, TokenKind.API, None, clock.now(), ends)
    record_token(database, who, issued, "127.0.0.1")
    revoked = RevokedTokens(database)
    before = bia.username in revoked

    remove_member(database, ana.acting, bia.id)
    revoked.forget()

    assert (before, bia.username in revoked) == (False, True)


def test_a_newcomer_joins_by_an_invitation_that_works_once(
    database: Database, ana: Person, role_of: RoleOf
) -> None:
    made = invitations.invite(database, ana.acting, role=Role.ANALYST, email=" bia@example.com ")
    newcomer = Newcomer(f"bia-{secrets.token_hex(4)}", "Bia", "correct horse battery")

    invited = invitations.find_invitation(database, made.token)
    invitations.accept_as_newcomer(database, made.token, newcomer, address=None)

    assert (invited.email, invited.role) == ("bia@example.com", "analyst")
    assert role_of(Person(0, newcomer.username, ana.workspace_id)) is Role.ANALYST
    for use in (invitations.find_invitation, _accepted_again):
        with pytest.raises(NotFound):
            use(database, made.token)


def _accepted_again(database: Database, token: str) -> object:
    newcomer = Newcomer(f"caio-{secrets.token_hex(4)}", "Caio", "correct horse battery")
    return invitations.accept_as_newcomer(database, token, newcomer, address=None)


def test_of_two_who_open_an_invitation_at_once_one_joins(
    database: Database, ana: Person, person: People, role_of: RoleOf
) -> None:
    made = invitations.invite(database, ana.acting, role=Role.VIEWER, email=None)
    both = [person(), person()]

    def accept(who: Person) -> bool:
        try:
            invitations.accept_as_member(database, made.token, who.username, address=None)
        except NotFound:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        accepted = list(pool.map(accept, both))

    assert sorted(accepted) == [False, True]
    assert [role_of(who) for who in both].count(Role.VIEWER) == 1


@pytest.mark.parametrize(
    ("username", "name", "password", "code"),
    [
        ("b", "Bia", "correct horse battery", "username_invalid"),
        ("bia sem espaço", "Bia", "correct horse battery", "username_invalid"),
        ("api-key-7", "Bia", "correct horse battery", "username_invalid"),
        ("bia", " ", "correct horse battery", "name_invalid"),
        ("bia", "Bia", "short", "password_invalid"),
    ],
)
def test_a_login_that_cannot_be_is_refused_before_the_invitation_is_used(
    database: Database, username: str, name: str, password: str, code: str
) -> None:
    newcomer = Newcomer(username, name, password)

    with pytest.raises(Invalid) as refused:
        invitations.accept_as_newcomer(database, "no-token", newcomer, address=None)

    assert refused.value.first_code == code


def test_a_withdrawn_or_old_invitation_and_a_taken_name_let_nobody_in(
    database: Database, ana: Person
) -> None:
    withdrawn, old, good = (
        invitations.invite(database, ana.acting, role=Role.VIEWER, email=None) for _ in range(3)
    )
    invitations.withdraw_invitation(database, ana.acting, withdrawn.id)
    with database.unit_of_work(system_scope("a test")) as uow:
        uow.run("update invitations set expires_at = now() where id = %(id)s", {"id": old.id})

    outcomes: list[type[TalkHubError]] = []
    for made in (withdrawn, old, good):
        newcomer = Newcomer(ana.username, "Ana", "correct horse battery")
        with pytest.raises(TalkHubError) as refused:
            invitations.accept_as_newcomer(database, made.token, newcomer, address=None)
        outcomes.append(type(refused.value))

    assert outcomes == [NotFound, NotFound, Conflict]
    assert invitations.find_invitation(database, good.token).id == good.id


def test_an_agencys_admins_administer_each_of_its_workspaces(
    database: Database, ana: Person, person: People, role_of: RoleOf
) -> None:
    bia = person(Role.VIEWER)
    agencies.found_agency(database, ana.acting, "Agência")
    slug = f"cliente-{secrets.token_hex(4)}"
    client = create_workspace(database, ana.acting, NewWorkspace(slug, "Cliente", "UTC"))
    there = Person(bia.id, bia.username, client)
    before = role_of(there)

    agencies.add_agency_admin(database, ana.acting, bia.id)
    during = role_of(there)
    with pytest.raises(Conflict):  # they are there by the agency, and go with it only
        remove_member(database, Acting(client, ana.username), bia.id)
    agencies.remove_agency_admin(database, ana.acting, bia.id)

    assert (before, during, role_of(there)) == (None, Role.ADMIN, None)
    assert role_of(bia) is Role.VIEWER
    with overseeing(database) as uow:
        own = workspaces_of(uow, ana.username)
    assert {(one.name, one.role, one.agency) for one in own} == {
        ("Cliente", "owner", "Agência"),
        ("Test", "owner", "Agência"),
    }


def test_workspaces_are_made_by_agency_admins_only_and_under_a_name_of_their_own(
    database: Database, ana: Person, person: People
) -> None:
    slug = f"cliente-{secrets.token_hex(4)}"
    wish = NewWorkspace(slug, "Cliente", "America/Manaus")
    with pytest.raises(Forbidden):
        create_workspace(database, ana.acting, wish)
    agencies.found_agency(database, ana.acting, "Agência")
    create_workspace(database, ana.acting, wish)

    with pytest.raises(Forbidden):
        create_workspace(database, person(Role.ADMIN).acting, wish)
    with pytest.raises(Conflict):
        create_workspace(database, ana.acting, wish)
    for bad in (
        NewWorkspace("Com Espaço", "Cliente", "UTC"),
        NewWorkspace("closed-7", "Cliente", "UTC"),
        NewWorkspace(f"{slug}-2", " ", "UTC"),
        NewWorkspace(f"{slug}-2", "Cliente", "Mars/Phobos"),
    ):
        with pytest.raises(Invalid):
            create_workspace(database, ana.acting, bad)


def test_a_zone_that_only_python_knows_is_none(
    database: Database, ana: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "known_zones", lambda: {"Mars/Phobos", "UTC"})

    change_workspace(database, ana.acting, name="Meu", timezone="UTC")
    with pytest.raises(Invalid):
        change_workspace(database, ana.acting, name="Meu", timezone="Mars/Phobos")


def test_quotas_are_the_agencys_to_set_where_there_is_one(
    database: Database, ana: Person, person: People
) -> None:
    owner = person(Role.OWNER)
    set_quotas(database, owner.acting, {Quota.REQUESTS: 100})

    agencies.found_agency(database, ana.acting, "Agência")

    set_quotas(database, ana.acting, {Quota.MESSAGES: 5_000})
    with pytest.raises(Forbidden):
        set_quotas(database, owner.acting, {Quota.MESSAGES: 5_000_000})
    with pytest.raises(Invalid):
        set_quotas(database, ana.acting, {Quota.PEOPLE: 0})
    (row,) = rows(
        database,
        ana.workspace_id,
        "select requests_per_minute, messages_per_month, people_per_month from workspaces",
    )
    assert tuple(row.values()) == (None, 5_000, None)
