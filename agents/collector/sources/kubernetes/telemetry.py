"""What the collector of a Kubernetes cluster counts, beside what every collector counts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from agents.collector.telemetry import PREFIX
from agents.kubernetes.errors import ApiError
from agents.kubernetes.reflector import Reflector

SCRAPE_BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
AGE_BUCKETS: Final = (1, 2.5, 5, 7.5, 10, 12.5, 15, 17.5, 20, 25, 30, 45, 60)


class KubernetesTelemetry:
    """`registry` is taken into that of the collector."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        self.view_age = Gauge(
            f"{PREFIX}_view_age_seconds",
            "For how long the last known objects of a kind may be out of date; 0 while they are watched.",
            ["kind"], registry=registry,
        )  # fmt: skip
        self.objects = Gauge(f"{PREFIX}_objects", "Objects known of a kind.", ["kind"], registry=registry)
        self.lists = Gauge(f"{PREFIX}_lists", "Lists of a kind that were asked for.", ["kind"], registry=registry)
        self.breaks = Gauge(f"{PREFIX}_watch_breaks", "Watches of a kind that broke off.", ["kind"], registry=registry)
        self.unreadable = Gauge(
            f"{PREFIX}_objects_unreadable", "Objects that are not as their kind says.", ["kind"], registry=registry
        )
        self.annotations_wrong = Gauge(
            f"{PREFIX}_annotations_wrong", "Problems in policy annotations, each counted once.", registry=registry
        )
        self.scrape_seconds = Histogram(
            f"{PREFIX}_kubelet_scrape_seconds", "Time to ask one kubelet and read its answer.",
            buckets=SCRAPE_BUCKETS, registry=registry,
        )  # fmt: skip
        self.scrape_failures = Counter(
            f"{PREFIX}_kubelet_scrape_failures", "Kubelets that did not answer.", ["page", "reason"], registry=registry
        )
        self.sample_age = Histogram(
            f"{PREFIX}_sample_age_seconds", "Age of samples when they are taken into the spool.",
            buckets=AGE_BUCKETS, registry=registry,
        )  # fmt: skip
        self.without_sample = Gauge(
            f"{PREFIX}_replicas_without_sample", "Running replicas, at their slot's last turn, without a fresh sample.",
            registry=registry,
        )  # fmt: skip
        self.leading = Gauge(f"{PREFIX}_leading", "1 while this replica writes.", registry=registry)
        self.urgent = Counter(
            f"{PREFIX}_urgent_scrapes", "Slots that were sent before their turn: an OOM kill or an eviction.",
            registry=registry,
        )  # fmt: skip

    def failed(self, error: ApiError, page: str) -> None:
        reason = "unreachable" if error.status == 0 else str(error.status)
        self.scrape_failures.labels(page, reason).inc()

    def watch(self, reflectors: Sequence[Reflector[Any, Any]], annotations_wrong: Callable[[], float]) -> None:
        """Asked when they are read."""
        for reflector in reflectors:
            kind = reflector.kind.name
            self.view_age.labels(kind).set_function(reflector.age_s)
            self.objects.labels(kind).set_function(partial(_objects, reflector))
            for gauge, name in ((self.lists, "lists"), (self.breaks, "breaks"), (self.unreadable, "unreadable")):
                gauge.labels(kind).set_function(partial(_count, reflector, name))
        self.annotations_wrong.set_function(annotations_wrong)


def _objects(reflector: Reflector[Any, Any]) -> float:
    return float(len(reflector.view))


def _count(reflector: Reflector[Any, Any], name: str) -> float:
    return float(getattr(reflector, name))
