"""`subscriptions/listen`: a stream on which a client hears that resources changed."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Final, Protocol

from talkhub.mcp.call import Call, Handler, Message, Result, Stream
from talkhub.mcp.protocol import INVALID_PARAMS, META_SUBSCRIPTION_ID, JSONObject, McpError

LIFETIME_SECONDS: Final = 600.0
SIGN_OF_LIFE_SECONDS: Final = 15.0
"""A client that left is only noticed at the next thing that is written."""

PAUSE_SECONDS: Final = 1.0
"""How long nobody looks whether the stream must end."""

MOST_RESOURCES: Final = 100


class Ear(Protocol):
    """What hears of changes while a stream is open."""

    def wait(self, seconds: float) -> Collection[str]:
        """Return the addresses of what changed, as soon as something does; none in time."""


class Watch(Protocol):
    """Some resources whose changes can be heard of."""

    @property
    def uris(self) -> Collection[str]:
        """Their addresses: those of the addresses asked for that there are."""

    def listen(self) -> AbstractContextManager[Ear]:
        """Hear of changes as long as the block lasts."""


class Source(Protocol):
    """Where changes are heard of."""

    def watch(self, call: Call, uris: Sequence[str]) -> Watch:
        """Return what of some addresses a caller can hear; raise what refuses the stream."""

    def may_go_on(self, call: Call) -> bool:
        """Tell whether a stream may go on: its caller is still welcome, and we do not end."""


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How long a stream lasts, and how often it does what must be done."""

    lifetime: float = LIFETIME_SECONDS
    sign_of_life: float = SIGN_OF_LIFE_SECONDS
    pause: float = PAUSE_SECONDS


class Subscriptions:
    """The feature behind `subscriptions/listen`, for the changes of single resources.

    The lists do not change while a server runs, so their changes cannot be subscribed to.
    """

    def __init__(
        self,
        source: Source,
        *,
        rhythm: Rhythm | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._source = source
        self._rhythm = rhythm or Rhythm()
        self._clock = clock
        self.methods: Mapping[str, Handler] = {"subscriptions/listen": self._listen}

    def capabilities(self, *, is_modern: bool) -> JSONObject:
        """Announce subscriptions to resources, which 2026-07-28 alone has in this form."""
        return {"resources": {"subscribe": True}} if is_modern else {}

    def _listen(self, call: Call) -> Stream:
        wanted = call.params["notifications"].get("resourceSubscriptions") or []
        if len(wanted) > MOST_RESOURCES:
            raise McpError(INVALID_PARAMS, f"At most {MOST_RESOURCES} resources in one stream.")
        # Found before the stream begins: then a refusal is an answer of its own.
        watch = self._source.watch(call, list(dict.fromkeys(wanted))) if wanted else None
        return self._tell(call, watch)

    def _tell(self, call: Call, watch: Watch | None) -> Stream:
        if watch is None or not watch.uris:
            yield _acknowledged(call, ())
            return _end(call)
        began = sign_at = self._clock()
        with watch.listen() as ear:
            yield _acknowledged(call, watch.uris)
            while self._source.may_go_on(call) and self._clock() - began < self._rhythm.lifetime:
                for uri in ear.wait(self._rhythm.pause):
                    yield _notification(call, "notifications/resources/updated", {"uri": uri})
                if self._clock() - sign_at >= self._rhythm.sign_of_life:
                    sign_at = self._clock()
                    yield None
        return _end(call)


def _acknowledged(call: Call, uris: Collection[str]) -> Message:
    honoured = {"resourceSubscriptions": list(uris)} if uris else {}
    told = {"notifications": honoured}
    return _notification(call, "notifications/subscriptions/acknowledged", told)


def _notification(call: Call, method: str, params: JSONObject) -> Message:
    return {"jsonrpc": "2.0", "method": method, "params": {**params, **_end(call)}}


def _end(call: Call) -> Result:
    """Return the members that name the subscription: all that its last message says."""
    return {"_meta": {META_SUBSCRIPTION_ID: call.id}}
