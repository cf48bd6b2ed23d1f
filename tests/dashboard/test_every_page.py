"""What holds for every page, in both languages: structure, names, references, no dead link."""

from collections import Counter

import pytest
from factories import rows
from html_pages import Element, Html

from talkhub.store.uow import Database, system_scope

PATHS = [
    "/dashboard",
    "/dashboard?period=28d&metric=conversations",
    "/dashboard/conversations",
    "/dashboard/conversations?platform=telegram&start=2020-01-01",
    "/dashboard/conversations?platform=instagram",
    "/dashboard/conversations/{conversation_id}",
    "/dashboard/people",
    "/dashboard/people?q=nobody",
    "/dashboard/people/{profile_id}",
    "/dashboard/connect",
    "/dashboard/connect?client=uchat",
    "/dashboard/api-keys",
    "/dashboard/channels",
    "/dashboard/applications",
    "/dashboard/webhooks",
    "/dashboard/failures",
    "/dashboard/enrichment",
]
PORTUGUESE_ONLY = ("Visão geral", "Conversas", "Mensagens", "Situação", "Limpar tudo")
NAMED_BY = ("aria-label", "aria-labelledby", "title", "value")


@pytest.fixture(params=["pt-BR", "en"])
def language(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def ids(database: Database, workspace: int, happy_and_angry) -> dict[str, object]:
    """What stands in the addresses of pages about one thing."""
    (person,) = rows(database, workspace, "select min(id) as id from user_profiles")
    return {
        "conversation_id": happy_and_angry[0].conversation_id,
        "profile_id": person["id"],
    }


@pytest.fixture(scope="module")
def seen() -> dict[tuple[str, str], Html]:
    """The pages that were asked for already, by path and language."""
    return {}


@pytest.fixture(params=PATHS)
def page(request: pytest.FixtureRequest, language: str, seen: dict[tuple[str, str], Html]) -> Html:
    """A page; read once, since the tests only look at it."""
    if (request.param, language) not in seen:
        visitor = request.getfixturevalue("visit")(
            request.getfixturevalue("workspace"), lang=language
        )
        path = request.param.format(**request.getfixturevalue("ids"))
        seen[request.param, language] = visitor.page(path)
    return seen[request.param, language]


def has_name(control: Element) -> bool:
    label = control.parent
    while label is not None and label.tag != "label":
        label = label.parent
    named = any(control.attributes.get(attribute) for attribute in NAMED_BY)
    return bool(named or control.text or (label is not None and label.text))


def test_pages_are_in_the_language_that_they_say(page: Html, language: str):
    assert page.one("html").attributes["lang"] == language

    words = page.one("body").text
    untranslated = [word for word in PORTUGUESE_ONLY if word in words]
    assert untranslated == [] or language == "pt-BR"


def test_pages_have_landmarks_one_heading_and_a_way_past_the_menu(page: Html):
    assert len(page.all("h1")) == 1
    assert page.one("main").attributes["id"] == "main"
    assert page.one("a", class_="skip").attributes["href"] == "#main"
    assert page.all("nav")
    assert all(nav.attributes.get("aria-label") for nav in page.all("nav"))
    assert page.one("head").one("title").text.endswith("· TalkHub")


def test_whatever_one_can_use_has_a_name(page: Html):
    controls = [
        control
        for tag in ("a", "button", "select", "summary", "input")
        for control in page.all(tag)
        if control.attributes.get("type") != "hidden"
    ]

    assert controls
    assert [c.attributes for c in controls if not has_name(c)] == []


def test_tables_and_pictures_say_what_they_are(page: Html):
    tables, pictures = page.all("table"), page.all("svg", role="img")

    assert [table for table in tables if not table.all("caption")] == []
    assert [th.text for th in page.all("th") if "scope" not in th.attributes] == []
    assert [p for p in pictures if not (p.all("title") or "aria-label" in p.attributes)] == []


def test_references_within_a_page_lead_somewhere(page: Html):
    everything = page.all()
    ids = Counter(e.attributes["id"] for e in everything if "id" in e.attributes)
    referred = [
        name
        for element in everything
        for attribute in ("aria-labelledby", "aria-describedby")
        for name in element.attributes.get(attribute, "").split()
    ]

    assert [name for name, count in ids.items() if count > 1] == []
    assert [name for name in referred if name not in ids] == []


def test_the_navigation_marks_one_page(page: Html):
    current = [a for nav in page.all("nav") for a in nav.all("a", aria_current="page")]

    assert len(current) == 2  # beside the page, and below it on a phone


def test_the_navigation_has_no_dead_link(ana):
    page = ana.page("/dashboard")
    links = {a.attributes["href"] for nav in page.all("nav", class_="nav") for a in nav.all("a")}

    assert len(links) > 5
    assert {ana.client.get(link).status_code for link in links} == {200}


def test_styles_and_scripts_may_be_kept_for_ever_under_an_address_of_their_content(ana):
    page = ana.page("/dashboard")
    sheets = [link.attributes["href"] for link in page.all("link", rel="stylesheet")]
    scripts = [script.attributes["src"] for script in page.all("script")]

    assert len(sheets) == 3
    for address in sheets + scripts:
        answer = ana.client.get(address, buffered=True)
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"


def test_a_file_asked_for_without_its_digest_is_not_kept_for_ever(client):
    answer = client.get("/static/css/app.css", buffered=True)

    assert "immutable" not in answer.headers.get("Cache-Control", "")


def test_a_workspace_called_like_the_product_is_named_once(ana, database, workspace: int):
    with database.unit_of_work(system_scope("tests")) as uow:
        uow.run("update workspaces set name = 'TalkHub' where id = %(id)s", {"id": workspace})

    assert ana.page("/dashboard").one("head").one("title").text == "Visão geral · TalkHub"
