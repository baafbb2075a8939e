"""What is known of a request when it is over: a count, a duration, one line in the log.

Metric names: `tallystick_http_requests_total{method,route,status}`, `tallystick_http_request_seconds{method,route}`.
Labels are templates, never ids, so their number is bounded.
"""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

from tallystick.base import MICROSECONDS_PER_SECOND, log
from tallystick.web.endpoint import Call

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
CONTENT_TYPE = b"text/plain; version=0.0.4; charset=utf-8"

_log = log.get("http")


class Observer:
    """Keeps the metrics of one process."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry
        self._requests = Counter(
            "tallystick_http_requests", "Requests answered.", ["method", "route", "status"], registry=registry
        )
        self._seconds = Histogram(
            "tallystick_http_request_seconds",
            "Seconds from a request's first byte to its answer.",
            ["method", "route"],
            buckets=BUCKETS,
            registry=registry,
        )
        self._children: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}

    def seen(self, call: Call, method: str, route: str, status: int, micros: int, *, replayed: bool) -> None:
        """Count the request and write its line."""
        children = self._children.get((method, route, status))
        if children is None:
            children = self._children[method, route, status] = (
                self._requests.labels(method, route, str(status)),
                self._seconds.labels(method, route),
            )
        children[0].inc()
        children[1].observe(micros / MICROSECONDS_PER_SECOND)
        _log.info(
            "request",
            request_id=call.request_id,
            method=method,
            route=route,
            status=status,
            micros=micros,
            merchant=call.principal.merchant_id,
            livemode=call.principal.livemode,
            key=call.principal.key_id,
            replayed=replayed,
        )

    def text(self) -> bytes:
        """All metrics in Prometheus' text format."""
        return generate_latest(self._registry)
