"""The executor's metrics: the catalogue."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

LATENCY_BUCKETS_S: Final = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)


class Telemetry:
    """One registry a process. Names carry their units, as Prometheus has it."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.commands = Counter(
            "trimtab_executor_commands",
            "Commands by what came of them: result applied, refused, failed or repeated; reason as in the outcome.",
            ["result", "reason"],
            registry=self.registry,
        )
        self.latency = Histogram(
            "trimtab_executor_latency_seconds",
            "From the production of the metrics that caused a command to its arrival here, wall time.",
            buckets=LATENCY_BUCKETS_S,
            registry=self.registry,
        )
        self.apply_duration = Histogram(
            "trimtab_executor_apply_duration_seconds",
            "Duration of one write to the target.",
            buckets=LATENCY_BUCKETS_S,
            registry=self.registry,
        )
        self.malformed = Counter(
            "trimtab_executor_malformed_messages",
            "Messages on the topic of commands that went to the dead letters, by reason.",
            ["reason"],
            registry=self.registry,
        )
        self.report_failures = Counter(
            "trimtab_executor_report_failures",
            "Attempts to publish outcomes that the broker did not acknowledge; each is repeated.",
            registry=self.registry,
        )
        self.waiting = self._gauge("trimtab_executor_waiting_messages", "Messages read and not yet handled.")
        self.ledger = self._gauge("trimtab_executor_ledger_commands", "Commands that the ledger remembers.")
        self.frozen = self._gauge("trimtab_executor_frozen_scopes", "Scopes that are frozen now.")

    def watch(self, waiting: Callable[[], int], ledger: Callable[[], int], frozen: Callable[[], int]) -> None:
        """Where the gauges take their values from, when they are asked for."""
        for gauge, value in ((self.waiting, waiting), (self.ledger, ledger), (self.frozen, frozen)):
            gauge.set_function(value)

    def _gauge(self, name: str, text: str) -> Gauge:
        return Gauge(name, text, registry=self.registry)
