"""What a method's handler gets and gives."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

from talkhub.mcp.envelope import Headers
from talkhub.mcp.protocol import MODERN_VERSIONS, JSONObject, RequestId

Result: TypeAlias = JSONObject
Message: TypeAlias = JSONObject
"""A notification on its way to the client."""

Stream: TypeAlias = Generator[Message | None, Any, Result]
"""Messages before a result; None is a sign of life, written as a comment."""

Outcome: TypeAlias = Result | Stream
Handler: TypeAlias = Callable[["Call"], Outcome]


class Caller(Protocol):
    """Who calls, as far as the engine must know. The product's own class says more."""

    @property
    def key(self) -> str:
        """What tells this caller from every other one."""

    def may(self, scope: str) -> bool:
        """Tell whether the caller holds a scope: what it may not use is not listed."""

    def require(self, scope: str) -> None:
        """Raise what the transport answers to a caller without this scope."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request: its parameters, its revision, its caller and what the client answered.

    `state` is what an earlier `InputRequired` of this call kept, `answers` are the
    client's answers to it, by key.
    """

    id: RequestId
    method: str
    params: JSONObject
    version: str
    caller: Caller
    meta: JSONObject = field(default_factory=dict)
    capabilities: JSONObject = field(default_factory=dict)
    state: JSONObject | None = None
    answers: JSONObject = field(default_factory=dict)
    headers: Headers | None = None

    @property
    def is_modern(self) -> bool:
        """Whether the revision is 2026-07-28 or later."""
        return self.version in MODERN_VERSIONS

    @property
    def wants_progress(self) -> bool:
        """Whether the client asked to be told how far this call is."""
        return "progressToken" in self.meta

    def can_answer(self, capability: str) -> bool:
        """Tell whether `InputRequired` may ask for it: `elicitation`, `sampling` or `roots`."""
        return self.is_modern and capability in self.capabilities

    def progress(
        self, progress: float, total: float | None = None, message: str | None = None
    ) -> Message | None:
        """Return a notification to yield; None if the client asked for none."""
        if not self.wants_progress:
            return None
        told: JSONObject = {"progressToken": self.meta["progressToken"], "progress": progress}
        if total is not None:
            told["total"] = total
        if message is not None:
            told["message"] = message
        return {"jsonrpc": "2.0", "method": "notifications/progress", "params": told}


class InputRequired(Exception):
    """Raised by a handler that cannot go on before the client answers `requests`.

    `state` is sealed, travels through the client and comes back as `Call.state`.
    """

    def __init__(self, requests: Mapping[str, JSONObject], state: JSONObject | None = None) -> None:
        super().__init__("input required")
        self.requests = dict(requests)
        self.state = state
