"""Random calls of two workspaces with each other's ids; `./run soak crossing` makes more."""

from __future__ import annotations

from collections.abc import Callable

from factories import make_workspace
from flask import Flask

from benchmarks.soak.crossing import cross, furnish
from talkhub.store.uow import Database

COUNT = 200


def test_random_calls_with_anybodys_ids_never_tell_of_another_workspace(
    app: Flask, database: Database, sign_token: Callable[..., str]
) -> None:
    client = app.test_client()

    def send(token: str, method: str, path: str, body: bytes | None) -> tuple[int, bytes]:
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        answer = client.open(path, method=method, data=body, headers=headers, buffered=True)
        return answer.status_code, answer.data

    tokens = [sign_token(make_workspace(database), subject=name) for name in ("ana", "caio")]
    sides = (
        furnish(send, tokens[0], "ursa-maior-tells"),
        furnish(send, tokens[1], "cruzeiro-do-sul-tells"),
    )

    crossed = cross(app, sides, send, seed=7, count=COUNT)

    assert crossed.wrong == []
    assert crossed.telling > COUNT // 10, crossed.statuses
