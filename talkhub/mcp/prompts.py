"""Prompts: conversations that a person may begin with."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from talkhub.mcp.call import Call, Handler, Result
from talkhub.mcp.completions import Completer
from talkhub.mcp.listing import Entry, list_page
from talkhub.mcp.protocol import INVALID_PARAMS, JSONObject, McpError

Render: TypeAlias = Callable[..., list[JSONObject]]
"""Takes the call and, by name, the arguments; returns the messages."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt as `prompts/list` describes it, and what writes its messages."""

    descriptor: JSONObject
    render: Render
    scope: str | None = None
    completers: Mapping[str, Completer] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The name by which it is asked for."""
        return str(self.descriptor["name"])


class Prompts:
    """The feature behind `prompts/list` and `prompts/get`."""

    def __init__(self, prompts: Iterable[Prompt]) -> None:
        self._prompts = {prompt.name: prompt for prompt in prompts}
        self._entries = [Entry(each.descriptor, each.scope) for each in self._prompts.values()]
        self.methods: Mapping[str, Handler] = {
            "prompts/list": lambda call: list_page(call, "prompts", self._entries),
            "prompts/get": self._get,
        }

    def capabilities(self, *, is_modern: bool) -> JSONObject:  # noqa: ARG002 -- the same in all
        """Announce the prompts."""
        return {"prompts": {}}

    def _get(self, call: Call) -> Result:
        name = call.params["name"]
        prompt = self._prompts.get(name)
        if prompt is None:
            raise McpError(INVALID_PARAMS, "There is no such prompt.", {"name": name})
        if prompt.scope is not None:
            call.caller.require(prompt.scope)
        messages = prompt.render(call, **_arguments(prompt, call))
        description = prompt.descriptor.get("description")
        return {**({"description": description} if description else {}), "messages": messages}


def _arguments(prompt: Prompt, call: Call) -> dict[str, str]:
    """Return the arguments that the prompt declares; raise McpError for missing or strange ones."""
    given: dict[str, str] = call.params.get("arguments") or {}
    declared = {each["name"]: each for each in prompt.descriptor.get("arguments", [])}
    missing = [
        name for name, each in declared.items() if each.get("required") and not given.get(name)
    ]
    if missing:
        raise McpError(INVALID_PARAMS, f"These arguments are missing: {', '.join(missing)}.")
    if any(name not in declared for name in given):
        raise McpError(INVALID_PARAMS, f"The arguments are: {', '.join(declared) or 'none'}.")
    return given
