"""A call between two browsers on this machine, with the sound that Chromium makes for tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from browsers import CHROMIUM, NEEDS_CHROMIUM, OFFLINE
from dashboard_pages import sign_in
from playwright.sync_api import BrowserContext, Page, expect, sync_playwright
from service import Service

pytestmark = [pytest.mark.timeout(150), NEEDS_CHROMIUM]

SOUNDING = [
    *OFFLINE,
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--allow-loopback-in-peer-connection",
]
HEARS = "() => document.querySelector('[data-call=level]').value > 0.01"


@contextmanager
def two_people() -> Iterator[tuple[BrowserContext, BrowserContext]]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=SOUNDING)
        yield browser.new_context(locale="pt-BR"), browser.new_context(locale="pt-BR")
        browser.close()


def open_door(page: Page) -> str:
    """Let people call the workspace, and return where from."""
    page.get_by_label("Aceitar chamadas").check()
    page.get_by_role("button", name="Salvar").click()
    code = page.locator("pre.code").inner_text()
    return code.split('src="')[1].split('"')[0]


def test_two_browsers_hear_each_other_and_the_call_stands_in_the_timeline(
    running_service: Service,
) -> None:
    with two_people() as (agents, callers):
        agent, caller = agents.new_page(), callers.new_page()
        complaints: list[str] = []
        for page in (agent, caller):
            page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
        sign_in(agent, running_service.url, running_service.secret("ADMIN_PASSWORD"))
        agent.goto(f"{running_service.url}/dashboard/calls")
        caller.goto(open_door(agent))

        caller.get_by_label("Seu nome").fill("Rita das Chamadas")
        caller.get_by_role("button", name="Ligar agora").click()
        agent.get_by_role("button", name="Atender").click(timeout=20_000)
        for page in (agent, caller):
            expect(page.locator("[data-call=state]")).to_have_text("Em chamada", timeout=30_000)
        for page in (agent, caller):
            page.wait_for_function(HEARS, timeout=20_000)
        caller.get_by_role("button", name="Desligar").click()
        expect(agent.locator("[data-call=state]")).to_have_text("Chamada encerrada.")
        agent.locator("[data-region=latest]").get_by_role("link", name="Rita").first.click()

        thread = agent.get_by_role("region", name="Mensagens")
        expect(thread).to_contain_text("Chamada de voz")
        expect(thread).to_contain_text("Chamada encerrada: 0 min")
        assert complaints == []
