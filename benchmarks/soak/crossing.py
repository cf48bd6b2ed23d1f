"""Two workspaces call at random, with each other's ids: neither may be told of the other."""

from __future__ import annotations

import http.client
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from flask import Flask

from benchmarks.service import ADMIN_SECRET, service_settings, talkhub
from benchmarks.soak.crossing_calls import Call, Side, random_calls
from benchmarks.stage import migrate, open_stage, run_sql
from talkhub.app import create_app
from talkhub.progress import show_progress

MAX_KEPT = 20
OTHER = "other"

Send = Callable[[str, str, str, bytes | None], tuple[int, bytes]]
"""Sends a token, a method, a path and a body, and returns what is answered."""


@dataclass(slots=True)
class Crossed:
    """What the calls were answered, how many told a side of itself, and those that crossed."""

    statuses: Counter[int] = field(default_factory=Counter)
    telling: int = 0
    wrong: list[str] = field(default_factory=list)

    def note(self, call: Call, other: Side, status: int, answer: bytes) -> None:
        """Count an answer; keep the call that told of the other side, or met a fault of ours."""
        self.statuses[status] += 1
        self.telling += call.by.mark.encode() in answer
        if (other.mark.encode() in answer or status >= 500) and len(self.wrong) < MAX_KEPT:
            self.wrong.append(f"{call.method} {call.path} {call.body!r}: {status}")


def cross(app: Flask, sides: tuple[Side, Side], send: Send, *, seed: int, count: int) -> Crossed:
    """Send random calls of both sides, one after the other."""
    crossed = Crossed()
    for call in random_calls(app, sides, seed=seed, count=count):
        status, answer = send(call.by.token, call.method, call.path, call.body)
        other = sides[1] if call.by is sides[0] else sides[0]
        crossed.note(call, other, status, answer)
    return crossed


def furnish(send: Send, token: str, mark: str) -> Side:
    """Have somebody talk in a workspace, and return what can be asked of it."""
    user_id = f"user-of-{mark[::-1]}"  # an id that is sent must not look like what is told
    saved = _post(
        send,
        token,
        "save_conversation",
        {
            "session_id": f"session-of-{mark[::-1]}",
            "user_id": user_id,
            "messages": [{"role": "user", "content": f"{mark} péssimo"}],
        },
    )
    _post(send, token, "update_user_profile", {"user_id": user_id, "profile_data": {"name": mark}})
    ids = {
        "user_id": user_id,
        "session_id": str(saved["session_id"]),
        "conversation_id": str(saved["conversation_id"]),
        "id": f"message_{mark[::-1]}",
        "name": mark[::-1],
    }
    return Side(mark, token, ids)


def run_crossing(*, seed: int, count: int, quiet: bool) -> Crossed:
    """Serve two workspaces of our own, and have them call."""
    with open_stage() as stage:
        url = stage.make_database("crossing")
        migrate(url)
        run_sql(url, f"insert into workspaces (slug, name) values ('{OTHER}', 'Other')")
        with talkhub(stage, url, role="api") as service:
            connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=30)
            with show_progress("calls", count, quiet=quiet) as tell:
                send = _sender(connection, tell)
                tokens = [_token(send, slug) for slug in (None, OTHER)]
                marks = ("ursa-maior-tells", "cruzeiro-do-sul-tells")
                first, second = (furnish(send, *pair) for pair in zip(tokens, marks, strict=True))
                app = create_app(service_settings(stage, url, role="api", port=service.port))
                crossed = cross(app, (first, second), send, seed=seed, count=count)
            connection.close()
    return crossed


def as_document(crossed: Crossed) -> str:
    """Return the outcome as JSON."""
    statuses = {str(status): count for status, count in sorted(crossed.statuses.items())}
    document = {"statuses": statuses, "telling": crossed.telling, "wrong": crossed.wrong}
    return json.dumps(document, indent=2)


def _sender(connection: http.client.HTTPConnection, tell: Callable[[int], None]) -> Send:
    number = 0

    def send(token: str, method: str, path: str, body: bytes | None) -> tuple[int, bytes]:
        nonlocal number
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        number += 1
        tell(number)
        return response.status, response.read()

    return send


def _token(send: Send, slug: str | None) -> str:
    body = {"username": "admin", "admin_secret": ADMIN_SECRET, "workspace": slug}
    _status, answer = send("", "POST", "/api/v1/auth/token", json.dumps(body).encode())
    return str(json.loads(answer)["token"])


def _post(send: Send, token: str, tool: str, body: dict[str, object]) -> dict[str, object]:
    _status, answer = send(token, "POST", f"/api/v1/mcp/{tool}", json.dumps(body).encode())
    document: dict[str, object] = json.loads(answer)
    return document
