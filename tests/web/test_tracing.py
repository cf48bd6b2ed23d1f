"""Traces by OTLP: an event's own, from its webhook to the worker, and nothing while nobody asks."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import structlog
from factories import make_channel
from flask.testing import FlaskClient
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from providers import Door, said

from talkhub import tracing
from talkhub.names import Platform
from talkhub.store.uow import Database

ROOT = Path(__file__).parents[2]
CALLERS_TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = f"00-{CALLERS_TRACE}-b7ad6b7169203331-01"
UNTRACED = """
import sys
from talkhub import tracing
tracing.begin(None, "api")
tracing.note_received([(1, "tests", "m1")])
with tracing.job("drain_inbox"), tracing.applying([]):
    assert tracing.traced(len) is len
assert not [name for name in sys.modules if "telemetry" in name]
"""


class Collector(ThreadingHTTPServer):
    """Takes what OTLP's exporter sends over HTTP."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.taken: list[ExportTraceServiceRequest] = []
        self.paths: set[str] = set()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def spans(self) -> list[Span]:
        """Return the spans that came."""
        return [
            span
            for request in self.taken
            for of_service in request.resource_spans
            for scope in of_service.scope_spans
            for span in scope.spans
        ]


class _Handler(BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.paths.add(self.path)
        self.server.taken.append(ExportTraceServiceRequest.FromString(body))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        tracing.end()
        server.shutdown()
        thread.join()


def test_an_event_has_one_trace_from_its_webhook_to_the_worker(
    make_client: Callable[..., FlaskClient],
    database: Database,
    workspace: int,
    drain: Callable[[], None],
    collector: Collector,
) -> None:
    client = make_client(otlp_endpoint=collector.address)
    account = Door(client, Platform.TELEGRAM, make_channel(database, workspace, Platform.TELEGRAM))
    update = said(Platform.TELEGRAM, "Oi, tudo bem?")

    assert account.post(update).json == {"accepted": 1, "duplicates": 0}
    assert account.post(update).json == {"accepted": 0, "duplicates": 1}
    drain()
    tracing.end()

    spans = collector.spans()
    requests = {span.trace_id for span in spans if span.name == "POST /webhooks/telegram/<token>"}
    jobs = {span.trace_id for span in spans if span.name == "drain_inbox"}
    (received,) = [span for span in spans if span.name == "receive event"]
    received_again, applied = [span for span in spans if span.trace_id == received.trace_id]
    assert (received_again, applied.name) == (received, "apply event")
    assert (received.parent_span_id, applied.parent_span_id) == (b"", received.span_id)
    assert {received.links[0].trace_id} < requests
    assert {applied.links[0].trace_id} <= jobs
    assert collector.paths == {"/v1/traces"}


def test_a_request_goes_on_with_its_callers_trace_and_is_named_by_its_route(
    make_client: Callable[..., FlaskClient], collector: Collector
) -> None:
    client = make_client(otlp_endpoint=collector.address)

    client.get("/api/v1/mcp/get_user_context/ana", headers={"traceparent": PARENT})
    client.get("/ana/5511999990001", headers={"traceparent": PARENT})
    tracing.end()

    assert {(span.name, span.trace_id.hex()) for span in collector.spans()} == {
        ("GET /api/v1/mcp/get_user_context/<user_id>", CALLERS_TRACE),
        ("GET unknown path", CALLERS_TRACE),
    }
    assert b"ana" not in b"".join(one.SerializeToString() for one in collector.taken)


def test_what_is_logged_in_a_job_names_its_trace(collector: Collector) -> None:
    tracing.begin(collector.address, "worker")

    with tracing.job("drain_inbox"):
        logged = structlog.contextvars.get_contextvars()["trace_id"]
    tracing.end()

    assert [span.trace_id.hex() for span in collector.spans()] == [logged]


def test_while_no_collector_is_named_nothing_of_it_is_read() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", UNTRACED], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert (ended.returncode, ended.stderr) == (0, "")
