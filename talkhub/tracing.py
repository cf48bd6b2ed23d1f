"""Traces of requests, events and jobs, for whoever names a collector; until then nothing is done.

What makes and sends them is read only then: OpenTelemetry takes memory and time to read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # these exist for type checkers only
    from _typeshed.wsgi import WSGIApplication

    from talkhub.traces import Traces


EventKey = tuple[int, str, str]
"""Workspace, source and external id: what an event is known by before it is stored and after."""

_traces: Traces | None = None


def begin(endpoint: str | None, part: str) -> None:
    """Send traces from this process if a collector is named; call it after the last fork."""
    global _traces  # noqa: PLW0603 -- one process, one stream of traces
    if endpoint is None:
        return
    from talkhub.traces import Traces

    _traces = Traces(endpoint, part)


def end() -> None:
    """Send what is left, and trace nothing from now on."""
    global _traces  # noqa: PLW0603
    if _traces is not None:
        _traces.close()
        _traces = None


def traced(application: WSGIApplication) -> WSGIApplication:
    """Return an application whose requests are traced; the same one while nothing is."""
    return application if _traces is None else _traces.around(application)


def note_received(events: Iterable[EventKey]) -> None:
    """Begin the traces of events that were just stored for the first time."""
    if _traces is not None:
        _traces.note_received(events)


def job(name: str) -> AbstractContextManager[None]:
    """Trace a job while the block runs."""
    return nullcontext() if _traces is None else _traces.job(name)


def applying(rows: Iterable[Mapping[str, Any]]) -> AbstractContextManager[None]:
    """Go on with the traces of claimed events while the block applies them."""
    return nullcontext() if _traces is None else _traces.applying(rows)
