"""axe-core finds nothing on any page, in either theme."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from browsers import NEEDS_CHROMIUM, chromium
from dashboard_pages import each_page, sign_in
from playwright.sync_api import Page
from service import Service

pytestmark = [pytest.mark.timeout(240), NEEDS_CHROMIUM]

AXE = Path(__file__).parents[1] / "vendor" / "axe-core-4.14.1" / "axe.min.js"
IN_BOTH_THEMES = ["color-contrast"]


@pytest.fixture
def page() -> Iterator[Page]:
    """A page that lets axe in, and whose colours do not fade when the theme changes."""
    with chromium() as browser:
        yield browser.new_page(locale="pt-BR", bypass_csp=True, reduced_motion="reduce")


def faults(page: Page, rules: list[str] | None = None) -> list[str]:
    options = {"resultTypes": ["violations"], **({"runOnly": rules} if rules else {})}
    found = page.evaluate("options => axe.run(document, options)", options)
    return [f"{each['id']}: {each['nodes'][0]['html'][:160]}" for each in found["violations"]]


def test_axe_finds_nothing_on_any_page_in_either_theme(running_service: Service, page: Page):
    secret = {"Authorization": f"Bearer {running_service.secret('WEBHOOK_SECRET')}"}
    body = {"user_ns": "f1u7", "name": "Helena", "message": "Péssimo! Cadê o pedido?"}
    assert running_service.send("POST", "/uchat", body, secret).status == 200
    sign_in(page, running_service.url, running_service.secret("ADMIN_PASSWORD"))
    page.goto(f"{running_service.url}/dashboard/conversations")
    page.get_by_role("main").get_by_text("Helena").first.wait_for(timeout=20_000)
    axe = AXE.read_text()
    found: dict[str, list[str]] = {}

    for name in each_page(page, running_service.url):
        page.evaluate(axe)
        found[name] = faults(page)
        page.emulate_media(color_scheme="dark")
        found[name] += faults(page, IN_BOTH_THEMES)
        page.emulate_media(color_scheme="light")

    assert {name: list_ for name, list_ in found.items() if list_} == {}
    assert len(found) > 20
