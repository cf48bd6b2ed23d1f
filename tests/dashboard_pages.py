"""The dashboard's pages in a browser: who looks at all of them begins here."""

from __future__ import annotations

from collections.abc import Iterator

from playwright.sync_api import Page

from tests.page_addresses import PAGES

FIRST_ROW = "main table.rows tbody a"


def sign_in(page: Page, base: str, password: str) -> None:
    page.goto(f"{base}/dashboard")
    page.fill("[name=username]", "admin")
    page.fill("[name=password]", password)
    page.get_by_role("button", name="Entrar").click()
    page.wait_for_url("**/dashboard")


def each_page(page: Page, base: str) -> Iterator[str]:
    """Open one page after the other, and say which one is open."""
    for name, path in {**PAGES, "not-found": "/nowhere"}.items():
        page.goto(f"{base}/dashboard{path}")
        yield name
    for name, listed in (("conversation", "conversations"), ("person", "people")):
        page.goto(f"{base}/dashboard/{listed}")
        address = page.locator(FIRST_ROW).first.get_attribute("href")
        page.goto(f"{base}{address}")
        yield name
    page.get_by_role("link", name="O que o bot recebe").click()
    page.locator("pre").first.wait_for()
    yield "bot-context"
    page.keyboard.press("Control+k")
    page.locator("#found a").first.wait_for()
    yield "palette"
