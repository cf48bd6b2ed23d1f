"""RD Station CRM's API v2, as far as a connector meets it: sign-in, contacts, deals and notes."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from benchmarks.crms.server import Asked, Reply, numbered

CREDENTIALS = {
    "client_id": "rd-client-0123456789",
    "client_secret": "rd-secret-0123456789",
    "refresh_token": "rd-refresh-1",
}
MISSING: Reply = (404, {"detail": "N\u00e3o encontrado."})
HOURS_2 = 7200


@dataclass
class RDStation:
    """What the account keeps. A refresh token counts once; `access` are the tokens that count."""

    objects: dict[str, dict[str, dict[str, Any]]] = field(
        default_factory=lambda: {"contacts": {}, "deals": {}, "notes": {}}
    )
    refresh_token: str = CREDENTIALS["refresh_token"]
    access: set[str] = field(default_factory=set)
    next_id: Callable[[], int] = field(default_factory=lambda: numbered(0x65F0))

    def answer(self, asked: Asked) -> Reply:  # noqa: PLR0911 -- a route each
        """Answer as RD Station does."""
        if asked.steps == ("oauth2", "token"):
            return self._signed_in(parse_qs(asked.raw.decode()))
        if asked.headers.get("authorization", "").removeprefix("Bearer ") not in self.access:
            return 401, {"errors": {"error_type": "UNAUTHORIZED"}}
        match asked.method, asked.steps[2:]:
            case "GET", (("contacts" | "deals") as kind,):
                return self._page(asked, self._found(kind, asked.query.get("filter")))
            case "GET", ("deals", deal_id, "notes"):
                return self._page(asked, self._notes(deal_id))
            case "POST", ("deals", deal_id, "notes") if deal_id in self.objects["deals"]:
                return self._made("notes", {**asked.body["data"], "deal_id": deal_id})
            case "POST", (("contacts" | "deals") as kind,):
                return self._made(kind, asked.body["data"])
            case (("GET" | "PUT"), (kind, known)) if known in self.objects[kind]:
                kept = self.objects[kind][known]
                kept.update((asked.body or {}).get("data", {}))
                return 200, {"data": kept}
        return MISSING

    def _signed_in(self, given: dict[str, list[str]]) -> Reply:
        told = {name: values[0] for name, values in given.items()}
        wanted = {**CREDENTIALS, "refresh_token": self.refresh_token, "grant_type": "refresh_token"}
        if told != wanted:
            return 401, {"error": "invalid_grant"}
        number = self.next_id()
        self.refresh_token = f"rd-refresh-{number}"
        self.access.add(f"rd-access-{number}")
        tokens = {"access_token": f"rd-access-{number}", "refresh_token": self.refresh_token}
        return 200, {**tokens, "expires_in": HOURS_2, "token_type": "Bearer"}

    def _made(self, kind: str, said: dict[str, Any]) -> Reply:
        made = {**said, "id": f"{self.next_id():x}"}
        self.objects[kind][made["id"]] = made
        return 201, {"data": made}

    def _notes(self, deal_id: str) -> list[dict[str, Any]]:
        return [note for note in self.objects["notes"].values() if note["deal_id"] == deal_id]

    def _found(self, kind: str, written: str | None) -> list[dict[str, Any]]:
        kept = list(self.objects[kind].values())
        if written is None:
            return kept
        name, _, wanted = written.partition(":")
        values = re.findall(r'"([^"]*)"', wanted)
        if name == "name" and wanted.startswith("~"):
            return [each for each in kept if values[0].casefold() in each["name"].casefold()]
        return [
            each for each in kept if {it[name] for it in each.get(f"{name}s") or []} & set(values)
        ]

    @staticmethod
    def _page(asked: Asked, found: list[dict[str, Any]]) -> Reply:
        size, number = int(asked.query.get("page[size]", 25)), int(asked.query["page[number]"])
        return 200, {"data": found[(number - 1) * size : number * size], "links": {"next": None}}
