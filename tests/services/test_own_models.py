"""A workspace's own labels: kept, learned in the background, used by its own analyses alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from callers import Caller
from factories import make_workspace, rows, transcript
from flask.testing import FlaskClient

from talkhub.jobs import handlers
from talkhub.services.own_models import read_lesson
from talkhub.store.uow import Database, workspace_scope

LABEL = "2ª via de boleto"
PHRASES = (
    "preciso da segunda via do boleto",
    "perdi o boleto desse mês",
    "quero a 2 via da fatura",
    "reenviar boleto por favor",
    "o boleto venceu, gera um novo",
)
UNSEEN = "oi, me manda a segunda via do boleto?"


@pytest.fixture
def teach(drain: Callable[[], None]) -> Callable[[Caller], dict[str, object]]:
    """Have a caller's labels learned, and return the latest version."""

    def run(caller: Caller) -> dict[str, object]:
        assert caller.post("/api/v1/own-models", {}).status_code == 202
        handlers.teach_own_models()
        model: dict[str, object] = caller.get("/api/v1/own-models").json["models"][0]
        return model

    return run


@pytest.fixture
def stranger(client: FlaskClient, database: Database, sign_token: Callable[..., str]) -> Caller:
    """Caio, of another workspace."""
    return Caller(client, 0, sign_token(make_workspace(database), subject="caio"))


def add(caller: Caller, name: str = LABEL, phrases: Sequence[str] = PHRASES) -> None:
    answer = caller.put(f"/api/v1/own-labels/{name}", {"phrases": list(phrases)})
    assert answer.status_code in {201, 204}, answer.json


def intents(caller: Caller, drain: Callable[[], None], session: str) -> dict[str, int]:
    """Save a conversation, have it analysed, and return what all are about."""
    body = {"session_id": session, "user_id": "ana", "messages": transcript(UNSEEN)}
    caller.tool("save_conversation", body)
    drain()
    found: dict[str, int] = caller.get("/api/v1/mcp/get_conversation_analytics").json[
        "intent_distribution"
    ]
    return found


def test_what_was_taught_is_found_until_another_version_or_none_is_used(
    caller: Caller,
    stranger: Caller,
    teach: Callable[[Caller], dict[str, object]],
    drain: Callable[[], None],
) -> None:
    add(caller)

    model = teach(caller)
    found = intents(caller, drain, "first")
    elsewhere = intents(stranger, drain, "first")
    stopped = caller.delete("/api/v1/own-models/in-use")
    without = intents(caller, drain, "second")
    again = caller.post("/api/v1/own-models/1/use", {})
    used_again = intents(caller, drain, "third")

    assert (model["version"], model["state"], model["is_active"]) == (1, "ready", True)
    assert model["report"]["phrases"] == len(PHRASES)
    assert found == {LABEL: 1}
    assert LABEL not in elsewhere
    assert (stopped.status_code, without[LABEL]) == (204, 1)
    assert (again.status_code, used_again[LABEL]) == (204, 2)


def test_corrected_messages_are_learned_from_with_nobodys_numbers(
    caller: Caller, database: Database, drain: Callable[[], None]
) -> None:
    add(caller)
    texts = ("manda o código de barras, cpf 529.982.247-25", "ok", "quanto custa o plano?")
    body = {"session_id": "s", "user_id": "ana", "messages": transcript(*texts)}
    saved = caller.tool("save_conversation", body).json
    path = f"/api/v1/conversations/{saved['conversation_id']}/corrections"

    for place, intent in ((0, LABEL), (2, "purchase")):
        said = {"message_id": saved["messages"][place]["id"], "intents": [intent]}
        assert caller.post(path, said).status_code == 201

    with database.read_only(workspace_scope(caller.workspace_id, "tests")) as uow:
        lesson = read_lesson(uow)
    assert [(it.text, it.label) for it in lesson.phrases[len(PHRASES) :]] == [
        ("manda o código de barras, cpf [cpf]", 0),
        ("quanto custa o plano?", None),
    ]


def test_without_phrases_there_is_nothing_to_learn(caller: Caller) -> None:
    add(caller, phrases=PHRASES[:2])

    assert caller.post("/api/v1/own-models", {}).status_code == 409


def test_a_version_that_cannot_be_learned_is_given_up_and_the_one_in_use_stays(
    caller: Caller, database: Database, teach: Callable[[Caller], dict[str, object]]
) -> None:
    add(caller)
    teach(caller)
    caller.post("/api/v1/own-models", {})
    with database.unit_of_work(workspace_scope(caller.workspace_id, "tests")) as uow:
        uow.run("update own_models set attempts = 3 where state = 'pending'")

    handlers.teach_own_models()

    states = "select version, state, is_active from own_models order by version"
    assert rows(database, caller.workspace_id, states) == [
        {"version": 1, "state": "ready", "is_active": True},
        {"version": 2, "state": "failed", "is_active": False},
    ]


@pytest.mark.parametrize(
    ("name", "body", "pointer"),
    [
        ("Support", {"phrases": ["a"]}, "/name"),
        ("a,b", {"phrases": ["a"]}, "/name"),
        ("boleto", {"phrases": []}, "/phrases"),
        ("boleto", {"kind": "mood", "phrases": ["a"]}, "/kind"),
    ],
)
def test_a_label_that_nobody_could_use_is_refused(
    caller: Caller, name: str, body: dict[str, object], pointer: str
) -> None:
    answer = caller.put(f"/api/v1/own-labels/{name}", body)

    assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (422, pointer)
