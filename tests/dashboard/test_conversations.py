"""The list of conversations: filters, pages, and its live part."""

from datetime import timedelta
from urllib.parse import quote

import pytest
from html_pages import Element, Html

from talkhub import clock

LIVE = {"X-Fragment": "main"}


def people(page: Html) -> list[str]:
    return [row.all("b")[0].text for row in rows(page)]


def rows(page: Html) -> list[Element]:
    return [row for body in page.all("tbody") for row in body.all("tr")]


def test_the_newest_conversation_comes_first_with_the_persons_last_words(ana, happy_and_angry):
    first, second = rows(ana.page("/dashboard/conversations"))

    cells = [cell.text for cell in first.all("td")]
    assert cells[0] == "Priscila Andrade WhatsApp +55 27 9••••-2281"
    assert cells[1] == "Péssimo atendimento, um absurdo! Quero reclamar"
    assert cells[2] == "Reclamação"
    assert cells[3].startswith("Negativo −0,")
    assert cells[4:6] == ["Sem resposta", "1"]
    assert second.all("td")[1].text == "Perfeito, muito obrigada!"


def test_no_page_of_the_list_shows_a_whole_phone_number(ana, talk):
    talk("Oi", user_id="5511987654321")

    source = ana.get("/dashboard/conversations")

    assert "987654321" not in source
    assert "+55 11 9••••-4321" in source


@pytest.mark.parametrize(
    "query",
    [
        "sentiment=negative",
        "platform=whatsapp",
        "intent=complaint",
        "status=unanswered",
        "attention=yes",
        "sentiment=negative&status=unanswered&platform=whatsapp&period=24h",
    ],
)
def test_filters_narrow_the_list(ana, happy_and_angry, query):
    page = ana.page(f"/dashboard/conversations?{query}")

    assert people(page) == ["Priscila Andrade"]
    assert page.one(role="status", data_region="count").text == "1 conversa com estes filtros"


def test_days_are_those_of_the_workspace(ana, talk):
    # 02:30 UTC is still the day before in São Paulo.
    night = clock.now().replace(hour=2, minute=30) - timedelta(days=5)
    talk("Oi", ago=clock.now() - night)
    local_day = (night - timedelta(days=1)).date()

    on_that_day = ana.page(f"/dashboard/conversations?start={local_day}&end={local_day}")
    on_the_next = ana.page(f"/dashboard/conversations?start={night.date()}&end={night.date()}")

    assert (len(rows(on_that_day)), len(rows(on_the_next))) == (1, 0)


def test_each_active_filter_is_a_pill_that_removes_it_alone(ana, happy_and_angry):
    page = ana.page(
        "/dashboard/conversations?platform=telegram&sentiment=positive&start=2026-01-01"
    )

    pills = {pill.text: pill.one("a").attributes["href"] for pill in page.all(class_="pill")}

    assert pills == {
        "Desde: 01/01/2026": "/dashboard/conversations?platform=telegram&sentiment=positive",
        "Canal: Telegram": "/dashboard/conversations?start=2026-01-01&sentiment=positive",
        "Sentimento: Positivo": "/dashboard/conversations?start=2026-01-01&platform=telegram",
    }


def test_the_form_keeps_the_filters_that_it_does_not_offer(ana, happy_and_angry):
    form = ana.page("/dashboard/conversations?attention=yes&status=open")
    form = form.one("main").one("form", role="search")

    assert form.one("input", type="hidden", name="attention").attributes["value"] == "yes"
    assert form.one("select", name="status").one("option", selected="").text == "Aberta"


def test_fields_that_the_form_sends_empty_do_not_narrow(ana, happy_and_angry):
    page = ana.page("/dashboard/conversations?period=&platform=&intent=&sentiment=&status=")

    assert len(people(page)) == 2
    assert page.all(class_="pill") == []


def test_a_callers_own_platform_can_be_filtered_by(ana, talk):
    talk("Oi", platform="loja <b>própria</b>")
    talk("Olá", platform="whatsapp")

    page = ana.page(f"/dashboard/conversations?platform={quote('loja <b>própria</b>')}")

    assert len(rows(page)) == 1
    chosen = page.one("select", name="platform").one("option", selected="")
    assert chosen.text == "loja <b>própria</b>"


def test_pages_follow_each_other_without_gap_or_repetition(ana, talk):
    for number in range(53):
        talk("Oi", name=f"P{number:02}", ago=timedelta(minutes=60 + number))

    first = ana.page("/dashboard/conversations")
    second = ana.page(first.one("a", rel="next").attributes["href"])
    back = ana.client.get(second.one("a", rel="prev").attributes["href"])

    assert people(first) + people(second) == [f"P{number:02}" for number in range(53)]
    assert (len(people(first)), first.all("a", rel="prev"), second.all("a", rel="next")) == (
        50,
        [],
        [],
    )
    assert (back.status_code, back.location) == (303, "/dashboard/conversations")


def test_filters_stay_on_the_next_page(ana, talk):
    for number in range(52):
        talk("Oi", platform="telegram", ago=timedelta(minutes=60 + number))

    first = ana.page("/dashboard/conversations?platform=telegram")

    assert "platform=telegram" in first.one("a", rel="next").attributes["href"]


def test_filters_that_match_nothing_say_so(ana, happy_and_angry):
    page = ana.page("/dashboard/conversations?platform=instagram")

    assert page.one("h2", id="nothing").text == "Nada com estes filtros"
    assert page.one(data_region="count").text == "Nenhuma conversa com estes filtros"


def test_an_empty_workspace_says_how_to_begin(ana):
    page = ana.page("/dashboard/conversations")

    assert page.one("h2", id="first-use").text == "Nenhuma conversa ainda"


@pytest.mark.parametrize(
    "query",
    [
        "sentiment=angry",
        "status=gone",
        "start=yesterday",
        "start=0001-01-01",
        "before=1",
        "before=9999999999999999-1",
        "after=1-99999999999999999999",
        "platform=%00",
        "unknown=1",
    ],
)
def test_a_nonsensical_address_is_a_page_that_says_so_and_never_an_error(ana, query):
    answer = ana.client.get(f"/dashboard/conversations?{query}")

    assert answer.status_code in {200, 422}
    assert answer.status_code == 200 or Html(answer.text).head == "Endereço inválido"


def test_the_live_part_is_the_page_without_what_surrounds_it(ana, happy_and_angry):
    whole = ana.page("/dashboard/conversations")

    part = Html(ana.get("/dashboard/conversations", **LIVE))

    assert part.all("html") == part.all("nav", class_="dock") == []
    assert people(part) == people(whole)


def test_the_live_part_is_sent_again_only_after_a_change(ana, talk):
    talk("Oi", name="Helena")
    before = ana.client.get("/dashboard/conversations", headers=LIVE)
    unchanged = ana.client.get(
        "/dashboard/conversations", headers={**LIVE, "If-None-Match": before.headers["ETag"]}
    )

    talk("Olá", name="Priscila", ago=timedelta(minutes=1))
    after = ana.client.get(
        "/dashboard/conversations", headers={**LIVE, "If-None-Match": before.headers["ETag"]}
    )

    assert (unchanged.status_code, unchanged.text) == (304, "")
    assert (after.status_code, people(Html(after.text))[0]) == (200, "Priscila")


def test_only_the_first_page_keeps_itself_up_to_date(ana, talk):
    talk("Oi")
    first = ana.page("/dashboard/conversations").one("main")
    later = ana.page("/dashboard/conversations?before=1900000000000000-1").one("main")

    assert first.attributes["data-module"] == "live"
    assert "data-module" not in later.attributes
