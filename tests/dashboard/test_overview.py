"""The overview tells what the database holds, and each number leads to its list."""

from collections.abc import Callable
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from factories import make_workspace
from html_pages import Html

from talkhub import clock
from talkhub.store.uow import Database, system_scope


def tiles(page: Html) -> dict[str, str]:
    return {
        tile.one(class_="name").text: tile.one(class_="num").text
        for tile in page.all("a", class_="stat")
    }


def leads_to(page: Html, tile_name: str) -> str:
    found = [t for t in page.all("a", class_="stat") if t.one(class_="name").text == tile_name]
    return found[0].attributes["href"]


def receive_event(database: Database, workspace_id: int, *, ago: timedelta, state: str) -> None:
    with database.unit_of_work(system_scope("a test's event")) as uow:
        uow.run(
            "insert into inbound_events"
            " (workspace_id, platform, source, external_id, kind, state, received_at)"
            " values (%(workspace)s, 'whatsapp', 'test', %(at)s::text, 'message', %(state)s,"
            " %(at)s)",
            {"workspace": workspace_id, "at": clock.now() - ago, "state": state},
        )


def test_the_tiles_add_up_what_people_said(ana, happy_and_angry):
    page = ana.page("/dashboard")

    assert tiles(page) == {
        "Conversas": "2",
        "Pessoas únicas": "2",
        "Mensagens": "5",
        "Concluídas": "50,0\u202f%",
        "Pediram atendente": "0,0\u202f%",
        "Resposta, média": "1 min",
        "Sentimento líquido": "0",
        "Analisadas": "100,0\u202f%",
    }


def test_a_person_who_comes_twice_is_one_person(ana, talk, drain):
    talk("Oi", user_id="u1", ago=timedelta(hours=3))
    talk("Oi de novo, uma pergunta", user_id="u1")
    drain()

    shown = tiles(ana.page("/dashboard"))

    assert (shown["Conversas"], shown["Pessoas únicas"]) == ("2", "1")


@pytest.mark.parametrize(
    ("tile", "expected"), [("Conversas", 2), ("Sentimento líquido", 1), ("Concluídas", 1)]
)
def test_a_tile_leads_to_the_conversations_it_counts(ana, happy_and_angry, tile, expected):
    overview = ana.page("/dashboard")

    listed = ana.page(leads_to(overview, tile))

    assert len(listed.one("tbody").all("tr")) == expected


def test_the_figures_are_those_of_the_analytics_tool(ana, caller, happy_and_angry):
    answer = caller.tool("get_conversation_analytics", {}).get_json()
    metrics = answer.get("metrics", answer)

    shown = tiles(ana.page("/dashboard?period=90d"))

    assert shown["Conversas"] == str(metrics["total_conversations"])
    assert shown["Pessoas únicas"] == str(metrics["unique_users"])
    assert shown["Concluídas"] == f"{metrics['completion_rate'] * 100:.1f}\u202f%".replace(".", ",")
    assert shown["Resposta, média"] == f"{metrics['average_response_time'] / 60:.0f} min"


def test_what_changed_is_said_with_its_direction_and_meaning(ana, talk, drain):
    talk("Oi, tudo bem", ago=timedelta(hours=30))
    talk("Oi, tudo bem")
    talk("Olá, boa tarde")
    drain()

    first = ana.page("/dashboard").all("a", class_="stat")[0]

    assert first.one(class_="good").text == "100,0\u202f% (melhor)"
    assert first.one(class_="foot").text.endswith("ante 1")


def test_the_chart_says_in_words_and_in_a_table_what_it_draws(ana, happy_and_angry):
    section = ana.page("/dashboard").one(data_region="volume")

    rows = [
        [cell.text for cell in row.children if not isinstance(cell, str)]
        for row in section.one("tbody").all("tr")
    ]
    drawn = sum(int(row[1]) for row in rows)
    assert drawn == 5
    assert (
        section.one("svg", role="img")
        .all("title")[0]
        .text.startswith("Mensagens por hora: 5, ante 0.")
    )


def test_a_day_in_the_table_leads_to_its_conversations(ana, happy_and_angry):
    section = ana.page("/dashboard?period=7d&metric=conversations").one(data_region="volume")

    by_day = {
        row.one("a").attributes["href"]: int(row.all("td")[0].text)
        for row in section.one("tbody").all("tr")
    }

    assert sum(by_day.values()) == 2
    for address, count in by_day.items():
        assert len(ana.page(address).all("tr", role="row")) == (count + 1 if count else 0)


def test_intents_and_platforms_lead_to_their_conversations(ana, happy_and_angry):
    page = ana.page("/dashboard")
    links = [
        *page.one(data_region="intents").all("a"),
        *page.one(data_region="platforms").all("a"),
    ]

    counts = [len(ana.page(link.attributes["href"]).one("tbody").all("tr")) for link in links]

    assert len(links) == 4  # two intents, two platforms
    assert counts == [1, 1, 1, 1]


