"""My account: where one is signed in, one's own password, and what a change of role does."""

from __future__ import annotations

import secrets
from collections.abc import Callable

import pytest
from argon2 import PasswordHasher
from factories import make_person, rows
from flask import Flask
from flask.testing import FlaskClient
from html_pages import Html

from talkhub.blueprints.dashboard.sign_in.devices import device_name
from talkhub.roles import Role
from talkhub.security import hash_password, is_password
from talkhub.services.administration.administering import Acting
from talkhub.services.administration.disabling import disable_login, enable_login
from talkhub.services.administration.invitations import invite
from talkhub.store.uow import Database, system_scope

PATH = "/dashboard/account"
OLD, NEW = "correct-horse-battery", "another-horse-battery"


def change(database: Database, sql: str, **params: object) -> list[dict]:
    with database.unit_of_work(system_scope("tests")) as uow:
        result = uow.run(sql, params)
        return [dict(row) for row in result.mappings()] if result.returns_rows else []


@pytest.fixture
def name(database: Database) -> str:
    """Somebody who signs in with the old password."""
    name = f"ana_{secrets.token_hex(4)}"
    make_person(database, 1, name=name)
    set_hash = "update users set password_hash = %(hash)s where username = %(name)s"
    change(database, set_hash, hash=hash_password(OLD), name=name)
    return name


def test_who_is_demoted_or_let_go_is_so_with_the_next_request(
    app: Flask, database: Database, workspace: int, browse: Callable[..., FlaskClient]
):
    ana = browse(workspace)
    statuses = [ana.get("/dashboard/api-keys").status_code]

    make_person(database, workspace, "viewer")
    app.extensions["talkhub"].browser_sessions.forget()
    statuses.append(ana.get("/dashboard/api-keys").status_code)
    change(database, "delete from memberships where workspace_id = %(id)s", id=workspace)
    app.extensions["talkhub"].browser_sessions.forget()
    statuses.append(ana.get("/dashboard/api-keys").status_code)

    assert statuses == [200, 403, 303]


def test_another_session_is_ended_from_the_list_and_this_one_is_marked(
    name: str, browse: Callable[..., FlaskClient]
):
    here, elsewhere = browse(1, name=name), browse(1, name=name)
    page = Html(here.get(PATH).text)
    (form,) = page.one("tbody").all("form")
    marked = [row.text for row in page.one("tbody").all("tr") if "Esta" in row.text]

    answer = here.post(form.attributes["action"])
    again = here.post(form.attributes["action"])

    assert len(marked) == 1
    assert (answer.status_code, again.status_code) == (303, 404)
    assert [here.get(PATH).status_code, elsewhere.get(PATH).status_code] == [200, 303]


def test_another_password_wants_the_old_one_and_ends_the_other_sessions(
    name: str, browse: Callable[..., FlaskClient], database: Database
):
    here, elsewhere = browse(1, name=name), browse(1, name=name)

    wrong = here.post(f"{PATH}/password", data={"old": "guess", "new": NEW})
    answer = here.post(f"{PATH}/password", data={"old": OLD, "new": NEW})

    assert (wrong.status_code, answer.status_code) == (401, 303)
    assert "não confere" in Html(wrong.text).one(role="alert").text
    (kept,) = change(database, "select password_hash from users where username = %(n)s", n=name)
    assert is_password(NEW, kept["password_hash"])
    assert [here.get(PATH).status_code, elsewhere.get(PATH).status_code] == [200, 303]
    trail = "select actor from audit_entries where action = 'password.changed' and actor = %(n)s"
    assert rows(database, 1, trail, n=name) == [{"actor": name}]


@pytest.mark.parametrize("new", ["short", OLD, ""])
def test_a_password_is_long_and_new(name: str, browse: Callable[..., FlaskClient], new: str):
    answer = browse(1, name=name).post(f"{PATH}/password", data={"old": OLD, "new": new})

    assert answer.status_code == 422
    assert "12 caracteres" in Html(answer.text).one(role="alert").text


def test_a_hash_made_with_other_parameters_is_made_anew_at_the_login(
    name: str, client: FlaskClient, database: Database
):
    former = PasswordHasher(time_cost=2, memory_cost=8, parallelism=1).hash(OLD)
    change(
        database, "update users set password_hash = %(h)s where username = %(n)s", h=former, n=name
    )
    place = {"REMOTE_ADDR": f"fd00:{secrets.token_hex(2)}::1"}

    client.post("/dashboard/login", data={"username": name, "password": OLD}, environ_base=place)

    (kept,) = change(database, "select password_hash from users where username = %(n)s", n=name)
    assert kept["password_hash"] != former
    assert is_password(OLD, kept["password_hash"])


ENGINE = "AppleWebKit/537.36 (KHTML, like Gecko)"
IPHONE = "(iPhone; CPU iPhone OS 18_0 like Mac OS X)"


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0", "Firefox no Linux"),
        (f"Mozilla/5.0 (Windows NT 10.0) {ENGINE} Chrome/139.0 Edg/139.0", "Edge no Windows"),
        (f"Mozilla/5.0 {IPHONE} {ENGINE} Version/18.0 Safari/604.1", "Safari no iPhone"),
        ("curl/8.5.0", "Navegador desconhecido"),
    ],
)
def test_a_browser_is_called_by_its_name(user_agent: str, name: str):
    assert device_name(user_agent) == name


def test_disabling_a_login_withdraws_what_they_made_and_what_invites_them(
    name: str, browse: Callable[..., FlaskClient], database: Database
):
    browse(1, name=name)
    email = f"{name}@example.com"
    with database.unit_of_work(system_scope("tests")) as uow:
        uow.run("update users set email = %(e)s where username = %(n)s", {"e": email, "n": name})
    by_them = Acting(1, name, is_operator=True)
    by_others = Acting(1, "tests", is_operator=True)
    made = [
        invite(database, who, role=Role.VIEWER, email=address).id
        for who, address in (
            (by_them, None),
            (by_others, email.upper()),
            (by_others, name.upper() + "@other.example"),
        )
    ]

    disable_login(database, name, actor="tests")

    left = "select id from invitations where id = any(%(ids)s)"
    assert rows(database, 1, left, ids=made) == [{"id": made[2]}]
    trail = (
        "select subject from audit_entries where action = 'member.invitation_withdrawn'"
        " and subject = any(%(ids)s) order by id"
    )
    told = rows(database, 1, trail, ids=[str(it) for it in made])
    assert [it["subject"] for it in told] == [str(it) for it in made[:2]]


def test_a_disabled_login_is_out_everywhere_until_it_is_let_in_again(
    app: Flask, name: str, browse: Callable[..., FlaskClient], database: Database
):
    ana = browse(1, name=name)

    changed = [disable_login(database, name, actor="tests") for _ in range(2)]
    app.extensions["talkhub"].browser_sessions.forget()
    out = ana.get(PATH).status_code
    changed += [enable_login(database, name, actor="tests") for _ in range(2)]

    assert (changed, out) == ([True, False, True, False], 303)
    assert browse(1, name=name).get(PATH).status_code == 200
    trail = "select action from audit_entries where subject = %(name)s order by id"
    assert [it["action"] for it in rows(database, 1, trail, name=name)] == [
        "login.disabled",
        "login.enabled",
    ]
