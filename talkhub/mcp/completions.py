"""Completions: what could stand in an argument of a prompt or a place of a template."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias

from talkhub.mcp.call import Call, Handler, Result
from talkhub.mcp.protocol import INVALID_PARAMS, JSONObject, McpError

if TYPE_CHECKING:  # both carry completers
    from talkhub.mcp.prompts import Prompt
    from talkhub.mcp.resources import ResourceTemplate

MAX_VALUES = 100

Completer: TypeAlias = Callable[[Call, str, Mapping[str, str]], Sequence[str]]
"""Takes the call, what was typed so far and the arguments chosen before; returns values.

One value more than `MAX_VALUES` says that there are others.
"""


class Completions:
    """The feature behind `completion/complete`."""

    def __init__(
        self, prompts: Iterable[Prompt] = (), templates: Iterable[ResourceTemplate] = ()
    ) -> None:
        self._completed: dict[tuple[str, str], Prompt | ResourceTemplate] = {
            ("ref/prompt", prompt.name): prompt for prompt in prompts
        }
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
