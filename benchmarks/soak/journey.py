"""What is done first: webhooks, a look at the list, a token, a save, a context."""

from __future__ import annotations

import http.cookiejar
import json
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping
from functools import partial
from html import unescape
from typing import Any

from benchmarks.soak.parsers import PAYLOADS
from benchmarks.soak.stack import Secrets
from talkhub.demo.payloads import proof
from talkhub.names import Platform

SAMPLES: Mapping[Platform, tuple[str, str]] = {
    Platform.WHATSAPP: ("text", "Meu pedido nº 4571 ainda não chegou"),
    Platform.TELEGRAM: ("text", "quero cancelar minha assinatura"),
    Platform.UCHAT: ("live_chat_text", "Quero falar com uma pessoa"),
    Platform.MESSENGER: ("text", "Vocês abrem no sábado?"),
    Platform.INSTAGRAM: ("text", "Ainda tem na cor azul?"),
    Platform.EVOLUTION: ("text", "Bom dia, quero remarcar"),
}
"""Of each platform a payload as it sends it, and what a person reads of it."""
WRITTEN = len(SAMPLES) + 1
"""The messages, each a conversation."""
SAVED = "A chave da casa azul ficou com o porteiro."
_PHONE = "5511999990001"
"""Whose number stands in the samples."""
_SESSION, _USER = "session-of-the-soak", "user-of-the-soak"
_SHOWN_SECONDS = 20


class Journey:
    """Somebody with a browser, and a program, at a service whose secrets they know."""

    def __init__(self, port: int, secrets: Secrets) -> None:
        self._url = f"http://127.0.0.1:{port}"
        self._secrets = secrets
        cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self._opener = urllib.request.build_opener(cookies)

    def write_and_look(self) -> list[str]:
        """Send a message of each platform and save a conversation; return what went wrong."""
        wrong = []
        for platform in SAMPLES:
            raw = _payload(platform)
            of_meta = proof(platform, raw, self._secrets.whatsapp)
            is_metas = "X-Hub-Signature-256" in of_meta
            headers = of_meta if is_metas else proof(platform, raw, self._secrets.webhook)
            status, answer = self._post(f"/webhooks/{platform}", raw, headers)
            if (status, answer.get("accepted")) != (200, 1):
                wrong.append(f"a webhook of {platform} was answered {status}: {answer}")
            status, _ = self._post(f"/webhooks/{platform}", raw, proof(platform, raw, "forged"))
            if status != 401:
                wrong.append(f"a forged webhook of {platform} was answered {status}")
        said = [{"role": "user", "content": SAVED}]
        body = {"session_id": _SESSION, "user_id": _USER, "messages": said}
        status, answer = self._tool("save_conversation", body)
        if status != 200:
            wrong.append(f"a save was answered {status}: {answer}")
        return wrong + self.look_again()

    def look_again(self) -> list[str]:
        """Return which of it is not in the list of conversations, or not in the context."""
        wrong = []
        form = {"username": "admin", "password": self._secrets.admin}
        self._page("/dashboard/login", form)
        for platform, (_sample, text) in SAMPLES.items():
            if not _in_time(partial(self._lists, text)):
                wrong.append(f"the message of {platform} is not in the list")
        status, context = self._tool("get_user_context", {"user_id": _USER})
        if SAVED not in json.dumps(context, ensure_ascii=False):
            wrong.append(f"the context was answered {status}, without what was saved")
        return wrong

    def _lists(self, text: str) -> bool:
        """Tell whether the list has a text, sought by one word: the page repeats what is sought."""
        word = max(text.split(), key=len)
        return text in self._page(f"/dashboard/conversations?{urllib.parse.urlencode({'q': word})}")

    def _tool(self, name: str, body: Mapping[str, object]) -> tuple[int, dict[str, Any]]:
        login = {"username": "soak", "admin_secret": self._secrets.admin}
        _status, answer = self._post("/api/v1/auth/token", json.dumps(login).encode(), {})
        headers = {"Authorization": f"Bearer {answer.get('token')}"}
        return self._post(f"/api/v1/mcp/{name}", json.dumps(body).encode(), headers)

    def _post(
        self, path: str, body: bytes, headers: Mapping[str, str]
    ) -> tuple[int, dict[str, Any]]:
        everything = {"Content-Type": "application/json", **headers}
        status, text = self._open(urllib.request.Request(self._url + path, body, everything))
        document: dict[str, Any] = json.loads(text)
        return status, document

    def _page(self, path: str, form: Mapping[str, str] | None = None) -> str:
        data = urllib.parse.urlencode(form).encode() if form is not None else None
        return unescape(self._open(urllib.request.Request(self._url + path, data))[1])

    def _open(self, request: urllib.request.Request) -> tuple[int, str]:
        try:
            with self._opener.open(request, timeout=15) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()


def _payload(platform: Platform) -> bytes:
    """Return a platform's sample of a person of its own: two of one person share a conversation."""
    sample, _text = SAMPLES[platform]
    raw = (PAYLOADS / platform / f"{sample}.json").read_text()
    return raw.replace(_PHONE, f"55119999{list(SAMPLES).index(platform):05}").encode()


def _in_time(claim: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + _SHOWN_SECONDS
    while not claim():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True
