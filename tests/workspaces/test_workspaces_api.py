"""Workspaces over REST, with the tokens that the admin secret gives."""

from __future__ import annotations

import io
import secrets
from collections.abc import Callable
from types import SimpleNamespace
from zipfile import ZipFile

import pytest
from callers import Caller
from factories import new_address, rows
from workspace_people import Person

from talkhub.names import Scope
from talkhub.names.workspaces import UsageKind
from talkhub.roles import Role
from talkhub.security import API_SCOPES
from talkhub.services.administration.administering import overseeing
from talkhub.services.administration.agencies import agency_admins
from talkhub.services.administration.usage import QuotaState, Used
from talkhub.services.administration.workspaces import workspaces_of
from talkhub.store.uow import Database
from talkhub.store.workspace_use import WorkspaceUse
from talkhub.volatile import limits


def test_the_operator_makes_a_workspace_gets_its_token_and_deletes_it(
    client, database: Database, caller: Caller, settings
) -> None:
    slug = f"cliente-{secrets.token_hex(4)}"
    refused = caller.post("/api/v1/workspaces", {"slug": slug, "name": "Cliente"})
    caller.post("/api/v1/agency", {"name": "Agência"})
    made = caller.post("/api/v1/workspaces", {"slug": slug, "name": "Cliente"})
    body = {"username": "ops", "admin_secret": settings.admin_secret.get_secret_value()}
    place = {"REMOTE_ADDR": new_address()}
    token = client.post(
        "/api/v1/auth/token", json={**body, "workspace": slug}, environ_base=place
    ).json["token"]
    there = Caller(client, made.json["id"], token)

    changed = there.put("/api/v1/workspace", {"name": "Padaria", "timezone": "UTC"})
    told = there.get("/api/v1/workspace").json
    archive = client.get(
        "/api/v1/workspace/archive.zip",
        headers={"Authorization": f"Bearer {token}"},
        buffered=True,  # an export keeps one of few seats until it is closed
    )
    wrong = client.delete(
        "/api/v1/workspace", json={"name": "Cliente"}, headers={"Authorization": f"Bearer {token}"}
    )
    deleted = client.delete(
        "/api/v1/workspace", json={"name": "Padaria"}, headers={"Authorization": f"Bearer {token}"}
    )

    assert (refused.status_code, made.status_code, changed.status_code) == (403, 201, 204)
    assert (told["name"], told["slug"], told["timezone"]) == ("Padaria", slug, "UTC")
    assert "messages.ndjson" in ZipFile(io.BytesIO(archive.data)).namelist()
    assert (wrong.status_code, deleted.status_code) == (422, 202)
    assert there.get("/api/v1/workspace").status_code == 401


def test_what_the_operator_makes_belongs_to_whom_they_name_and_to_no_namesake(
    database: Database,
    person: Callable[..., Person],
    caller: Caller,
    sign_token: Callable[..., str],
) -> None:
    caio, bia = person(), person()
    token = sign_token(caller.workspace_id, *API_SCOPES, subject=caio.username)
    operator = Caller(caller.client, caller.workspace_id, token)
    slug = f"cliente-{secrets.token_hex(4)}"
    owners = [{}, {"owner": bia.username}, {"owner": f"{bia.username}-nobody"}]
    operator.post("/api/v1/agency", {"name": "Agência"})

    answers = [
        operator.post("/api/v1/workspaces", {"slug": f"{slug}-{n}", "name": "Cliente", **owner})
        for n, owner in enumerate(owners)
    ]
    with overseeing(database) as uow:
        theirs = [workspaces_of(uow, who.username) for who in (caio, bia)]

    assert [answer.status_code for answer in answers] == [201, 201, 422]
    assert [[(one.slug, one.role) for one in own] for own in theirs] == [
        [],
        [(f"{slug}-1", "owner")],
    ]


