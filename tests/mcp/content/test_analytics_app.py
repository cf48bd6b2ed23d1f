"""The analytics' page: tied to its tool, whole in itself, and drawn as its host wishes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from browsers import NEEDS_CHROMIUM, chromium
from callers import Caller
from playwright.sync_api import Browser, FrameLocator, Page, expect
from rpc import Rpc
from talked import Talked

from talkhub.mcp.content.analytics_app import ADDRESS, EXTENSION, MEDIA_TYPE, page
from talkhub.names import Intent, Scope, Sentiment
from talkhub.tools.analytics import ConversationAnalytics

HOST = """
<iframe sandbox="allow-scripts" style="width:100%%;border:0"></iframe>
<script>
const context = %(context)s, html = %(html)s, heard = [];
const frame = document.querySelector("iframe");
const send = (message) => frame.contentWindow.postMessage({jsonrpc: "2.0", ...message}, "*");
window.addEventListener("message", ({data}) => {
  heard.push(data);
  if (data.method === "ui/initialize")
    send({id: data.id, result: {protocolVersion: "2026-01-26", hostContext: context}});
  if (data.method === "ui/notifications/size-changed")
    frame.style.height = data.params.height + "px";
});
frame.srcdoc = html;
</script>
"""
STRICT = (
    '<meta http-equiv="Content-Security-Policy" content="default-src \'none\';'
    " script-src 'unsafe-inline'; style-src 'unsafe-inline'\">"
)
COUNTED: dict[str, Any] = {
    "total_conversations": 1234,
    "unique_users": 321,
    "avg_messages_per_conversation": 7.25,
    "completion_rate": 0.82,
    "average_duration": 754.2,
    "average_response_time": 41,
    "sentiment_analysis": {"positive": 60, "neutral": 30, "negative": 10},
    "intent_distribution": {"support": 520, "purchase": 310, "<b>own</b>": 44, "thanks": 12},
    "peak_hours": [{"hour": hour, "count": 4 + hour * (23 - hour)} for hour in range(6, 23)],
    "period": {"start": "2026-11-01T03:00:00Z", "end": "2026-11-08T03:00:00Z"},
}


def test_the_tool_names_the_page_and_the_server_the_extension(rpc: Rpc) -> None:
    tools = {tool["name"]: tool for tool in rpc.result("tools/list")["tools"]}

    tied = {name: tool["_meta"] for name, tool in tools.items() if "_meta" in tool}

    assert tied == {"get_conversation_analytics": {"ui": {"resourceUri": ADDRESS}}}
    assert rpc.result("server/discover")["capabilities"]["extensions"][EXTENSION] == {}


def test_the_page_is_read_like_any_resource_with_what_it_asks_of_its_host(rpc: Rpc) -> None:
    (contents,) = rpc.result("resources/read", {"uri": ADDRESS})["contents"]

    assert contents["mimeType"] == MEDIA_TYPE
    assert contents["text"].startswith("<!doctype html>")
    asked = contents["_meta"]["ui"]
    assert asked["csp"] == {"connectDomains": [], "resourceDomains": []}


def test_older_clients_read_the_page_too(rpc: Rpc) -> None:
    (contents,) = rpc.legacy_result("resources/read", {"uri": ADDRESS})["contents"]

    assert contents["mimeType"] == MEDIA_TYPE


def test_the_page_needs_the_scope_of_the_figures(rpc_of: Callable[..., Rpc]) -> None:
    refused = rpc_of(Scope.MCP_READ).modern("resources/read", {"uri": ADDRESS})

    assert refused.status_code == 403


def test_the_answer_is_text_for_clients_that_draw_nothing(
    rpc: Rpc, caller: Caller, talk: Callable[..., Talked]
) -> None:
    talk(caller, "Oi")

    result = rpc.call("get_conversation_analytics", {})

    assert json.loads(result["content"][0]["text"])["total_conversations"] == 1


def test_the_page_asks_nothing_of_any_address() -> None:
    addresses = set(re.findall(r"https?://[^\s\"']+", page()))

    assert addresses == {"http://www.w3.org/2000/svg"}  # a name, which nobody fetches
    assert not re.search(r"""<(script|link|img)[^>]+(src|href)=|@import|url\((?!#)""", page())


def test_every_figure_and_closed_set_has_words_in_all_languages() -> None:
    metrics = {"total_conversations", "unique_users", "completion_rate", "average_duration"}
    needed = {*Intent, *Sentiment, *metrics}

    assert metrics <= ConversationAnalytics.model_fields.keys()
    for name in needed:
        assert len(re.findall(rf"\b{name}: \"", page())) == 3, name


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def host(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Show the page as a strict host would, and note what goes wrong in it."""
    complaints: list[str] = []
    pages: list[Page] = []

    def show(**context: str) -> Page:
        shown = browser.new_page(viewport={"width": 760, "height": 720})
        shown.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
        shown.on("pageerror", lambda error: complaints.append(str(error)))
        html = page().replace("<head>", f"<head>{STRICT}")
        script = json.dumps(html).replace("</", "<\\/")
        shown.set_content(HOST % {"context": json.dumps(context), "html": script})
        shown.wait_for_function("heard.some(m => m.method === 'ui/notifications/initialized')")
        pages.append(shown)
        return shown

    yield show
    for shown in pages:
        shown.close()
    assert complaints == []


def tell(shown: Page, method: str, params: object) -> FrameLocator:
    shown.evaluate("m => send(m)", {"method": f"ui/notifications/{method}", "params": params})
    return shown.frame_locator("iframe")


def draw(shown: Page, counted: dict[str, Any] | None = None) -> FrameLocator:
    return tell(shown, "tool-result", {"content": [], "structuredContent": counted or COUNTED})


@NEEDS_CHROMIUM
@pytest.mark.parametrize(
    ("locale", "said"),
    [
        ("pt-BR", ("Conversas", "1.234", "Compra")),
        ("en-US", ("Conversations", "1,234", "Purchase")),
        ("es-AR", ("Conversaciones", "1.234", "Compra")),
        ("fr-FR", ("Conversations", "1\u202f234", "Purchase")),
    ],
)
def test_the_figures_are_drawn_in_the_hosts_language(
    locale: str, said: tuple[str, str, str], host: Callable[..., Page]
) -> None:
    title, total, intent = said

    shown = draw(host(locale=locale, timeZone="America/Sao_Paulo"))

    expect(shown.locator("h1")).to_have_text(title)
    expect(shown.locator("#tiles dd")).to_have_count(6)
    expect(shown.locator("#tiles dd").nth(0)).to_have_text(total)
    expect(shown.locator("#intents .name").nth(1)).to_have_text(intent)
    expect(shown.locator("#sentiment svg >> nth=0").locator("rect")).to_have_count(4)
    expect(shown.locator("#hours g")).to_have_count(24)
    expect(shown.locator("html")).to_have_attribute("lang", locale)


@NEEDS_CHROMIUM
@pytest.mark.parametrize("zone", ["America/Sao_Paulo", "Asia/Tokyo", "UTC"])
def test_days_are_named_as_they_were_asked_for_wherever_the_host_is(
    zone: str, host: Callable[..., Page]
) -> None:
    outer = host(locale="en-GB", timeZone=zone)
    days = {"start": "2026-11-01", "end": "2026-11-07"}

    tell(outer, "tool-input", {"arguments": {"date_range": days}})
    shown = draw(outer)

    expect(shown.locator("#period")).to_have_text("1 Nov 2026 – 7 Nov 2026")


@NEEDS_CHROMIUM
def test_what_strangers_named_is_shown_as_text(host: Callable[..., Page]) -> None:
    shown = draw(host(locale="pt-BR"))

    expect(shown.locator("#intents .name").nth(2)).to_have_text("<b>own</b>")


@NEEDS_CHROMIUM
def test_the_host_chooses_light_or_dark_and_may_change_its_mind(host: Callable[..., Page]) -> None:
    outer = host(theme="dark")
    shown = draw(outer)
    ground = "getComputedStyle(document.body).backgroundColor"
    dark = shown.locator("body").evaluate(ground)

    tell(outer, "host-context-changed", {"theme": "light", "locale": "no_such", "timeZone": "X/Y"})

    expect(shown.locator("html")).to_have_attribute("data-theme", "light")
    assert shown.locator("body").evaluate(ground) != dark


@NEEDS_CHROMIUM
def test_what_was_not_counted_is_said(host: Callable[..., Page]) -> None:
    outer = host(locale="en")
    state = outer.frame_locator("iframe").locator("#state")

    expect(state).to_have_text("Counting conversations…")
    tell(outer, "tool-cancelled", {"reason": "user"})
    expect(state).to_have_text("Counting was cancelled.")
    tell(outer, "tool-result", {"content": [], "isError": True})
    expect(state).to_have_text("The conversations could not be counted.")
    draw(outer, {"total_conversations": 0, "period": {"start": None, "end": None}})
    expect(state).to_have_text("No conversations in this period.")


@NEEDS_CHROMIUM
def test_the_page_tells_its_size_and_answers_its_host(host: Callable[..., Page]) -> None:
    outer = host(locale="en")
    draw(outer).locator("#hours").wait_for()

    outer.evaluate("send({id: 7, method: 'ui/resource-teardown', params: {}})")
    outer.evaluate("send({id: 8, method: 'made/up', params: {}})")

    outer.wait_for_function("heard.some(m => m.id === 7 && m.result)")
    outer.wait_for_function("heard.some(m => m.id === 8 && m.error.code === -32601)")
    outer.wait_for_function("parseInt(frame.style.height) > 300")
