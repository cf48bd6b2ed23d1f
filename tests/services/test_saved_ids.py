"""A saved message's id is its own, and rows from before that was so go on growing."""

from __future__ import annotations

from typing import Any

from callers import Caller
from factories import rows, transcript

from talkhub.store.uow import Database, workspace_scope

OLD_IDS = (
    "update conversations set messages = (select jsonb_agg(it || jsonb_build_object('id',"
    " 'm' || left(encode(sha256(convert_to(concat_ws('|', at - 1, it ->> 'role',"
    " it ->> 'timestamp', it ->> 'content'), 'utf8')), 'hex'), 15)) order by at)"
    " from jsonb_array_elements(messages) with ordinality as m (it, at))"
)
"""What ids were made of before: the place, the role, the time and the text."""


def save(caller: Caller, session: str, person: str, *texts: str) -> list[str]:
    body = {"session_id": session, "user_id": person, "messages": transcript(*texts)}
    answer = caller.tool("save_conversation", body)
    assert answer.status_code == 200, answer.json
    return [message["id"] for message in answer.json["messages"]]


def test_two_people_who_say_the_same_at_one_time_have_messages_of_their_own(
    caller: Caller,
) -> None:
    saved = [save(caller, *whose, "oi", "olá") for whose in (("s1", "u1"), ("s2", "u2"))]

    assert len({*saved[0], *saved[1]}) == 4
    assert save(caller, "s1", "u1", "oi", "olá") == saved[0]


def test_a_transcript_with_ids_of_before_grows_and_keeps_them(
    caller: Caller, database: Database, workspace: int
) -> None:
    save(caller, "s1", "u1", "oi", "olá")
    with database.unit_of_work(workspace_scope(workspace, "tests")) as uow:
        uow.run(OLD_IDS)
    before: list[dict[str, Any]] = rows(database, workspace, "select messages from conversations")

    ids = save(caller, "s1", "u1", "oi", "olá", "tudo bem?")

    (stored,) = rows(database, workspace, "select messages from conversations")
    assert [it["id"] for it in stored["messages"]] == ids
    assert ids[:2] == [it["id"] for it in before[0]["messages"]]
    assert len(set(ids)) == 3
