"""What is known of a person on their page: with its source, corrected and forgotten by hand."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from factories import rows

from talkhub.store.uow import Database


@pytest.fixture
def celia(talk, drain: Callable[[], None], database: Database, workspace: int) -> str:
    """The address of the page of Célia, who moved."""
    talk("moro em Santos", user_id="u-1", name="Célia")
    talk("me mudei para Recife, meu e-mail é celia@loja.example", user_id="u-1")
    drain()
    (found,) = rows(database, workspace, "select id from user_profiles")
    return f"/dashboard/people/{found['id']}"


def test_facts_are_shown_with_their_source_and_what_held_before(ana, celia: str):
    card = ana.page(celia).one("section", **{"aria-labelledby": "facts"})

    now, past = card.all("ul")
    assert "Cidade: Recife" in now.text
    assert "“me mudei para Recife" in now.text
    assert "celia@loja.example" not in now.text
    assert "Cidade: Santos" in past.text
    assert "/dashboard/conversations/" in now.all("a")[0].attributes["href"]


def test_facts_are_corrected_forgotten_and_noted_by_hand(ana, celia: str):
    (form,) = [
        form
        for form in ana.page(celia).all("form")
        for field in form.all("input")
        if field.attributes.get("value") == "Recife"
    ]

    changed = ana.client.post(form.attributes["action"], data={"value": "Olinda"})
    noted = ana.client.post(f"{celia}/facts", data={"kind": "note", "value": "prefere áudio"})
    page = ana.page(celia).one("section", **{"aria-labelledby": "facts"})
    forget = next(
        form.attributes["action"]
        for form in page.all("form")
        if form.attributes["action"].endswith("/delete")
    )
    ana.client.post(forget)

    assert (changed.status_code, changed.location, noted.status_code) == (303, celia, 303)
    assert "Olinda" in page.text
    assert "anotado por alguém" in page.text
    assert "prefere áudio" not in ana.get(celia)


@pytest.mark.parametrize("data", [{"kind": "city", "value": ""}, {"kind": "x", "value": "y"}])
def test_what_is_no_fact_is_not_noted_and_said_so(ana, celia: str, data: dict[str, str]):
    answer = ana.client.post(f"{celia}/facts", data=data)

    assert answer.status_code == 422
    assert "Escreva um valor" in answer.text


def test_what_is_open_is_shown_with_a_way_to_the_conversation(
    ana, talk, drain: Callable[[], None], database: Database, workspace: int
):
    said = talk("não recebi o boleto de novembro", "Vou verificar e te retorno.", user_id="u-1")
    drain()
    (found,) = rows(database, workspace, "select id from user_profiles")

    card = ana.page(f"/dashboard/people/{found['id']}").one(
        "section", **{"aria-labelledby": "issues"}
    )

    assert "não recebi o boleto de novembro" in card.text
    assert card.all("a")[0].attributes["href"].endswith(said.conversation_id)
