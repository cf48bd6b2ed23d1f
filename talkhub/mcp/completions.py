"""Completions: what could stand in an argument of a prompt or a place of a template."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol, TypeAlias

from talkhub.mcp.call import Call, Handler, Result
from talkhub.mcp.protocol import INVALID_PARAMS, JSONObject, McpError

MAX_VALUES = 100

Completer: TypeAlias = Callable[[Call, str, Mapping[str, str]], Sequence[str]]
"""Takes the call, what was typed so far and the arguments chosen before; returns values.

One value more than `MAX_VALUES` says that there are others.
"""


class Completed(Protocol):
    """A prompt or a template of addresses: what it is called, for whom, and its completers."""

    @property
    def descriptor(self) -> JSONObject:
        """What lists tell of it."""

    @property
    def scope(self) -> str | None:
        """What its caller must hold; None is nothing."""

    @property
    def completers(self) -> Mapping[str, Completer]:
        """What completes each of its arguments or places, by name."""


class Completions:
    """The feature behind `completion/complete`."""

    def __init__(
        self, prompts: Iterable[Completed] = (), templates: Iterable[Completed] = ()
    ) -> None:
        self._completed = {("ref/prompt", prompt.descriptor["name"]): prompt for prompt in prompts}
        for template in templates:
            self._completed["ref/resource", template.descriptor["uriTemplate"]] = template
        self.methods: Mapping[str, Handler] = {"completion/complete": self._complete}

    def capabilities(self, *, is_modern: bool) -> JSONObject:  # noqa: ARG002 -- the same in all
        """Announce the completions."""
        return {"completions": {}}

    def _complete(self, call: Call) -> Result:
        reference, argument = call.params["ref"], call.params["argument"]
        name = reference.get("name", reference.get("uri", ""))
        completed = self._completed.get((reference["type"], name))
        if completed is None:
            raise McpError(INVALID_PARAMS, "There is no such prompt or template.")
        if completed.scope is not None:
            call.caller.require(completed.scope)
        completer = completed.completers.get(argument["name"])
        if completer is None:
            return {"completion": {"values": [], "total": 0, "hasMore": False}}
        chosen = (call.params.get("context") or {}).get("arguments") or {}
        values = list(completer(call, argument["value"], chosen))
        has_more = len(values) > MAX_VALUES
        completion: JSONObject = {"values": values[:MAX_VALUES], "hasMore": has_more}
        if not has_more:
            completion["total"] = len(values)
        return {"completion": completion}
