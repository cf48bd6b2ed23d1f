"""The pages in a real browser: they open, refresh by themselves and keep the strict CSP."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright
from service import Service

CHROMIUM = os.environ.get("TALKHUB_CHROMIUM")
WHY_NOT = os.environ.get("TALKHUB_CHROMIUM_MISSING", "TALKHUB_CHROMIUM names no Chromium")
OFFLINE = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]

pytestmark = [
    pytest.mark.timeout(150),
    pytest.mark.skipif(CHROMIUM is None, reason=WHY_NOT),
]


@pytest.fixture
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=OFFLINE)
        yield browser
        browser.close()


def sign_in(page: Page, service: Service) -> None:
    page.goto(f"{service.url}/dashboard")
    page.fill("[name=username]", "admin")
    page.fill("[name=password]", service.secret("ADMIN_PASSWORD"))
    page.get_by_role("button", name="Entrar").click()
    page.wait_for_url("**/dashboard")


def test_a_new_message_appears_on_the_open_list_and_no_page_breaks_the_csp(
    service: Service, browser: Browser
):
    service.up()
    page = browser.new_page(locale="pt-BR")
    complaints: list[ConsoleMessage] = []
    page.on("console", lambda m: complaints.append(m) if m.type == "error" else None)
    sign_in(page, service)
    page.click("a[href='/dashboard/conversations'] >> nth=0")
    secret = {"Authorization": f"Bearer {service.secret('WEBHOOK_SECRET')}"}
    text = "<img src=x onerror=alert(1)> Meu pedido não chegou, péssimo!"

    service.send("POST", "/uchat", {"user_ns": "f1u9", "name": "Ana", "message": text}, secret)
    page.get_by_text("Meu pedido não chegou").first.wait_for(timeout=20_000)
    page.get_by_role("link", name="Ana").first.click()
    page.locator(".bubble").first.wait_for()

    assert text in page.locator(".bubble").first.inner_text()
    assert [message.text for message in complaints] == []
