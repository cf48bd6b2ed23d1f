"""Pipedrive, as far as a connector meets it: persons, notes and deals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from benchmarks.crms.server import Asked, Reply, numbered

TOKEN = "pipedrive-token-0123456789"
MISSING: Reply = (404, {"success": False, "error": "Not found"})


@dataclass
class Pipedrive:
    """What the company keeps, by kind and id."""

    objects: dict[str, dict[int, dict[str, Any]]] = field(
        default_factory=lambda: {"persons": {}, "notes": {}, "deals": {}}
    )
    next_id: Callable[[], int] = field(default_factory=lambda: numbered(77))

    def answer(self, asked: Asked) -> Reply:  # noqa: PLR0911 -- a route each
        """Answer as Pipedrive does."""
        if asked.headers.get("x-api-token") != TOKEN:
            return 401, {"success": False, "error": "unauthorized access"}
        _api, _version, kind, *rest = asked.steps
        match asked.method, rest:
            case "GET", ["me"]:
                return 200, {"success": True, "data": {"id": 1}}
            case "GET", ["search"]:
                return self._search(asked.query["fields"], asked.query["term"])
            case "GET", []:
                person = int(asked.query["person_id"])
                kept = [it for it in self.objects[kind].values() if it["person_id"] == person]
                return 200, {"success": True, "data": kept[::-1] or None}
            case "POST", []:
                number = self.next_id()
                self.objects[kind][number] = {**asked.body, "id": number}
                return 201, {"success": True, "data": {"id": number}}
            case _, [number] if int(number) in self.objects[kind]:
                kept_one = self.objects[kind][int(number)]
                kept_one.update(asked.body or {})
                return 200, {"success": True, "data": kept_one}
        return MISSING

    def _search(self, name: str, term: str) -> Reply:
        found = [
            {"item": {"id": number}}
            for number, person in self.objects["persons"].items()
            if term in [each["value"] for each in person.get(f"{name}s", [])]
        ]
        return 200, {"success": True, "data": {"items": found[:1]}}
