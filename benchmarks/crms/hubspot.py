"""HubSpot, as far as a connector meets it: properties, contacts, notes, deals, what ties them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from benchmarks.crms.server import Asked, Reply, numbered

TOKEN = "pat-na1-0123456789"
MISSING: Reply = (404, {"status": "error", "category": "OBJECT_NOT_FOUND"})


@dataclass
class HubSpot:
    """What the portal keeps. `ties` are pairs of an object's kind and id with a contact's id.

    `merged` says into which contact one went.
    """

    properties: dict[str, set[str]] = field(
        default_factory=lambda: {"contacts": {"email"}, "deals": set(), "notes": set()}
    )
    objects: dict[str, dict[str, dict[str, str]]] = field(
        default_factory=lambda: {"contacts": {}, "deals": {}, "notes": {}}
    )
    ties: set[tuple[str, str, str]] = field(default_factory=set)
    merged: dict[str, str] = field(default_factory=dict)
    next_id: Callable[[], int] = field(default_factory=lambda: numbered(501))

    def answer(self, asked: Asked) -> Reply:
        """Answer as HubSpot does."""
        if asked.headers.get("authorization") != f"Bearer {TOKEN}":
            return 401, {"status": "error", "category": "INVALID_AUTHENTICATION"}
        match asked.method, asked.steps:
            case "GET", ("crm", "v3", "properties", kind, name):
                return (200, {"name": name}) if name in self.properties[kind] else MISSING
            case "POST", ("crm", "v3", "properties", kind):
                self.properties[kind].add(asked.body["name"])
                return 201, asked.body
            case _, ("crm", "v3", "objects", kind, *rest):
                return self._objects(asked, kind, rest)
            case _, ("crm", "v4", "objects", kind, object_id, "associations", *rest):
                return self._tied(asked, kind, object_id, rest)
        return MISSING

    def _objects(self, asked: Asked, kind: str, rest: list[str]) -> Reply:  # noqa: PLR0911 -- a route each
        match asked.method, rest:
            case "POST", []:
                return 201, self._made(kind, asked.body)
            case "POST", ["batch", "upsert"]:
                return self._upsert(kind, asked.body["inputs"])
            case "POST", ["batch", "read"]:
                ids = [each["id"] for each in asked.body["inputs"]]
                return 200, {"results": [self._shown(kind, each) for each in ids]}
            case "POST", ["search"]:
                return self._search(kind, asked.body["filterGroups"][0]["filters"][0])
            case "GET", [name]:
                found = self._by(kind, asked.query.get("idProperty", "id"), name)
                return (200, self._shown(kind, found)) if found else MISSING
            case "PATCH", [name]:
                if name not in self.objects[kind]:
                    return MISSING
                return self._change(kind, name, asked.body["properties"])
        return MISSING

    def _made(self, kind: str, body: dict[str, Any]) -> dict[str, Any]:
        object_id = str(self.next_id())
        self.objects[kind][object_id] = dict(body["properties"])
        for tie in body.get("associations", ()):
            self.ties.add((kind, object_id, tie["to"]["id"]))
        return self._shown(kind, object_id)

    def _upsert(self, kind: str, inputs: list[dict[str, Any]]) -> Reply:
        results = []
        for each in inputs:
            if each["idProperty"] not in self.properties[kind]:
                return 400, {"status": "error", "message": "PROPERTY_DOESNT_EXIST"}
            found = self._by(kind, each["idProperty"], each["id"])
            if found is None:
                found = self._made(kind, each)["id"]
            else:
                self.objects[kind][found].update(each["properties"])
            results.append(self._shown(kind, found))
        return 200, {"status": "COMPLETE", "results": results}

    def _change(self, kind: str, object_id: str, properties: dict[str, str]) -> Reply:
        for name in self.properties[kind] & set(properties):
            if self._by(kind, name, properties[name]) not in {None, object_id}:
                return 409, {"status": "error", "message": "Contact already exists."}
        self.objects[kind][object_id].update(properties)
        return 200, self._shown(kind, object_id)

    def _search(self, kind: str, wanted: dict[str, str]) -> Reply:
        found = self._by(kind, wanted["propertyName"], wanted["value"])
        results = [] if found is None else [self._shown(kind, found)]
        return 200, {"total": len(results), "results": results}

    def _tied(self, asked: Asked, kind: str, object_id: str, rest: list[str]) -> Reply:
        match asked.method, rest:
            case "PUT", ["default", "contacts", contact_id]:
                self.ties.add((kind, object_id, contact_id))
                return 200, {"status": "COMPLETE"}
            case "GET", [other]:
                tied = [it[1] for it in self.ties if it[0] == other and it[2] == object_id]
                return 200, {"results": [{"toObjectId": int(each)} for each in tied]}
        return MISSING

    def _by(self, kind: str, name: str, value: str) -> str | None:
        if name == "id":
            value = self.merged.get(value, value)
            return value if value in self.objects[kind] else None
        found = (it for it, said in self.objects[kind].items() if said.get(name) == value)
        return next(found, None)

    def _shown(self, kind: str, object_id: str) -> dict[str, Any]:
        return {"id": object_id, "properties": self.objects[kind][object_id], "archived": False}
