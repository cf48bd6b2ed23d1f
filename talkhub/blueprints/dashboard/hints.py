"""Hints that something changed, as server-sent events: pages fetch their own parts again."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from contextlib import suppress

from flask import Blueprint, Response, request

from talkhub.blueprints.dashboard.forms import HintsForm
from talkhub.blueprints.dashboard.visitors import visitor
from talkhub.blueprints.runtime import Runtime
from talkhub.blueprints.streams import Holder, closing
from talkhub.errors import Unavailable
from talkhub.mcp.streams import CONTENT_TYPE, HEADERS
from talkhub.mcp.subscriptions import Rhythm
from talkhub.volatile.hints import Listener, listening, position

PAUSE_SECONDS = 1.0
"""Between two hints: all that changes meanwhile is one."""

RHYTHM = Rhythm(sign_of_life=3.0)
"""Somebody who goes from page to page leaves a stream behind at each: it is given up at the next
thing that is written, and its seat with it. Where they wait for a seat, that is at once."""

PATIENCE_SECONDS = 1.5
"""Longer than a stream pauses, so that those which nobody reads any more have gone by then."""

_COME_BACK = b"retry: 2000\n\n"
_SIGN_OF_LIFE = b": alive\n\n"


def register(blueprint: Blueprint, runtime: Runtime) -> None:
    """Add the stream of hints to the dashboard."""

    @blueprint.get("/hints")
    def hints() -> Response:
        """Tell of changes; 503 when there is no seat or no Redis: then pages ask by themselves."""
        form = HintsForm.model_validate(request.args.to_dict())
        who, address = visitor(), request.remote_addr or ""
        workspace_id = who.workspace_id
        holder = Holder(workspace_id, who.username)

        def may_go_on() -> bool:
            now = runtime.browser_sessions.find(who.token_id, address=address, is_active=False)
            is_welcome = now is not None and now.workspace_id == workspace_id
            return is_welcome and not closing.is_set()

        # The address is the page's for as long as it lies open; a browser knows what it heard last.
        since = request.headers.get("Last-Event-ID") or form.since
        sessions = [form.session] if form.session else []
        redis_url = runtime.settings.redis_url or ""
        with listening(redis_url, workspace_id):
            pass  # tried now, while a refusal can still be an answer of its own

        def stream() -> Generator[bytes, None, None]:
            # Without Redis it ends; the browser comes back, and hears then that there are no hints.
            with suppress(Unavailable), listening(redis_url, workspace_id, sessions) as listener:
                yield _COME_BACK
                yield from tell_of_changes(
                    _ear(listener, sessions),
                    may_go_on,
                    lambda: position(runtime.redis, workspace_id),
                    since=since,
                    is_awaited=lambda: runtime.seats.is_awaited(holder),
                )

        return runtime.seats.send(
            stream(),
            holder,
            mimetype=CONTENT_TYPE,
            headers=HEADERS,
            patience=PATIENCE_SECONDS,
        )


def tell_of_changes(
    has_changed: Callable[[float], bool],
    may_go_on: Callable[[], bool],
    position_now: Callable[[], str],
    *,
    since: str | None = None,
    is_awaited: Callable[[], bool] = lambda: False,
    rhythm: Rhythm = RHYTHM,
    pause: float = PAUSE_SECONDS,
) -> Generator[bytes, None, None]:
    """Tell of changes at once, but at most one in `pause` seconds; and that we are still there.

    `has_changed` waits for so many seconds at most, and hears what changes from now on. First it is
    told that something changed since the position `since`: in the whole workspace, so that a page
    of one session may look for nothing. An event's id is the position when it was sent. While the
    seat `is_awaited` each wait ends with a sign of life.
    """
    has_missed = since is not None and position_now() != since
    began = sign_at = time.monotonic()
    while may_go_on() and time.monotonic() - began < rhythm.lifetime:
        if has_missed or has_changed(rhythm.pause):
            has_missed = False
            yield _hint(position_now())
            sign_at = time.monotonic()
            closing.wait(pause)
        elif is_awaited() or time.monotonic() - sign_at >= rhythm.sign_of_life:
            yield _SIGN_OF_LIFE
            sign_at = time.monotonic()


def _ear(listener: Listener, sessions: list[str]) -> Callable[[float], bool]:
    """Hear of some sessions, or of whatever changes in the workspace."""
    if sessions:
        return lambda seconds: bool(listener.wait(seconds))
    return listener.wait_for_any


def _hint(at: str) -> bytes:
    return f"id: {at}\nevent: changed\ndata: {at}\n\n".encode()
