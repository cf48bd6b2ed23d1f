"""Facts of a person over REST: listed, added, corrected, deleted by who may."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from callers import Caller
from factories import new_user
from flask.testing import FlaskClient

from talkhub.names import Scope


@pytest.fixture
def path(caller: Caller) -> str:
    """The address of the facts of a person whom the workspace knows."""
    user_id = new_user()
    caller.tool("update_user_profile", {"user_id": user_id, "profile_data": {}})
    return f"/api/v1/people/{user_id}/facts"


def listed(caller: Caller, path: str) -> list[tuple[str, str, bool]]:
    facts = caller.get(path).json["facts"]
    return [(fact["kind"], fact["value"], fact["valid_to"] is None) for fact in facts]


def test_a_fact_is_added_corrected_and_deleted(caller: Caller, path: str) -> None:
    added = caller.post(path, {"kind": "city", "value": "Santos", "source": "llm"})
    first = caller.get(path).json["facts"][0]
    changed = caller.put(f"{path}/{added.json['id']}", {"value": "  São\nVicente "})
    both = listed(caller, path)
    deleted = caller.delete(f"{path}/{changed.json['id']}")

    assert (added.status_code, added.headers["Location"]) == (201, path)
    assert (first["source"], first["confidence"], first["before"]) == ("llm", 1.0, None)
    assert both == [("city", "São Vicente", True), ("city", "Santos", False)]
    assert (deleted.status_code, listed(caller, path)) == (204, [("city", "Santos", True)])


def test_a_fact_of_the_past_is_not_corrected(caller: Caller, path: str) -> None:
    old = caller.post(path, {"kind": "plan", "value": "Básico"}).json["id"]
    caller.post(path, {"kind": "plan", "value": "Pro"})

    assert caller.put(f"{path}/{old}", {"value": "Ouro"}).status_code == 409


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"kind": "city", "value": " "}, 422),
        ({"kind": "city", "value": "x" * 161}, 422),
        ({"kind": "shoe", "value": "42"}, 422),
        ({"kind": "city", "value": "Santos", "source": "rule"}, 422),
    ],
)
def test_what_is_no_fact_is_refused(caller: Caller, path: str, body: object, status: int) -> None:
    assert caller.post(path, body).status_code == status


def test_who_refused_the_memory_has_no_facts_and_gets_none(caller: Caller, path: str) -> None:
    fact_id = caller.post(path, {"kind": "city", "value": "Santos"}).json["id"]
    opted_out = {"user_id": path.split("/")[4], "profile_data": {"memory_opt_out": True}}
    caller.tool("update_user_profile", opted_out)

    assert caller.get(path).json == {"facts": []}
    assert caller.post(path, {"kind": "city", "value": "Recife"}).status_code == 409
    assert caller.delete(f"{path}/{fact_id}").status_code == 204


@pytest.mark.parametrize("fact_id", [0, 1, 2**63])
def test_a_fact_that_a_person_does_not_have_is_not_found(
    caller: Caller, path: str, fact_id: int
) -> None:
    assert caller.put(f"{path}/{fact_id}", {"value": "x"}).status_code == 404
    assert caller.delete(f"{path}/{fact_id}").status_code == 404
    assert caller.get("/api/v1/people/nobody-at-all/facts").status_code == 404


def test_writing_facts_needs_the_scope_of_profiles(
    client: FlaskClient, workspace: int, sign_token: Callable[..., str], path: str
) -> None:
    reader = Caller(client, workspace, sign_token(workspace, Scope.MCP_READ))

    assert reader.get(path).status_code == 200
    assert reader.post(path, {"kind": "city", "value": "Santos"}).status_code == 403
    assert reader.delete(f"{path}/1").status_code == 403
