"""Words find conversations, people and pages, on a page and for the dialog alike."""

from __future__ import annotations


def test_words_of_a_conversation_find_it_and_its_person_among_others(ana, happy_and_angry):
    page = ana.page("/dashboard/conversations?q=Sumaré")

    names = [row.one("b").text for row in page.one("table").all("tr")[1:]]

    assert names == ["Helena Couto"]
    assert "Busca: Sumaré" in page.one(class_="pill").text


def test_signs_in_a_search_are_signs(ana, happy_and_angry):
    assert "Nada com estes filtros" in ana.get("/dashboard/conversations?q=100%25")


def test_the_dialog_gets_the_results_alone(ana, happy_and_angry):
    found = ana.get("/dashboard/search?q=helena", **{"HX-Request": "true"})

    assert "<html" not in found
    assert "Helena Couto" in found


def test_pages_are_found_without_accents(ana):
    assert "Análises" in ana.page("/dashboard/search?q=analises").one(class_="results").text


def test_pages_that_the_menu_does_not_lead_to_are_found(ana):
    assert "Segundo fator" in ana.page("/dashboard/search?q=segundo").one(class_="results").text


def test_single_keys_can_be_switched_off(ana):
    before = ana.page("/dashboard").one("body").attributes["data-keys"]

    ana.client.post("/dashboard/preferences", data={"keys": "off", "next": "/dashboard"})

    assert before == "on"
    assert ana.page("/dashboard").one("body").attributes["data-keys"] == "off"
