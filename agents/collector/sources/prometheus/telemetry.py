"""Metrics of the source that asks a Prometheus."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge

from agents.collector.telemetry import PREFIX


class PrometheusTelemetry:
    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        self.up = Gauge(f"{PREFIX}_prometheus_up", "1 while the Prometheus answers.", registry=registry)
        self.failures = Counter(
            f"{PREFIX}_prometheus_failures", "Looks and stretches of the past without an answer.", registry=registry
        )
        self.missing = Gauge(
            f"{PREFIX}_prometheus_past_missing_seconds", "Past that is still to be read.", registry=registry
        )

    def failed(self) -> None:
        self.up.set(0)
        self.failures.inc()
