"""What holds for every page: structure, names, references, no dead link."""

import gzip
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from factories import rows
from html_pages import Element, Html
from page_addresses import PAGES
from sqlalchemy import event

from talkhub.store.uow import Database, system_scope

PATHS = [
    *(f"/dashboard{path}" for path in PAGES.values()),
    "/dashboard?metric=conversations",
    "/dashboard/analytics?view=performance&platform=telegram",
    "/dashboard/analytics?view=topics&start=2020-01-01&end=2020-02-01",
    "/dashboard/conversations?platform=telegram&start=2020-01-01",
    "/dashboard/conversations?q=entregam",
    "/dashboard/conversations/{conversation_id}",
    "/dashboard/people?q=nobody",
    "/dashboard/people/{profile_id}",
    "/dashboard/people/{profile_id}/context?q=entrega",
    "/dashboard/connect?client=uchat",
]
PORTUGUESE_ONLY = ("Visão geral", "Conversas", "Mensagens", "Situação", "Limpar tudo")
NAMED_BY = ("aria-label", "aria-labelledby", "title", "value")


MAX_STATEMENTS = 12
MAX_NAVIGATION, MAX_FIRST_LOAD = 15_000, 60_000
"""Compressed bytes: of a page alone, and with everything that it asks for."""


@dataclass(frozen=True)
class Look:
    """A page, and how many statements it took."""

    page: Html
    statements: int


@pytest.fixture
def language() -> str:
    return "pt-BR"


@dataclass
class Seen:
    """The pages that were asked for already, by path and language, and whose they are."""

    pages: dict[tuple[str, str], Look] = field(default_factory=dict)
    workspace: int | None = None
    ids: dict[str, object] = field(default_factory=dict)


@pytest.fixture(scope="module")
def seen() -> Seen:
    return Seen()


@pytest.fixture
def talked(request: pytest.FixtureRequest, seen: Seen, database: Database) -> Seen:
    """One workspace in which people have talked, and what stands in addresses of its pages."""
    if seen.workspace is None:
        happy, _ = request.getfixturevalue("happy_and_angry")
        seen.workspace = request.getfixturevalue("workspace")
        (person,) = rows(database, seen.workspace, "select min(id) as id from user_profiles")
        seen.ids = {"conversation_id": happy.conversation_id, "profile_id": person["id"]}
    return seen


@pytest.fixture(params=PATHS)
def looked_at(
    request: pytest.FixtureRequest,
    language: str,
    talked: Seen,
    visit: Callable[..., Any],
    app_database: Database,
) -> Look:
    """A page and what it took; read once, since the tests only look at it."""
    key = (request.param, language)
    if key not in talked.pages:
        visitor = visit(talked.workspace, lang=language)
        with counted_statements(app_database) as asked:
            page = visitor.page(request.param.format(**talked.ids))
        talked.pages[key] = Look(page, len(asked))
    return talked.pages[key]


@pytest.fixture
def page(looked_at: Look) -> Html:
    return looked_at.page


@contextmanager
def counted_statements(database: Database) -> Iterator[list[str]]:
    """Note what the pages' database is asked in the block, by this thread.

    Other threads of the app write down requests and usage whenever it is time.
    """
    asked: list[str] = []
    here = threading.get_ident()

    def note(_connection, _cursor, statement: str, *_rest: object) -> None:
        if threading.get_ident() == here:
            asked.append(statement)

    event.listen(database._engine, "before_cursor_execute", note)
    yield asked
    event.remove(database._engine, "before_cursor_execute", note)


def has_name(control: Element) -> bool:
    label = control.parent
    while label is not None and label.tag != "label":
        label = label.parent
    named = any(control.attributes.get(attribute) for attribute in NAMED_BY)
    return bool(named or control.text or (label is not None and label.text))


@pytest.mark.parametrize("language", ["pt-BR", "en", "es"])
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


def test_pages_ask_the_database_few_questions(looked_at: Look):
    assert 0 < looked_at.statements <= MAX_STATEMENTS


def test_pages_are_small(page: Html):
    assert compressed(page.source.encode()) <= MAX_NAVIGATION


def test_a_first_visit_is_small(ana, page: Html):
    head = page.one("head")
    addresses = {link.attributes["href"] for link in head.all("link", rel="stylesheet")}
    addresses |= {script.attributes["src"] for script in head.all("script")}
    addresses |= {use.attributes["href"].partition("#")[0] for use in page.all("use")}
    parts = [ana.client.get(address, buffered=True).data for address in addresses]

    assert compressed(page.source.encode()) + sum(map(compressed, parts)) <= MAX_FIRST_LOAD


def compressed(content: bytes) -> int:
    return len(gzip.compress(content, 9))


def test_the_navigation_marks_one_page(page: Html):
    current = [a for nav in page.all("nav") for a in nav.all("a", aria_current="page")]

    assert len(current) == 2  # beside the page, and below it on a phone


def test_the_navigation_has_no_dead_link(ana):
    page = ana.page("/dashboard")
    links = {a.attributes["href"] for nav in page.all("nav", class_="nav") for a in nav.all("a")}

    assert len(links) > 5
    assert {ana.client.get(link).status_code for link in links} == {200}


def test_a_page_is_called_the_same_in_the_menu_and_by_itself(ana):
    side = ana.page("/dashboard").one("aside", class_="side")
    links = [a for nav in side.all("nav", class_="nav") for a in nav.all("a")]

    called = {a.text: ana.page(a.attributes["href"]).one("h1").text for a in links}

    assert [name for name, title in called.items() if title.partition(":")[0] != name] == []


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
