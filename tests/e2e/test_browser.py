"""The pages in a real browser: they open, refresh by themselves and keep the strict CSP."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from browsers import NEEDS_CHROMIUM, chromium
from dashboard_pages import sign_in
from playwright.sync_api import Browser, ConsoleMessage, expect
from service import Service

pytestmark = [
    pytest.mark.timeout(150),
    NEEDS_CHROMIUM,
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


def receive(service: Service, person: str, text: str) -> None:
    secret = {"Authorization": f"Bearer {service.secret('WEBHOOK_SECRET')}"}
    body = {"user_ns": f"f1{person}", "name": person, "message": text}
    assert service.send("POST", "/uchat", body, secret).status == 200


def test_a_tile_changes_within_two_seconds_of_an_event_and_by_a_hint(
    running_service: Service, browser: Browser
):
    receive(running_service, "Helena", "Oi")  # or there are no tiles yet
    page = browser.new_page(locale="pt-BR")
    sign_in(page, running_service.url, running_service.secret("ADMIN_PASSWORD"))
    tile = page.locator(".stat", has_text="Mensagens").locator(".num")
    tile.wait_for(timeout=20_000)
    page.reload()
    before = tile.inner_text()

    receive(running_service, "Helena", "Cadê meu pedido?")

    # Only a hint can bring it: without one the page asks every five seconds.
    expect(tile).not_to_have_text(before, timeout=2_000)


def test_a_new_message_appears_on_the_open_list_and_no_page_breaks_the_csp(
    running_service: Service, browser: Browser
):
    service = running_service
    page = browser.new_page(locale="pt-BR")
    complaints: list[ConsoleMessage] = []
    page.on("console", lambda m: complaints.append(m) if m.type == "error" else None)
    sign_in(page, service.url, service.secret("ADMIN_PASSWORD"))
    page.click("a[href='/dashboard/conversations'] >> nth=0")
    secret = {"Authorization": f"Bearer {service.secret('WEBHOOK_SECRET')}"}
    text = "<img src=x onerror=alert(1)> Meu pedido não chegou, péssimo!"

    service.send("POST", "/uchat", {"user_ns": "f1u9", "name": "Ana", "message": text}, secret)
    page.get_by_text("Meu pedido não chegou").first.wait_for(timeout=20_000)
    page.get_by_role("main").get_by_role("link", name="Ana").first.click()
    page.locator(".bubble").first.wait_for()

    assert text in page.locator(".bubble").first.inner_text()
    assert [message.text for message in complaints] == []


def test_the_keyboard_leads_to_pages_rows_and_results(running_service: Service, browser: Browser):
    receive(running_service, "Helena", "Bom dia")
    page = browser.new_page(locale="pt-BR")
    sign_in(page, running_service.url, running_service.secret("ADMIN_PASSWORD"))

    page.keyboard.press("g")
    page.keyboard.press("c")
    page.wait_for_url("**/dashboard/conversations")
    page.locator("main tbody a").first.wait_for(timeout=20_000)
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/conversations/*")
    page.keyboard.press("Control+k")
    page.keyboard.type("analises")
    expect(page.locator("#found a").first).to_contain_text("Análises")
    page.keyboard.press("Enter")

    page.wait_for_url("**/dashboard/analytics")


def test_pages_can_be_read_without_scripts(running_service: Service, browser: Browser):
    receive(running_service, "Helena", "Boa tarde")
    page = browser.new_context(java_script_enabled=False, locale="pt-BR").new_page()
    sign_in(page, running_service.url, running_service.secret("ADMIN_PASSWORD"))

    page.goto(f"{running_service.url}/dashboard/analytics?period=7d")
    page.get_by_text("Ver tabela").first.click()
    page.locator("main td").first.wait_for()
    page.get_by_role("link", name="Buscar ou ir para").click()

    page.wait_for_url("**/dashboard/search")
