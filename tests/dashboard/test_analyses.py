"""The analyses: each figure is that of the conversations to which it leads."""

from __future__ import annotations

from datetime import timedelta

from html_pages import Html


def table_of(page: Html, card: str) -> dict[str, list[str]]:
    """Return the rows of a card's table by their heading."""
    rows = page.one(id=card).parent.parent.one("table").all("tr")[1:]
    return {row.one("th").text: [cell.text for cell in row.all("td")] for row in rows}


def tiles(page: Html) -> dict[str, str]:
    return {t.one(class_="name").text: t.one(class_="num").text for t in page.all(class_="stat")}


def test_intents_are_counted_and_lead_to_their_conversations(ana, happy_and_angry):
    page = ana.page("/dashboard/analytics?view=intents&period=today")

    counts = {name: cells[1] for name, cells in table_of(page, "values").items()}
    links = {a.text: a.attributes["href"] for a in page.one("table").all("a")}
    behind = ana.page(links["Reclamação"])

    assert counts["Reclamação"] == "1"
    assert "1 conversa" in behind.one("main").one("p", data_region="count").text


def test_a_step_leads_to_its_conversations(ana, talk, drain):
    talk("Oi", ago=timedelta(days=2))
    talk("Olá")
    talk("Bom dia")
    drain()

    page = ana.page("/dashboard/analytics?period=7d")
    steps = page.one(id="course").parent.parent.one("table").all("tr")[1:]
    counts = {row.one("a").attributes["href"]: row.all("td")[0].text for row in steps}
    busiest = next(href for href, count in counts.items() if count == "2")

    assert sorted(counts.values()) == ["0"] * 5 + ["1", "2"]
    assert "2 conversas" in ana.page(busiest).one("main").one("p", data_region="count").text


def test_filters_narrow_every_figure(ana, happy_and_angry):
    page = ana.page("/dashboard/analytics?view=sentiment&period=today&platform=telegram")

    assert tiles(page)["Negativas"] == "0,0\u202f%"
    assert list(table_of(page, "by-channel")) == ["Telegram"]
    assert "Analisada 1 de 1 conversa" in page.one("main").text


def test_more_than_a_year_is_refused_in_words(ana):
    page = ana.page("/dashboard/analytics?start=2020-01-01&end=2022-01-01", status=422)

    assert "Período longo demais" in page.one("main").text


def test_scores_events_and_returns_have_views_of_their_own(ana, caller, happy_and_angry):
    happy, _angry = happy_and_angry
    for body in ({"kind": "csat", "score": 5}, {"kind": "csat", "score": 2}):
        assert caller.tool("record_score", {"user_id": happy.user_id, **body}).status_code < 300
    for name in ("quote", "order"):
        event = {"user_id": happy.user_id, "name": name}
        assert caller.tool("record_event", event).status_code < 300

    scores = ana.page("/dashboard/analytics?view=satisfaction").one("main")
    steps = table_of(ana.page("/dashboard/analytics?view=funnel&steps=quote,order"), "funnel")
    cohorts = table_of(ana.page("/dashboard/analytics?view=cohorts"), "cohorts")

    assert "3,50" in scores.one(class_="stats").text
    assert [row[1] for row in steps.values()] == ["1", "1"]
    assert next(iter(cohorts.values()))[0] == "2"


def test_only_what_a_view_applies_is_shown_as_a_filter_and_tabs_keep_the_rest(ana):
    shown = {}
    for view in ("volume", "satisfaction", "cohorts"):
        page = ana.page(f"/dashboard/analytics?view={view}&period=7d&platform=telegram")
        kept = page.one("nav", class_="tabs").all("a")[0].attributes["href"]
        shown[view] = [pill.one(class_="mut").text for pill in page.all(class_="pill")]
        assert "platform=telegram" in kept
        assert "period=7d" in kept

    assert shown == {"volume": ["Período:", "Canal:"], "satisfaction": ["Período:"], "cohorts": []}
