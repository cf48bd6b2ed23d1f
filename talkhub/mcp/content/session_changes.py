"""Changes of sessions and their transcripts, heard of while they are written."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from talkhub.mcp.call import Call
from talkhub.mcp.content import addresses
from talkhub.mcp.content.caller import caller_of
from talkhub.mcp.content.parts import Parts
from talkhub.mcp.resources import places_in
from talkhub.mcp.subscriptions import Ear, Subscriptions
from talkhub.names import Scope
from talkhub.security import Principal
from talkhub.store.queries.sessions import existing_sessions, sessions_of_conversations
from talkhub.volatile.hints import Listener, listening


@dataclass(frozen=True, slots=True)
class Live:
    """How a process that serves streams hears of changes, and until when."""

    redis_url: str
    is_welcome: Callable[[Principal], bool]
    """Whether a principal may still call: it did when the stream began."""

    is_closing: Callable[[], bool]


def extend(parts: Parts, live: Live | None) -> None:
    """Offer subscriptions to sessions and to the transcripts of their conversations."""
    if live is not None:
        parts.features.append(Subscriptions(_Sessions(live)))


class _Sessions:
    """The source of changes: hints name sessions, whose transcripts change with them."""

    def __init__(self, live: Live) -> None:
        self._live = live

    def watch(self, call: Call, uris: Sequence[str]) -> _Watch:
        """Return what the addresses name of the caller's workspace; raise Unavailable."""
        caller = caller_of(call)
        caller.require(Scope.MCP_READ)
        watch = _Watch(
            self._live.redis_url, caller.principal.workspace_id, _sessions_behind(call, uris)
        )
        if watch.uris:
            # Tried now, while a refusal can still be an answer of its own.
            with watch.listen():
                pass
        return watch

    def may_go_on(self, call: Call) -> bool:
        """Tell whether the token still lets its holder in, and the process does not end."""
        return not self._live.is_closing() and self._live.is_welcome(caller_of(call).principal)


@dataclass(frozen=True, slots=True)
class _Watch:
    """Addresses, and the session behind each."""

    redis_url: str
    workspace_id: int
    sessions: Mapping[str, str]

    @property
    def uris(self) -> Collection[str]:
        return list(self.sessions)

    @contextmanager
    def listen(self) -> Iterator[Ear]:
        """Hear of the sessions by the addresses that lead to them."""
        addresses_of: defaultdict[str, list[str]] = defaultdict(list)
        for uri, session_id in self.sessions.items():
            addresses_of[session_id].append(uri)
        with listening(self.redis_url, self.workspace_id, addresses_of) as listener:
            yield _Addresses(listener, addresses_of)


@dataclass(frozen=True, slots=True)
class _Addresses:
    """Translates sessions that changed into the addresses that were asked for."""

    listener: Listener
    addresses_of: Mapping[str, Sequence[str]]

    def wait(self, seconds: float) -> Collection[str]:
        changed = self.listener.wait(seconds)
        return [uri for session_id in changed for uri in self.addresses_of[session_id]]


def _sessions_behind(call: Call, uris: Sequence[str]) -> dict[str, str]:
    """Return the session of each address that names something of the caller's workspace."""
    sessions = {uri: place for uri in uris if (place := _place(addresses.SESSION, uri))}
    transcripts = {uri: place for uri in uris if (place := _place(addresses.TRANSCRIPT, uri))}
    with caller_of(call).read_only() as uow:
        known = existing_sessions(uow, set(sessions.values()))
        holding = sessions_of_conversations(uow, set(transcripts.values()))
    behind = {uri: place for uri, place in sessions.items() if place in known}
    behind |= {uri: holding[place] for uri, place in transcripts.items() if place in holding}
    return {uri: behind[uri] for uri in uris if uri in behind}


def _place(template: str, uri: str) -> str | None:
    """Return what stands in the only place of a template; None if the address is another."""
    places = places_in(template, uri)
    text = next(iter(places.values())) if places else None
    return text if text and "\0" not in text else None
