"""Whoever belongs nowhere any more is forgotten after a time."""

from __future__ import annotations

import secrets

from factories import make_person

from talkhub.jobs.forgetting import forget_the_old
from talkhub.store.uow import Database, system_scope


def users(database: Database, sql: str, **params: object) -> list[tuple[object, ...]]:
    with database.unit_of_work(system_scope("tests")) as uow:
        result = uow.run(sql, params)
        return [tuple(row) for row in result] if result.returns_rows else []


def test_a_login_without_any_workspace_is_deleted_after_its_days(
    database: Database, workspace: int
) -> None:
    member, back, alone, disabled = ids = [
        make_person(database, workspace, name=f"p_{secrets.token_hex(6)}").user_id for _ in range(4)
    ]
    leave = "delete from memberships where user_id = any(%(ids)s)"
    users(database, leave, ids=[back, alone, disabled])
    users(database, "update users set disabled_at = now() where id = %(id)s", id=disabled)
    marks = "select id, alone_since is not null from users where id = any(%(ids)s) order by id"

    forget_the_old(database)
    marked = users(database, marks, ids=ids)
    users(
        database,
        "insert into memberships (workspace_id, user_id, role) values (%(w)s, %(id)s, 'viewer')",
        w=workspace,
        id=back,
    )
    old = "update users set alone_since = now() - interval '91 days' where alone_since is not null"
    users(database, old + " and id = any(%(ids)s)", ids=ids)
    forget_the_old(database)

    assert marked == [(member, False), (back, True), (alone, True), (disabled, False)]
    assert users(database, marks, ids=ids) == [
        (member, False),
        (back, False),
        (disabled, False),
    ]
