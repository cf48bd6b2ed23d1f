"""What people and callers write runs nowhere: sixty scripts, stored wherever texts are kept.

The pages are those of a phone: however long the words, none of them is wider.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browsers import NEEDS_CHROMIUM, chromium
from dashboard_pages import each_page, sign_in
from playwright.sync_api import Browser, ConsoleMessage, Dialog, ViewportSize
from service import Answer, Service, Visitor

pytestmark = [pytest.mark.timeout(240), NEEDS_CHROMIUM]

SCRIPTS = (Path(__file__).parents[1] / "payloads" / "stored_scripts.txt").read_text().splitlines()
SHORT = [script for script in SCRIPTS if len(script) <= 32]
PERSON = "who-writes-scripts"
PHONE: ViewportSize = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


class Caller:
    """Someone with a token, who tells the service everything there is to tell."""

    def __init__(self, service: Service) -> None:
        login = {"username": "admin", "admin_secret": service.secret("ADMIN_SECRET")}
        token = service.send("POST", "/api/v1/auth/token", login).json["token"]
        self._service = service
        self._headers = {"Authorization": f"Bearer {token}"}

    def send(self, method: str, path: str, body: Any) -> Answer:
        answer = self._service.send(method, f"/api/v1/{path}", body, self._headers)
        assert answer.status < 300, answer.text
        return answer


def store_by_the_api(service: Service) -> str:
    """Store all scripts in messages, names, file names, tags, fields, facts, intents and rules."""
    caller = Caller(service)
    for script in SCRIPTS[::6]:
        person = {"user_id": f"{PERSON}-{script}"[:255], "profile_data": {"name": script}}
        caller.send("POST", "mcp/update_user_profile", person)
    profile = {
        "name": SCRIPTS[0],
        "email": SCRIPTS[10],
        "tags": SCRIPTS,
        "custom": {script: script for script in SCRIPTS},
        "preferences": {"language": SCRIPTS[1]},
    }
    caller.send("POST", "mcp/update_user_profile", {"user_id": PERSON, "profile_data": profile})
    for script in SCRIPTS[:5]:
        caller.send("POST", f"people/{PERSON}/facts", {"kind": "city", "value": script})
    messages = [
        {"role": "bot" if at % 3 == 2 else "user", "content": script, "name": script}
        for at, script in enumerate(SCRIPTS)
    ]
    analysis = {"intent": SHORT[0], "sentiment": "negative", "topics": SHORT[:5]}
    session = {"user_id": PERSON, "platform": SCRIPTS[14], "user_data": {"name": SCRIPTS[0]}}
    opened = caller.send("POST", "mcp/create_chat_session", session).json["session_id"]
    saved = {"session_id": opened, "user_id": PERSON, "messages": messages}
    stored = caller.send("POST", "mcp/save_conversation", {**saved, "intent_analysis": analysis})
    hook = {"url": "https://x.example/<svg/onload=alert(1)>", "events": ["report.weekly"]}
    caller.send("POST", "webhook-endpoints", hook)
    return str(stored.json["conversation_id"])


def store_by_a_channel(service: Service) -> None:
    """Have people of such names write such words through a webhook."""
    secret = {"Authorization": f"Bearer {service.secret('WEBHOOK_SECRET')}"}
    for at, script in enumerate(SCRIPTS[::4]):
        body = {"user_ns": f"f9u{at}", "name": script, "message": script, "city": script}
        assert service.send("POST", "/uchat", body, secret).status == 200


def store_by_the_pages(visitor: Visitor, conversation_id: str) -> None:
    """Write notes, markers, views, labels, keys and a brand of scripts."""
    forms = [
        *((f"conversations/{conversation_id}/notes", {"body": script}) for script in SCRIPTS[::10]),
        *(("markers", {"name": script, "colour": "red"}) for script in SHORT[2:8]),
        *(("views", {"name": script, "filters": "q=%3Cscript%3E"}) for script in SHORT[:3]),
        ("views", {"name": SHORT[3], "filters": "q=a", "shared": "yes"}),
        ("quality/labels", {"name": "x", "kind": "intent", "phrases": "\n".join(SCRIPTS[:30])}),
        ("api-keys", {"name": SCRIPTS[14], "scopes": "mcp:read"}),
        ("brand", {"name": SCRIPTS[0]}),
    ]
    for path, form in forms:
        answer = visitor.open(f"/dashboard/{path}", form)
        # What differs in capitals alone is there already.
        assert answer.status in {200, 409}, (path, answer.text[-800:])


def test_sixty_stored_scripts_run_on_no_page_and_make_none_wider_than_a_phone(
    service: Service, browser: Browser
):
    service.up()
    conversation_id = store_by_the_api(service)
    store_by_a_channel(service)
    visitor = Visitor(service)
    visitor.sign_in()
    store_by_the_pages(visitor, conversation_id)
    page = browser.new_page(locale="pt-BR", viewport=PHONE)
    dialogs: list[Dialog] = []
    said: list[ConsoleMessage] = []

    def refuse(dialog: Dialog) -> None:
        dialogs.append(dialog)
        dialog.dismiss()

    page.on("dialog", refuse)
    page.on("console", lambda message: said.append(message) if message.type == "error" else None)
    sign_in(page, service.url, service.secret("ADMIN_PASSWORD"))

    beyond = {
        name: page.evaluate("document.documentElement.scrollWidth - innerWidth")
        for name in each_page(page, service.url)
    }
    for path in (f"conversations/{conversation_id}", f"conversations/{conversation_id}?correct=0"):
        page.goto(f"{service.url}/dashboard/{path}")
        shown = page.locator(".bubble").all_inner_texts()

    assert len(SCRIPTS) == 60
    assert [script for script in SCRIPTS if not any(script in text for text in shown)] == []
    assert len(beyond) > 25
    assert {name: pixels for name, pixels in beyond.items() if pixels > 0} == {}
    assert dialogs == []
    # A page that is not found says so on the console; nothing else has anything to say.
    assert [it for it in map(str, said) if "404" not in it] == []
    visitor.open("/dashboard/brand", {"name": ""})  # the service is others' too