def test_who_is_unhappy_and_unanswered_needs_attention(ana, happy_and_angry):
    _happy, angry = happy_and_angry

    section = ana.page("/dashboard").one(data_region="attention")

    entry = section.one("li")
    assert entry.one("b").text == "Priscila Andrade"
    assert "Péssimo atendimento" in entry.text
    assert entry.one("a").attributes["href"] == f"/dashboard/conversations/{angry.conversation_id}"
    assert section.one(class_="count").text == "1"


def test_who_asked_for_a_human_needs_attention_until_one_has_come(ana, caller, talk, drain):
    waiting = talk("Quero falar com um atendente, por favor", "Um momento.", name="Luciana")
    met = [
        {"role": "user", "content": "Quero falar com um atendente, por favor"},
        {"role": "agent", "content": "Oi, aqui é o Rafael."},
    ]
    body = {"session_id": "met", "user_id": waiting.user_id + "x", "messages": met}
    caller.tool("save_conversation", body)
    drain()

    section = ana.page("/dashboard").one(data_region="attention")

    assert [entry.one("b").text for entry in section.all("li")] == ["Luciana"]


def test_the_tile_of_who_asked_for_a_human_opens_their_conversations(
    ana, talk, happy_and_angry, drain
):
    talk("Meu boleto não chegou. Quero falar com um atendente", "Um momento.", name="Luciana")
    drain()

    tile = next(it for it in ana.page("/dashboard").all(class_="stat") if "atendente" in it.text)
    opened = ana.page(tile.attributes["href"])

    assert tile.one(class_="num").text == "33,3\u202f%"
    assert [row.one("b").text for row in opened.one("tbody").all("tr")] == ["Luciana"]


def test_nobody_sees_the_conversations_of_another_workspace(database, visit, happy_and_angry):
    caio = visit(make_workspace(database))

    page = caio.page("/dashboard")

    assert "Priscila" not in page.source
    assert page.one(data_region="first-use").one("h2").text == "Nenhuma conversa ainda"


def test_the_first_look_at_a_further_workspace_leads_to_what_fills_it(ana):
    page = ana.page("/dashboard")

    # The channels' addresses without an account would fill the first one instead.
    assert "/webhooks/uchat" not in page.source
    link = page.one(data_region="first-use").one("a")
    assert link.attributes["href"] == "/dashboard/connect?client=uchat"


def test_a_quiet_day_still_shows_the_figures(ana, talk, drain):
    talk("Oi", ago=timedelta(days=3))
    drain()

    assert tiles(ana.page("/dashboard"))["Conversas"] == "0"


def test_events_that_wait_for_long_are_reported(database, workspace, ana, happy_and_angry):
    receive_event(database, workspace, ago=timedelta(minutes=5), state="pending")

    health = ana.page("/dashboard").one(data_region="health")

    assert "warn" in health.attributes["class"]
    assert "Fila: 1 evento, há 5 min" in health.text


def test_an_inbox_that_keeps_up_is_reported_as_well(database, workspace, ana, happy_and_angry):
    receive_event(database, workspace, ago=timedelta(seconds=8), state="done")

    health = ana.page("/dashboard").one(data_region="health").text

    assert health.startswith("Tudo no ar Último evento há ")
    assert health.endswith("Fila vazia Analisadas 2 de 2 conversas")


def test_a_conversation_that_waits_for_its_analysis_is_counted_as_such(ana, talk):
    talk("Oi")

    page = ana.page("/dashboard")

    assert page.one(data_region="health").text.endswith("Analisada 0 de 1 conversa")
    assert tiles(page)["Sentimento líquido"] == "–"


@pytest.mark.parametrize("period", ["24h", "today", "7d", "28d", "90d"])
def test_each_period_is_shown_and_marked(ana, happy_and_angry, period):
    chosen = ana.page(f"/dashboard?period={period}").one("div", class_="filters")

    current = chosen.one("a", aria_current="true").attributes["href"]
    assert parse_qs(urlsplit(current).query)["period"] == [period]


@pytest.mark.parametrize("query", ["period=99d", "metric=money", "colour=red"])
def test_an_address_that_says_nonsense_is_refused_with_a_page(ana, query):
    page = ana.page(f"/dashboard?{query}", 422)

    assert page.head == "Endereço inválido"


def test_the_trailing_slash_does_not_matter(ana):
    ana.get("/dashboard/")


@pytest.fixture(autouse=True)
def _uses(drain: Callable[[], None]) -> None:
    """Have the workers' context before the first page is asked for."""
