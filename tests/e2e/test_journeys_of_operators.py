"""What operators do in a day, in a real browser: from a chart to a correction, keys, replays."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import psycopg2
import pytest
from browsers import NEEDS_CHROMIUM, chromium
from dashboard_pages import sign_in
from playwright.sync_api import Browser, Page, expect
from service import Service, wait_for

pytestmark = [pytest.mark.timeout(240), NEEDS_CHROMIUM]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


def receive(service: Service, person: str, text: str) -> None:
    secret = {"Authorization": f"Bearer {service.secret('WEBHOOK_SECRET')}"}
    body = {"user_ns": f"f3{person}", "name": person, "message": text}
    assert service.send("POST", "/uchat", body, secret).status == 200


def ana(service: Service, browser: Browser) -> Page:
    page = browser.new_page(locale="pt-BR")
    sign_in(page, service.url, service.secret("ADMIN_PASSWORD"))
    return page


def run(service: Service, sql: str) -> int:
    """Run one statement on the service's own database, and return how many rows it was about."""
    where = json.loads((service.home / "servers.json").read_text())
    connection = psycopg2.connect(
        host="127.0.0.1",
        port=where["postgres_port"],
        user="talkhub",
        password=where["postgres_password"],
        dbname="talkhub",
    )
    with connection, connection.cursor() as cursor:
        cursor.execute(sql)
        count = cursor.rowcount
    connection.close()
    return count


def test_from_a_chart_to_a_correction_and_the_number_changes(
    running_service: Service, browser: Browser
):
    receive(running_service, "Corrigida", "Péssimo, quero cancelar meu plano agora!")
    page = ana(running_service, browser)
    filtered = f"{running_service.url}/dashboard/analytics?view=intents&platform=uchat"

    def counted() -> int:
        page.goto(filtered)
        row = page.locator("main tr").filter(has=page.get_by_role("link", name="Cancelamento"))
        return int(row.locator("td.num-r").first.inner_text()) if row.count() else 0

    wait_for(lambda: counted() > 0, seconds=20)
    before = counted()
    page.get_by_role("main").get_by_role("link", name="Cancelamento").click()
    page.wait_for_url("**/dashboard/conversations?*")
    page.get_by_role("main").get_by_role("link", name="Corrigida").first.click()
    page.get_by_text("Corrigir a conversa").click()
    page.locator("details select[name=intent]").select_option(label="Suporte")
    page.locator("details").get_by_role("button", name="Salvar correção").click()
    expect(page.get_by_text("Corrigida", exact=True).last).to_be_visible()

    wait_for(lambda: counted() == before - 1, seconds=20)


def test_a_key_that_is_made_in_the_browser_opens_the_api(
    running_service: Service, browser: Browser
):
    page = ana(running_service, browser)
    page.goto(f"{running_service.url}/dashboard/api-keys")

    page.get_by_label("Nome").fill("Do navegador")
    page.locator("input[name=scopes]").first.check()
    page.get_by_role("button", name="Criar chave").click()
    key = page.locator("pre").first.inner_text().strip()

    headers = {"Authorization": f"Bearer {key}"}
    assert running_service.send("GET", "/api/v1/mcp/tools", None, headers).status == 200
    page.reload()
    assert key not in page.content()


def test_what_was_given_up_is_tried_again_by_a_button(running_service: Service, browser: Browser):
    receive(running_service, "Desistida", "Oi, alguém aí?")
    give_up = (
        "update inbound_events set state = 'dead', last_error = 'tried in vain', done_at = null"
        " where state = 'done' and convert_from(raw, 'utf-8') like '%Desistida%'"
    )
    wait_for(lambda: run(running_service, give_up) > 0, seconds=20)
    page = ana(running_service, browser)
    page.goto(f"{running_service.url}/dashboard/failures")
    given_up = page.get_by_text("tried in vain")
    expect(given_up).to_be_visible()

    page.get_by_role("row").filter(has=given_up).get_by_role("button").first.click()

    expect(page.get_by_text("tried in vain")).to_have_count(0)


def test_theme_and_language_are_switched_on_the_page_and_stay(
    running_service: Service, browser: Browser
):
    page = ana(running_service, browser)

    for button in ("Escuro", "English"):
        page.locator(".top .menu summary").last.click()
        page.get_by_role("button", name=button).click()
    page.goto(f"{running_service.url}/dashboard/people")

    root = page.locator("html")
    expect(root).to_have_attribute("data-theme", "dark")
    expect(root).to_have_attribute("lang", "en")
    expect(page.get_by_role("heading", level=1)).to_have_text("People")
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert max(float(part) for part in re.findall(r"[\d.]+", dark)[:1]) < 40
