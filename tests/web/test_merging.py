"""Merging and parting people over REST."""

from collections.abc import Callable

import pytest
from callers import Caller
from factories import new_user
from flask.testing import FlaskClient

from talkhub.names import Scope


@pytest.fixture
def two_people(caller: Caller) -> tuple[str, str]:
    ids = new_user(), new_user()
    for user_id in ids:
        caller.tool("update_user_profile", {"user_id": user_id, "profile_data": {"tags": ["a"]}})
    return ids


def whose(caller: Caller, user_id: str) -> str:
    profile = caller.tool("get_user_context", {"user_id": user_id}).json["profile"]
    return str(profile["user_id"])


def is_remembered(caller: Caller, user_id: str) -> bool:
    context = caller.tool("get_user_context", {"user_id": user_id}).json
    return bool(context["consent"]["memory"])


def test_people_are_merged_and_parted(caller: Caller, two_people: tuple[str, str]) -> None:
    absorbed, kept = two_people

    merged = caller.post(f"/api/v1/people/{absorbed}/merge", {"into": kept})
    while_merged = whose(caller, absorbed)
    parted = caller.post(f"/api/v1/people/{absorbed}/part", {})

    assert (merged.status_code, while_merged) == (204, kept)
    assert (parted.status_code, whose(caller, absorbed)) == (204, absorbed)


def test_merging_nobody_is_not_found(caller: Caller, two_people: tuple[str, str]) -> None:
    answer = caller.post(f"/api/v1/people/{new_user()}/merge", {"into": two_people[0]})

    assert (answer.status_code, answer.json["type"]) == (404, "/problems/not_found")


def test_parting_who_is_not_merged_is_a_conflict(
    caller: Caller, two_people: tuple[str, str]
) -> None:
    assert caller.post(f"/api/v1/people/{two_people[0]}/part", {}).status_code == 409


def test_merging_needs_the_scope_of_profiles(
    client: FlaskClient,
    workspace: int,
    sign_token: Callable[..., str],
    two_people: tuple[str, str],
) -> None:
    reader = Caller(client, workspace, sign_token(workspace, Scope.MCP_READ))

    answer = reader.post(f"/api/v1/people/{two_people[0]}/merge", {"into": two_people[1]})

    assert answer.status_code == 403


def test_whoever_refused_the_memory_under_one_id_refused_it_under_both(
    caller: Caller, two_people: tuple[str, str]
) -> None:
    absorbed, kept = two_people
    refused = {"user_id": absorbed, "profile_data": {"memory_opt_out": True}}
    caller.tool("update_user_profile", refused)

    caller.post(f"/api/v1/people/{absorbed}/merge", {"into": kept})
    while_merged = is_remembered(caller, kept)
    caller.post(f"/api/v1/people/{absorbed}/part", {})

    assert not while_merged
    assert (is_remembered(caller, absorbed), is_remembered(caller, kept)) == (False, True)


def test_merging_into_whoever_refused_the_memory_leaves_it_refused(
    caller: Caller, two_people: tuple[str, str]
) -> None:
    absorbed, kept = two_people
    caller.tool("update_user_profile", {"user_id": kept, "profile_data": {"memory_opt_out": True}})

    caller.post(f"/api/v1/people/{absorbed}/merge", {"into": kept})

    assert not is_remembered(caller, absorbed)
