"""What people agree to and withdraw is kept with its proof, and who opted out is left in peace."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from callers import Caller
from factories import make_channel, rows, transcript
from flask.testing import FlaskClient
from providers import CHANNEL_SECRET, Door, said

from talkhub import clock
from talkhub.jobs.schedule import close_silent_sessions
from talkhub.names import Platform
from talkhub.services.people.consents import OWN_WORDS, folded_word
from talkhub.store.uow import Database

PERSON = "5511987650042"


@pytest.fixture
def door(client: FlaskClient, database: Database, workspace: int) -> Door:
    credentials = {"access_token": "t", "app_secret": "s", "phone_number_id": "1"}
    path = make_channel(database, workspace, Platform.WHATSAPP, credentials=credentials)
    return Door(client, Platform.WHATSAPP, path, CHANNEL_SECRET)


@pytest.fixture
def write(door: Door, drain: Callable[[], None]) -> Callable[[str], None]:
    def post(text: str) -> None:
        document = said(Platform.WHATSAPP, text, person=PERSON, at=clock.now())
        assert door.post(document).status_code == 200
        drain()

    return post


@pytest.fixture
def hours_later(database: Database, _worker: None) -> Iterator[Callable[[], None]]:
    """Let two hours pass, after which the session is over."""

    def pass_by() -> None:
        later = clock.now() + timedelta(hours=2)
        clock.use_source(lambda: later)
        close_silent_sessions(database)

    yield pass_by
    clock.use_source(None)


def send(caller: Caller) -> Any:
    return caller.post("/api/v1/messages", {"user_id": PERSON, "text": "Promoção!"})


def consents(caller: Caller) -> list[dict[str, Any]]:
    return list(caller.get(f"/api/v1/people/{PERSON}/consents").json["consents"])


@pytest.mark.parametrize("text", ["SAIR", " sair! ", "Sáir.", "Stop", "darme de baja", "PARAR 🙏"])
def test_an_opt_out_is_a_whole_message(text: str) -> None:
    assert folded_word(text) in OWN_WORDS


@pytest.mark.parametrize("text", ["quero sair do grupo", "não pare", "sairam", ""])
def test_a_word_within_a_sentence_is_none(text: str) -> None:
    assert folded_word(text) not in OWN_WORDS


def test_who_opted_out_is_answered_while_they_talk_and_then_left_in_peace(
    write: Callable[[str], None], caller: Caller, hours_later: Callable[[], None]
) -> None:
    write("Sair!")
    in_talk = send(caller)
    hours_later()
    afterwards = send(caller)

    (noted,) = consents(caller)
    assert (in_talk.status_code, afterwards.status_code) == (202, 409)
    assert afterwards.json["type"].endswith("/opted_out")
    assert (noted["purpose"], noted["is_given"], noted["noted_by"]) == ("contact", False, "message")
    assert noted["message_id"]

    caller.post(f"/api/v1/people/{PERSON}/consents", {"purpose": "contact", "given": True})
    assert send(caller).status_code == 202


def test_a_workspace_has_words_of_its_own(write: Callable[[str], None], caller: Caller) -> None:
    told = caller.put("/api/v1/opt-out-words", {"words": ["Chega!", "chega"]})
    write("sair")
    write("Chega")

    assert told.json == {"words": ["chega"], "in_saved": False}
    assert len(consents(caller)) == 1
    assert len(caller.put("/api/v1/opt-out-words", {"words": None}).json["words"]) > 5


def test_saved_conversations_opt_out_where_the_workspace_says_so(
    caller: Caller, drain: Callable[[], None]
) -> None:
    def save(*texts: str) -> None:
        body = {"session_id": "s1", "user_id": PERSON, "messages": transcript(*texts)}
        assert caller.tool("save_conversation", body).status_code == 200
        drain()

    save("parar", "Tudo bem")
    before = consents(caller)
    told = caller.put("/api/v1/opt-out-words", {"in_saved": True}).json
    save("parar", "Tudo bem", "chega", "sair")  # the bot says the last one
    caller.put("/api/v1/opt-out-words", {"words": ["chega"]})
    save("parar", "Tudo bem", "chega", "sair", "oi")

    assert (before, told) == ([], {"words": list(OWN_WORDS), "in_saved": True})
    noted = [(it["purpose"], it["is_given"], it["noted_by"]) for it in consents(caller)]
    assert noted == [("contact", False, "message")] * 2


def test_whoever_withdraws_being_remembered_is_remembered_no_more(
    write: Callable[[str], None], caller: Caller, database: Database, workspace: int
) -> None:
    write("oi")
    version = caller.post(
        "/api/v1/consent-texts", {"purpose": "memory", "text": "Lembramos o que você conta."}
    ).json["version"]
    path = f"/api/v1/people/{PERSON}/consents"
    withdrawn = {"purpose": "memory", "given": False, "version": version, "channel": "whatsapp"}
    noted = caller.post(path, withdrawn)
    unknown = caller.post(path, {**withdrawn, "version": 9})

    assert (noted.status_code, unknown.status_code) == (201, 422)
    assert noted.json["consents"][0]["version"] == 1
    assert caller.get("/api/v1/consent-texts").json["texts"][0]["purpose"] == "memory"
    (person,) = rows(database, workspace, "select memory_opt_out from user_profiles")
    assert person["memory_opt_out"]
    fact = {"kind": "city", "value": "Recife"}
    assert caller.post(f"/api/v1/people/{PERSON}/facts", fact).status_code == 409


def test_consents_go_into_the_copy_and_with_their_person(
    write: Callable[[str], None], caller: Caller, database: Database, workspace: int
) -> None:
    write("parar")
    with caller.get(f"/api/v1/people/{PERSON}/copy") as answer:
        copied = answer.get_data()
    caller.delete(f"/api/v1/people/{PERSON}")

    assert copied
    assert rows(database, workspace, "select id from consents") == []


def test_nobody_agrees_in_the_future(caller: Caller) -> None:
    saved = caller.tool("update_user_profile", {"user_id": PERSON, "profile_data": {"name": "Ana"}})
    ahead = [
        caller.post(
            f"/api/v1/people/{PERSON}/consents",
            {"purpose": "contact", "given": True, "at": (clock.now() + step).isoformat()},
        ).status_code
        for step in (timedelta(minutes=10), timedelta(minutes=2))
    ]

    assert (saved.status_code, ahead) == (200, [422, 201])
