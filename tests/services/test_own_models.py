"""A workspace's own labels: kept, learned in the background, used by its own analyses alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from callers import Caller
from factories import make_workspace, rows, transcript
from flask.testing import FlaskClient

from talkhub.analysis.own.amending import Corrected
from talkhub.jobs import handlers
from talkhub.services.labelling.corrections import correct
from talkhub.services.labelling.own_models import AUTOMATIC, ENOUGH_CORRECTIONS, read_lesson
from talkhub.store.uow import Database, workspace_scope

LABEL = "2ª via de boleto"
PHRASES = (
    "preciso da segunda via do boleto",
    "perdi o boleto desse mês",
    "quero a 2 via da fatura",
    "reenviar boleto por favor",
    "o boleto venceu, gera um novo",
)
INSURED = (
    "atende unimed?",
    "vcs aceitam bradesco saude?",
    "o dr paulo atende meu plano?",
    "tem convênio com a amil?",
    "aceita sulamerica",
    "atendem pelo ipsemg?",
    "meu plano é hapvida, vocês cobrem?",
    "faz pelo convênio da cassi?",
    "oi, aceitam golden cross?",
    "qual convênio vcs pegam",
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
    assert lesson.corrected == (
        Corrected(("quanto custa o plano?",), intents=("purchase",)),
        Corrected(("manda o código de barras, cpf [cpf]",), intents=(LABEL,)),
    )


@pytest.fixture
def asked(caller: Caller, drain: Callable[[], None], database: Database) -> Callable[..., None]:
    """Have somebody asked about appointments, and say so of the first of their messages."""

    def run(corrected: int) -> None:
        turns = [turn for text in INSURED for turn in (text, "Sim.")]
        body = {"session_id": "s", "user_id": "ana", "messages": transcript(*turns)}
        saved = caller.tool("save_conversation", body).json
        theirs = [it["id"] for it in saved["messages"] if it["role"] == "user"]
        drain()
        with database.unit_of_work(workspace_scope(caller.workspace_id, "ana")) as uow:
            for message_id in theirs[:corrected]:
                said = {"intents": ["scheduling"]}
                correct(uow, saved["conversation_id"], said, message_id=message_id)

    return run


def test_corrections_of_our_own_labels_are_learned_by_themselves(
    caller: Caller, asked: Callable[..., None], database: Database, drain: Callable[[], None]
) -> None:
    asked(corrected=len(INSURED))
    soon = rows(
        database, caller.workspace_id, "select author, due_at > now() as waits from own_models"
    )
    with database.unit_of_work(workspace_scope(caller.workspace_id, "tests")) as uow:
        uow.run("update own_models set due_at = now()")

    handlers.teach_own_models()

    model = caller.get("/api/v1/own-models").json["models"][0]
    (learned,) = model["report"]["amendments"]
    body = {"session_id": "t", "user_id": "bia", "messages": transcript("o dr atende hapvida?")}
    caller.tool("save_conversation", body)
    drain()
    found = caller.get("/api/v1/mcp/get_conversation_analytics", user_id="bia").json
    assert soon == [{"author": AUTOMATIC, "waits": True}]
    assert (model["state"], model["is_active"]) == ("ready", True)
    assert (learned["messages"], learned["before"]) == (len(INSURED), 0)
    assert (learned["after"] >= 8, learned["targets"]) == (True, ["scheduling"])
    assert found["intent_distribution"] == {"scheduling": 1}


@pytest.mark.parametrize(
    "case",
    [(ENOUGH_CORRECTIONS - 1, False, 0), (ENOUGH_CORRECTIONS + 2, False, 1), (7, True, 1)],
)
def test_nothing_is_learned_by_itself_too_early_or_against_somebodys_choice(
    caller: Caller,
    asked: Callable[..., None],
    database: Database,
    case: tuple[int, bool, int],
) -> None:
    corrected, is_rolled_back, expected = case
    if is_rolled_back:
        with database.unit_of_work(workspace_scope(caller.workspace_id, "tests")) as uow:
            uow.run(
                "insert into own_models (workspace_id, version, author, state, created_at)"
                " values (%(id)s, 1, 'ana', 'ready', '2020-01-01')",
                {"id": caller.workspace_id},
            )

    asked(corrected)

    found = rows(database, caller.workspace_id, "select version from own_models")
    assert len(found) == expected


def test_a_conversation_called_otherwise_teaches_by_what_was_said(
    caller: Caller, database: Database, drain: Callable[[], None]
) -> None:
    texts = ("oi", "Olá!", "atende unimed?", "Não.", "péssimo, ninguém responde")
    body = {"session_id": "s", "user_id": "ana", "messages": transcript(*texts)}
    saved = caller.tool("save_conversation", body).json
    drain()
    scope = workspace_scope(caller.workspace_id, "ana")

    with database.unit_of_work(scope) as uow:
        said = {"intent": "scheduling", "sentiment": "neutral", "outcome": "contained"}
        correct(uow, saved["conversation_id"], said)
    with database.read_only(scope) as uow:
        lesson = read_lesson(uow)

    theirs = texts[::2]
    assert set(lesson.corrected) == {
        Corrected(theirs, intents=("scheduling",), is_whole=True),
        Corrected(theirs[::-1], mood="neutral", is_whole=True),
    }


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
