"""The pages in a real browser: they open, refresh by themselves and keep the strict CSP."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from browsers import NEEDS_CHROMIUM, chromium
from playwright.sync_api import Browser, ConsoleMessage, Page
from service import Service

pytestmark = [
    pytest.mark.timeout(150),
    NEEDS_CHROMIUM,
]


@pytest.fixture
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


def sign_in(page: Page, service: Service) -> None:
    page.goto(f"{service.url}/dashboard")
    page.fill("[name=username]", "admin")
    page.fill("[name=password]", service.secret("ADMIN_PASSWORD"))
    page.get_by_role("button", name="Entrar").click()
    page.wait_for_url("**/dashboard")


def test_a_new_message_appears_on_the_open_list_and_no_page_breaks_the_csp(
    running_service: Service, browser: Browser
):
    service = running_service
    page = browser.new_page(locale="pt-BR")
    complaints: list[ConsoleMessage] = []
    page.on("console", lambda m: complaints.append(m) if m.type == "error" else None)
    sign_in(page, service)
    page.click("a[href='/dashboard/conversations'] >> nth=0")
    secret = {"Authorization": f"Bearer {service.secret('WEBHOOK_SECRET')}"}
    text = "<img src=x onerror=alert(1)> Meu pedido não chegou, péssimo!"

    service.send("POST", "/uchat", {"user_ns": "f1u9", "name": "Ana", "message": text}, secret)
    page.get_by_text("Meu pedido não chegou").first.wait_for(timeout=20_000)
    page.get_by_role("main").get_by_role("link", name="Ana").first.click()
    page.locator(".bubble").first.wait_for()

    assert text in page.locator(".bubble").first.inner_text()
    assert [message.text for message in complaints] == []
