"""An OpenAI-compatible interface on the loopback: answers well, or as a test has it do first.

What asks it stands here too, for the tests of all that asks.
"""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from https_host import Behaviour, Host, answering

from talkhub.enrichment.budget import Budget
from talkhub.enrichment.calling import Caller
from talkhub.enrichment.interface import Interface
from talkhub.jobs.enricher import Enricher
from talkhub.store.uow import Database, system_scope

READING = {
    "sentiment": "negative",
    "intent": "complaint",
    "resolution": "no",
    "urgency": "money",
    "topics": ["cobrança em dobro"],
    "summary": "Foi cobrado duas vezes e ninguém devolveu.",
}


class LanguageModel:
    """Takes questions; `first` says how the next calls are answered, one after the other."""

    def __init__(self, start: Callable[[Behaviour], Host]) -> None:
        self.moods: list[Behaviour] = []
        self.host = start(self._answer)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.host.port}/v1"

    @property
    def questions(self) -> list[dict[str, Any]]:
        """What it was sent, in order."""
        return [json.loads(request.partition("\r\n\r\n")[2]) for request in self.host.requests]

    def first(self, *moods: Behaviour) -> None:
        self.moods += moods

    def _answer(self, connection: socket.socket) -> None:
        (self.moods.pop(0) if self.moods else saying(READING))(connection)


def saying(content: object, **choice: object) -> Behaviour:
    """Answer with a completion: of a text, or of a document as JSON."""
    text = content if isinstance(content, str) else json.dumps(content)
    message = {"role": "assistant", "content": text, "refusal": choice.pop("refusal", None)}
    document = {
        "id": "c1",
        "object": "chat.completion",
        "created": 1,
        "model": "tests-1",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop", **choice}],
        "usage": {"prompt_tokens": 300, "completion_tokens": 60, "total_tokens": 360},
    }
    return answering(json.dumps(document).encode(), headers=("Content-Type: application/json",))


def refusing(status: str, *headers: str) -> Behaviour:
    """Answer with an error."""
    return answering(b'{"error": {"message": "no"}}', status=status, headers=headers)


def never_ending(connection: socket.socket) -> None:
    """Answer a byte at a time, each well within any limit of its own."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    for _ in range(500):  # for longer than any limit, however slow the machine is
        connection.sendall(b" ")
        time.sleep(0.02)


def hanging_up(_connection: socket.socket) -> None:
    """Say nothing at all."""


@pytest.fixture
def model(host: Callable[..., object]) -> LanguageModel:
    return LanguageModel(lambda behave: host(behave, is_plain=True))


@pytest.fixture
def interface(model: LanguageModel) -> Iterator[Interface]:
    made = Interface(model.url, key="sk-tests", model="tests-1", seconds=2)
    yield made
    made.close()


@pytest.fixture
def ask(database: Database, interface: Interface) -> Callable[..., int]:
    """Do what the enricher does until nothing is due; returns how many it took."""

    def run(**changed: float) -> int:
        given = {"daily_tokens": 10**9, "daily_cost": 1e6, "price_sent": 5.0, "price_received": 20}
        budget = Budget(**{**given, **changed})
        return Enricher(Caller(database, interface, budget, timedelta(seconds=30))).drain()

    with database.unit_of_work(system_scope("tests")) as uow:
        uow.run("delete from enrichments")  # of other tests
        uow.run("update replies set writing = 'missed' where writing = 'wanted'")
    return run
