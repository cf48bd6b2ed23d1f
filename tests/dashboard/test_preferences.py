"""Theme and language: chosen by a form, kept in a cookie, applied by the server."""

import pytest
from html_pages import Html


def choose(ana, **form: str):
    return ana.client.post("/dashboard/preferences", data=form)


def root(ana) -> dict[str, str]:
    return ana.page("/dashboard").one("html").attributes


def test_the_page_follows_the_system_until_a_theme_is_chosen(ana):
    assert "data-theme" not in root(ana)

    choose(ana, theme="dark")
    dark = root(ana)
    choose(ana, theme="system")

    assert dark["data-theme"] == "dark"
    assert "data-theme" not in root(ana)


def test_a_choice_leads_back_to_the_page_it_was_made_on(ana):
    answer = choose(ana, theme="dark", next="/dashboard/conversations?sentiment=negative")

    assert answer.status_code == 303
    assert answer.location == "/dashboard/conversations?sentiment=negative"


def test_a_choice_leads_nowhere_else(ana):
    assert choose(ana, theme="dark", next="//evil.example").location == "/dashboard"


def test_the_language_changes_words_and_numbers_alike(ana, happy_and_angry):
    choose(ana, language="en")

    page = ana.page("/dashboard")
    assert page.one("html").attributes["lang"] == "en"
    assert page.head == "Overview"
    assert "50.0%" in page.one(data_region="tiles").text


@pytest.mark.parametrize(
    ("asked", "given"),
    [("en-GB,en;q=0.9", "en"), ("pt-PT,pt;q=0.8", "pt-BR"), ("fr", "pt-BR"), ("", "pt-BR")],
)
def test_without_a_choice_the_browsers_language_is_taken(client, asked: str, given: str):
    answer = client.get("/dashboard/login", headers={"Accept-Language": asked})

    assert Html(answer.text).one("html").attributes["lang"] == given


def test_the_language_can_be_changed_before_signing_in(client):
    client.post("/dashboard/preferences", data={"language": "en", "next": "/dashboard/login"})

    assert Html(client.get("/dashboard/login").text).head == "Sign in"


@pytest.mark.parametrize("form", [{"theme": "pink"}, {"language": "tlh"}, {"sound": "on"}])
def test_what_cannot_be_chosen_is_refused(ana, form: dict[str, str]):
    assert choose(ana, **form).status_code == 422