def test_the_operator_names_who_administers_an_agency(
    caller: Caller,
    database: Database,
    person: Callable[..., Person],
    role_of: Callable[[Person], Role | None],
) -> None:
    bia = person()

    unknown = caller.post("/api/v1/agency", {"name": "Boa", "admin": f"{bia.username}-nobody"})
    made = caller.post("/api/v1/agency", {"name": "Boa", "admin": bia.username})

    with overseeing(database) as uow:
        admins = agency_admins(uow, made.json["id"])
    assert (unknown.status_code, made.status_code) == (422, 201)
    assert [admin.username for admin in admins] == [bia.username]
    assert role_of(bia) is Role.ADMIN


def test_members_and_invitations_are_managed_over_rest(
    caller: Caller, ana: Person, person: Callable[..., Person]
) -> None:
    bia = person(Role.VIEWER)

    invited = caller.post("/api/v1/invitations", {"role": "analyst", "email": "c@example.com"})
    listed = caller.get("/api/v1/invitations").json["invitations"]
    withdrawn = caller.delete(f"/api/v1/invitations/{invited.json['id']}")
    raised = caller.put(f"/api/v1/members/{bia.id}", {"role": "admin"})
    members = caller.get("/api/v1/members").json["members"]
    removed = caller.delete(f"/api/v1/members/{bia.id}")
    last = caller.put(f"/api/v1/members/{ana.id}", {"role": "viewer"})

    assert invited.json["path"].startswith("/dashboard/invitations/")
    assert [one["email"] for one in listed] == ["c@example.com"]
    assert [(one["username"], one["role"]) for one in members] == [
        (ana.username, "owner"),
        (bia.username, "admin"),
    ]
    assert [a.status_code for a in (withdrawn, raised, removed, last)] == [204, 204, 204, 409]


def test_usage_is_told_with_its_quotas_and_requests_beyond_theirs_wait(
    make_client, caller: Caller, workspace: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "time", SimpleNamespace(time=lambda: 1_800_000_000.0))
    quotas = {"requests_per_minute": 2, "messages_per_month": 10}
    client = make_client()
    use: WorkspaceUse = client.application.extensions["talkhub"].use
    limited = Caller(client, workspace, caller.token)

    caller.put("/api/v1/quotas", quotas)
    use.note(workspace, UsageKind.EVENTS, 3)
    use.exchange()
    answers = [limited.get("/api/v1/usage") for _ in range(3)]

    told = answers[0].json
    assert (told["messages"]["quota"], told["requests_per_minute"]) == (10, 2)
    assert told["events"] == {"today": 3, "month": 3, "quota": None}
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert int(answers[2].headers["Retry-After"]) <= 60


def test_counts_are_added_to_what_was_written_before(database: Database, workspace: int) -> None:
    use = WorkspaceUse(database)
    use.note(workspace, UsageKind.REQUESTS, 2)
    use.note(workspace, UsageKind.REQUESTS)
    use.exchange()
    use.note(workspace, UsageKind.REQUESTS)
    use.exchange()
    use.close()

    (row,) = rows(database, workspace, "select kind, number from usage_counts")
    assert row == {"kind": "requests", "number": 4}


@pytest.mark.parametrize("path", ["/api/v1/members", "/api/v1/usage", "/api/v1/workspace"])
def test_managing_a_workspace_needs_a_scope_of_its_own(
    caller: Caller, sign_token: Callable[..., str], path: str
) -> None:
    others = [scope for scope in Scope if scope != Scope.WORKSPACE_MANAGE]
    token = sign_token(caller.workspace_id, *others)

    assert Caller(caller.client, caller.workspace_id, token).get(path).status_code == 403


@pytest.mark.parametrize(
    ("month", "quota", "state"),
    [
        (10**9, None, QuotaState.FREE),
        (79, 100, QuotaState.FREE),
        (80, 100, QuotaState.NEAR),
        (99, 100, QuotaState.NEAR),
        (100, 100, QuotaState.REACHED),
        (250, 100, QuotaState.REACHED),
    ],
)
def test_a_quota_is_near_from_four_fifths_on(
    month: int, quota: int | None, state: QuotaState
) -> None:
    assert Used(0, month, quota).state is state
