"""The pages of people: found, shown with all their ids, merged and parted by those who may."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from factories import rows
from flask.testing import FlaskClient

from talkhub.store.uow import Database

PATH = "/dashboard/people"


@pytest.fixture
def page_of(database: Database, workspace: int) -> Callable[[str], str]:
    """Return the address of the page of the person with an id."""

    def path(user_id: str) -> str:
        statement = "select id from user_profiles where user_id = %(user_id)s"
        (found,) = rows(database, workspace, statement, user_id=user_id)
        return f"{PATH}/{found['id']}"

    return path


def test_people_are_listed_the_last_seen_first(ana, talk):
    talk("oi", user_id="u-old", name="Beto Antigo")
    talk("oi", user_id="u-new", name="Célia Nova")

    names = [row.one("b").text for row in ana.page(PATH).one("tbody").all("tr")]

    assert names == ["Célia Nova", "Beto Antigo"]


@pytest.mark.parametrize("looked_for", ["célia", "CÉLIA", "99876-48", "ana@loja", "u-c%_"])
def test_people_are_found_by_name_phone_mail_and_id(ana, talk, looked_for: str):
    talk("oi", user_id="u-c%_1", name="Célia", phone="+5519998764821", email="ana@loja.example")
    talk("oi", user_id="u-cx1", name="Beto", phone="+5519998760000")

    found = ana.page(f"{PATH}?q={looked_for.replace('%', '%25')}").one("tbody").all("tr")

    assert [row.one("b").text for row in found] == ["Célia"]


def test_who_is_not_there_is_said_to_be_not_there(ana):
    assert "Ainda ninguém" in ana.get(PATH)
    assert "Ninguém com “<b>”" in ana.page(f"{PATH}?q=<b>").one("main").text


def test_a_person_is_shown_with_their_conversations_and_what_changed(ana, talk, caller, page_of):
    talk("quero cancelar o plano", user_id="u-1", name="Célia")
    caller.tool("update_user_profile", {"user_id": "u-1", "profile_data": {"name": "Célia Dias"}})

    page = ana.page(page_of("u-1"))

    assert page.one("h1").text == "Célia Dias"
    assert "quero cancelar o plano" in page.one("main").text
    assert "Nome: Célia → Célia Dias" in page.one("tbody").text


def test_two_are_merged_by_a_button_and_parted_by_another(ana, talk, page_of):
    talk("oi do zap", user_id="u-1", name="Célia", phone="+5519998764821")
    talk("oi do telegram", user_id="u-2", name="C. Dias", phone="+5519998764821")
    own, other = page_of("u-1"), page_of("u-2")
    assert ana.page(own).one("input", name="other", type="hidden").attributes["value"] == "u-2"

    merged = ana.client.post(f"{own}/merge", data={"other": "u-2"})

    assert (merged.status_code, merged.location) == (303, own)
    assert "oi do telegram" in ana.get(own)
    assert ana.client.get(other).location == own
    assert "C. Dias" not in ana.get(PATH)
    assert "Célia" in ana.page(f"{PATH}?q=u-2").one("tbody").text

    ana.client.post(f"{own}/part", data={"user_id": "u-2"})

    assert "oi do telegram" not in ana.get(own)
    assert "oi do telegram" in ana.get(other)


@pytest.mark.parametrize("nobody", ["", "nobody", "\0"])
def test_merging_with_nobody_changes_nothing_and_says_so(ana, talk, page_of, nobody: str):
    talk("oi", user_id="u-1", name="Célia")

    answer = ana.client.post(f"{page_of('u-1')}/merge", data={"other": nobody})

    assert answer.status_code == 422
    assert "Não há pessoa com este identificador." in answer.text


def test_an_id_that_was_not_merged_cannot_be_parted(ana, talk, page_of):
    talk("oi", user_id="u-1", name="Célia")

    answer = ana.client.post(f"{page_of('u-1')}/part", data={"user_id": "u-1"})

    assert answer.status_code == 409
    assert "não foi unido" in answer.text


def test_who_may_not_edit_people_sees_no_buttons_and_is_refused(
    talk, page_of, workspace: int, browse: Callable[..., FlaskClient]
):
    talk("oi", user_id="u-1", name="Célia")
    client = browse(workspace, "viewer")

    assert "Unir" not in client.get(page_of("u-1")).text
    assert client.post(f"{page_of('u-1')}/merge", data={"other": "u-1"}).status_code == 403
    assert client.post(f"{page_of('u-1')}/part", data={"user_id": "u-1"}).status_code == 403


@pytest.mark.parametrize("number", ["0", "999999999999", "99999999999999999999"])
def test_a_number_that_nobody_has_is_not_found(ana, number: str):
    ana.get(f"{PATH}/{number}", status=404)


def test_the_list_has_pages(ana, talk, caller, monkeypatch: pytest.MonkeyPatch):
    for number in range(51):
        caller.tool("create_chat_session", {"user_id": f"u-{number}", "platform": "api"})

    first = ana.page(PATH)
    rest = ana.page(first.one("a", rel="next").attributes["href"])

    assert len(first.one("tbody").all("tr")) == 50
    assert len(rest.one("tbody").all("tr")) == 1


def test_what_a_bot_is_told_of_a_person_can_be_read(ana, database, workspace: int, happy_and_angry):
    (person,) = rows(
        database, workspace, "select id from user_profiles where name = 'Helena Couto'"
    )

    page = ana.page(f"/dashboard/people/{person['id']}/context?q=entregam em Sumaré")

    assert "Vocês entregam em Sumaré?" in page.one("pre").text
    assert ana.client.get("/dashboard/people/999999999999/context").status_code == 404


def test_erasing_leads_to_a_receipt_that_is_shown_once(ana, talk, drain, page_of):
    talk("oi", "olá", user_id="u-1", name="Célia")
    drain()

    answer = ana.client.post(f"{page_of('u-1')}/erase")
    receipt = ana.page(answer.location)
    again = ana.client.get(answer.location)

    assert (answer.status_code, answer.location) == (303, f"{PATH}/erased")
    assert "Célia" not in receipt.source
    assert receipt.one("main").one("code").text.startswith("erasure_")
    assert receipt.one("main").all("dd")[2].text == "1"
    assert (again.status_code, again.location) == (303, PATH)
