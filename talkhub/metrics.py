"""The service's Prometheus metrics, shared by all processes of a machine."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
    start_http_server,
)
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from talkhub.names import Metric as Name

_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

http_seconds = Histogram(
    Name.HTTP_SECONDS,
    "Seconds that API, MCP and webhook requests took",
    ["method", "endpoint", "status"],
    buckets=_BUCKETS,
)
mcp_seconds = Histogram(
    Name.MCP_SECONDS,
    "Seconds that requests of the Model Context Protocol took",
    ["method", "tool", "result"],
    buckets=_BUCKETS,
)
webhook_events = Counter(
    Name.WEBHOOK_EVENTS.removesuffix("_total"),
    "Webhook requests and events by what became of them",
    ["platform", "result"],
)
deliveries = Counter(
    Name.DELIVERIES.removesuffix("_total"),
    "Attempts to deliver outgoing webhooks by how they ended",
    ["result"],
)
outgoing = Counter(
    Name.OUTGOING.removesuffix("_total"),
    "Attempts to send messages through channel accounts by how they ended",
    ["platform", "result"],
)
reconciled = Counter(
    Name.RECONCILED.removesuffix("_total"),
    "Messages pulled from a provider: those that filled a gap, and those that were there",
    ["result"],
)
reconcile_calls = Counter(
    Name.RECONCILE_CALLS.removesuffix("_total"),
    "Calls that compare a chat with the provider's, by how they ended",
    ["result"],
)
analyses = Counter(Name.ANALYSES.removesuffix("_total"), "Conversations analysed", ["result"])
enrichments = Counter(
    Name.ENRICHMENTS.removesuffix("_total"),
    "Conversations that a language model was to read, by what came of it",
    ["result"],
)
jobs = Counter(Name.JOBS.removesuffix("_total"), "Background jobs run", ["job", "result"])
job_seconds = Histogram(Name.JOB_SECONDS, "Seconds that background jobs took", ["job"])
cache_lookups = Counter(
    Name.CACHE_LOOKUPS.removesuffix("_total"), "Look-ups in caches", ["cache", "result"]
)
unlogged_requests = Counter(
    Name.UNLOGGED_REQUESTS.removesuffix("_total"),
    "Requests that the log left out, as too many waited for the database",
)


class OutdatedCollector(Collector):
    """Asks the database, at scrape time, how many analyses an older analyser made."""

    def __init__(self, outdated: Callable[[], int | None]) -> None:
        self._outdated = outdated

    def collect(self) -> Iterator[Metric]:
        """Yield their number; nothing while the database is away."""
        left = self._outdated()
        if left is not None:
            about = "Analyses of older versions that are still to be renewed; counted up to 10,000"
            yield GaugeMetricFamily(Name.OUTDATED_ANALYSES, about, value=left)


class InboxCollector(Collector):
    """Asks the database, at scrape time, how many events wait and since when."""

    def __init__(self, inbox_state: Callable[[], tuple[int, float] | None]) -> None:
        self._inbox_state = inbox_state

    def collect(self) -> Iterator[Metric]:
        """Yield the inbox' depth and age; nothing while the database is away."""
        state = self._inbox_state()
        if state is None:
            return
        depth, age = state
        yield GaugeMetricFamily(Name.INBOX_DEPTH, "Events waiting in the inbox", value=depth)
        yield GaugeMetricFamily(Name.INBOX_AGE, "Seconds the oldest event waits", value=age)


def exposition(
    collectors: Iterable[Collector], *, pages: CollectorRegistry | None, shared_dir: Path | None
) -> bytes:
    """Return all metrics in Prometheus' text format; of every process if they share a folder.

    `pages` holds what prometheus-flask-exporter measures of this process, if it serves any.
    """
    registry = _what_is_measured(shared_dir)
    if shared_dir is None and pages is not None:
        registry.register(pages)
    for collector in collectors:
        registry.register(collector)
    return generate_latest(registry)


def serve_metrics(port: int, shared_dir: Path | None, *, host: str) -> threading.Thread:
    """Tell metrics at `/metrics` of a port of its own, from a thread that ends with the process."""
    _server, thread = start_http_server(port, addr=host, registry=_what_is_measured(shared_dir))
    return thread


def _what_is_measured(shared_dir: Path | None) -> CollectorRegistry:
    registry = CollectorRegistry()
    if shared_dir is not None:
        MultiProcessCollector(registry, path=str(shared_dir))  # type: ignore[no-untyped-call]
        return registry
    for metric in (
        http_seconds,
        mcp_seconds,
        webhook_events,
        deliveries,
        outgoing,
        reconciled,
        reconcile_calls,
        analyses,
        enrichments,
        jobs,
        job_seconds,
        cache_lookups,
        unlogged_requests,
    ):
        registry.register(metric)
    return registry


@cache
def http_timer(method: str, endpoint: str, status: int) -> Callable[[float], None]:
    """Return where to put the seconds of such requests. Cached: finding labels costs more."""
    return http_seconds.labels(method, endpoint, str(status)).observe


@cache
def mcp_timer(method: str, tool: str, result: str) -> Callable[[float], None]:
    """Return where to put the seconds of such requests of the protocol."""
    return mcp_seconds.labels(method, tool, result).observe
