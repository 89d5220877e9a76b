"""Metrics of the OTLP receiver."""

from __future__ import annotations

from collections import Counter as Counts

from prometheus_client import CollectorRegistry, Counter

from agents.collector.telemetry import PREFIX


class OtlpTelemetry:
    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        self.points = Counter(f"{PREFIX}_otlp_points", "Points of containers that could be read.", registry=registry)
        self.unused = Counter(
            f"{PREFIX}_otlp_points_unused",
            "Points that were not used, by reason: other_metric is what we have no use for, repeated came twice.",
            ["reason"],
            registry=registry,
        )
        self.refused = Counter(
            f"{PREFIX}_otlp_requests_refused", "Requests refused whole, by HTTP status.", ["status"], registry=registry
        )

    def took(self, points: int, unused: Counts[str]) -> None:
        self.points.inc(points)
        for reason, count in unused.items():
            self.unused.labels(reason).inc(count)
