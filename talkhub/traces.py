"""OpenTelemetry's traces, sent by OTLP over HTTP. Only `tracing` reads this, and only if wanted.

An event's trace is named after the event: its ids are a digest of what the event is known by. So
the process that takes it in and the worker that applies it, which share nothing but the row, write
into one trace, also after a crash, and no column has to carry it.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from http import HTTPStatus
from multiprocessing.util import Finalize
from typing import TYPE_CHECKING, Any

import structlog
from opentelemetry import trace
from opentelemetry.context import Context, attach, detach
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.trace.sampling import Decision
from opentelemetry.trace import Link, NonRecordingSpan, SpanContext, SpanKind, TraceFlags
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from talkhub import __version__

if TYPE_CHECKING:  # these exist for type checkers only
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_STOP_MILLISECONDS = 2_000
"""What a process that ends may spend on its last traces: it has requests to finish, too."""
_UNROUTED = "unknown path"

_EventKey = tuple[int, str, str]

_given: ContextVar[tuple[int, int] | None] = ContextVar("given_ids", default=None)


class _Ids(RandomIdGenerator):
    """Random ids, but for the span that begins an event's trace."""

    def generate_trace_id(self) -> int:
        given = _given.get()
        return super().generate_trace_id() if given is None else given[0]

    def generate_span_id(self) -> int:
        given = _given.get()
        return super().generate_span_id() if given is None else given[1]


class Traces:
    """A process' traces on their way to a collector."""

    def __init__(self, endpoint: str, part: str) -> None:
        named = Resource({"service.name": f"talkhub-{part}", "service.version": __version__})
        # OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES win over our own names.
        resource = Resource.create().merge(named).merge(OTELResourceDetector().detect())
        self._provider = TracerProvider(
            resource=resource, id_generator=_Ids(), shutdown_on_exit=False
        )
        exporter = OTLPSpanExporter(f"{endpoint.rstrip('/')}/v1/traces")
        self._batches = BatchSpanProcessor(exporter)
        self._provider.add_span_processor(self._batches)
        self._tracer = self._provider.get_tracer("talkhub", __version__)
        self._pid = os.getpid()
        # Web processes and workers are forked, and such end without atexit.
        self._at_end = Finalize(None, self._shut_down, exitpriority=10)

    def close(self) -> None:
        """Send what is left, for a moment at most."""
        self._at_end()

    def _shut_down(self) -> None:
        self._batches._batch_processor.shutdown(_STOP_MILLISECONDS)  # noqa: SLF001 -- 30 s else

    def around(self, application: WSGIApplication) -> WSGIApplication:
        """Trace each request, below a caller's own trace if it names one."""
        propagator = TraceContextTextMapPropagator()

        def traced(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            carrier = {"traceparent": environ.get("HTTP_TRACEPARENT", "")}
            method = environ["REQUEST_METHOD"]
            span = self._tracer.start_span(
                method, context=propagator.extract(carrier), kind=SpanKind.SERVER
            )

            def start(status: str, *rest: Any) -> Callable[[bytes], object]:
                _describe(span, method, int(status[:3]), environ)
                return start_response(status, *rest)

            token = attach(trace.set_span_in_context(span))
            structlog.contextvars.bind_contextvars(trace_id=_trace_id(span))
            try:
                return application(environ, start)
            finally:
                detach(token)
                span.end()

        return traced

    def note_received(self, events: Iterable[_EventKey]) -> None:
        """Begin the traces of events, each linked with the request that brought it."""
        links = [Link(trace.get_current_span().get_span_context())]
        for event in events:
            token = _given.set(_ids_of(event))
            try:
                span = self._tracer.start_span(
                    "receive event",
                    context=Context(),
                    kind=SpanKind.PRODUCER,
                    links=links,
                    attributes={"talkhub.workspace.id": event[0]},
                )
                span.end()
            finally:
                _given.reset(token)

    @contextmanager
    def job(self, name: str) -> Iterator[None]:
        """Trace a job, and name its trace in what is logged meanwhile."""
        with (
            self._tracer.start_as_current_span(name) as span,
            structlog.contextvars.bound_contextvars(trace_id=_trace_id(span)),
        ):
            yield
        if os.getpid() != self._pid:  # RQ's child for this job, which ends without a word
            self._provider.force_flush()

    @contextmanager
    def applying(self, rows: Iterable[Mapping[str, Any]]) -> Iterator[None]:
        """Write a span into each event's trace, as long as the whole batch takes."""
        began = time.time_ns()
        try:
            yield
        finally:
            links = [Link(trace.get_current_span().get_span_context())]
            for row in rows:
                span = self._tracer.start_span(
                    "apply event",
                    context=trace.set_span_in_context(NonRecordingSpan(self._beginning(row))),
                    kind=SpanKind.CONSUMER,
                    links=links,
                    start_time=began,
                    attributes={
                        "talkhub.workspace.id": row["workspace_id"],
                        "talkhub.event.id": row["id"],
                        "talkhub.event.kind": row["kind"],
                        "talkhub.event.attempt": row["attempts"],
                        "talkhub.event.waited_seconds": _seconds(row["received_at"], began),
                        "talkhub.platform": row["platform"],
                    },
                )
                span.end()

    def _beginning(self, row: Mapping[str, Any]) -> SpanContext:
        """Return the span with which an event's trace began, sampled as it was there."""
        trace_id, span_id = _ids_of((row["workspace_id"], row["source"], row["external_id"]))
        wanted = self._provider.sampler.should_sample(Context(), trace_id, "receive event")
        is_sampled = wanted.decision is Decision.RECORD_AND_SAMPLE
        flags = TraceFlags(TraceFlags.SAMPLED if is_sampled else 0)
        return SpanContext(trace_id, span_id, is_remote=True, trace_flags=flags)


def _ids_of(event: _EventKey) -> tuple[int, int]:
    digest = hashlib.sha256("\0".join(map(str, event)).encode()).digest()
    return int.from_bytes(digest[:16]), int.from_bytes(digest[16:24])


def _trace_id(span: trace.Span) -> str:
    return trace.format_trace_id(span.get_span_context().trace_id)


def _describe(span: trace.Span, method: str, status: int, environ: WSGIEnvironment) -> None:
    """Name a request by its route, which Flask still knows: an address may hold a person's id."""
    rule = getattr(environ.get("werkzeug.request"), "url_rule", None)
    route = _UNROUTED if rule is None else rule.rule
    span.update_name(f"{method} {route}")
    span.set_attributes(
        {
            "http.request.method": method,
            "http.route": route,
            "http.response.status_code": status,
        }
    )
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        span.set_status(trace.StatusCode.ERROR)


def _seconds(since: datetime, until_ns: int) -> float:
    return (datetime.fromtimestamp(until_ns / 1e9, UTC) - since).total_seconds()
