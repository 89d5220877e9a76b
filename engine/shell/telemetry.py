"""Every metric of the engine, in one catalogue. Units are in the names; amounts are of this worker alone."""

from __future__ import annotations

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from engine.core.effects import Effects

RESULTS: Final = ("received", "folded", "late", "duplicate", "stale", "dead")
VERDICTS: Final = {True: "right", False: "wrong", None: "not_judged"}
BY_NAMESPACE: Final = ("cluster", "namespace")
FAST_S: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
SLOW_S: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Telemetry:
    """The metrics, in a registry of their own; those by namespace in another, as a text that is made now and then.

    A fleet has thousands of namespaces: the text takes a tenth of a second and more, in which commands would wait.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.namespaces = CollectorRegistry()
        self.namespaces_text = b""
        self._declare_work()
        self._declare_quality()
        self._declare_feedback()
        self._declare_namespaces()
        self._declare_operations()

    def _counter(self, name: str, text: str, labels: tuple[str, ...] = ()) -> Counter:
        return Counter(f"trimtab_engine_{name}", text, labels, registry=self.registry)

    def _gauge(self, name: str, text: str, labels: tuple[str, ...] = ()) -> Gauge:
        registry = self.namespaces if labels == BY_NAMESPACE else self.registry
        return Gauge(f"trimtab_engine_{name}", text, labels, registry=registry)

    def _histogram(self, name: str, text: str, buckets: tuple[float, ...]) -> Histogram:
        return Histogram(f"trimtab_engine_{name}", text, buckets=buckets, registry=self.registry)

    def _declare_work(self) -> None:
        self.samples = self._gauge(
            "samples",
            "Samples that the slots held here have seen since they began, by result; late, duplicate and stale ones "
            "are folded too.",
            ("result",),
        )
        self.events = self._counter("events", "Events read from the topic, repeats included.")
        self.decisions = self._counter("decisions", "Decisions published.", ("action",))
        self.judgements = self._counter("judgements", "Judgements of decisions published.", ("action", "verdict"))
        self.aggregates = self._counter("aggregates", "Hours of workloads published.")
        self.commands = self._counter("commands", "Commands published.", ("action",))
        self.dead_letters = self._counter("dead_letters", "Messages, or parts of one, that had no use.", ("reason",))
        self.dead_samples = self._counter("dead_letter_samples", "Samples lost with dead letters.")
        self.containers = self._gauge("containers", "Containers in the slots held here.", ("cluster",))
        self.slots = self._gauge("slots", "Slots held here.", ("cluster",))
        self.partitions = self._gauge("partitions", "Partitions of the topic `events` held here.")
        self.unknown_types = self._gauge(
            "unrated_node_type_containers",
            "Containers on a node type that the catalogue states no compute units of: their CPU counts as m5.large's.",
            ("cluster", "node_type"),
        )
        self.watermark = self._gauge("watermark_seconds", "Event time of the cluster's last slot.", ("cluster",))
        self.watermark_lag = self._gauge(
            "watermark_lag_seconds",
            "How far the cluster's last slot is behind the wall clock; in a replay, behind its first slot.",
            ("cluster",),
        )

    def _declare_quality(self) -> None:
        self.wape = self._gauge(
            "wape_ratio", "Median over containers of sum |actual - forecast| / sum |actual|.", ("resource", "lead")
        )
        self.coverage = self._gauge(
            "coverage_ratio", "Share of actual buckets at or under the forecast's 95 % quantile.", ("resource", "lead")
        )
        self.monthly_saving = self._gauge(
            "monthly_saving_usd", "Saved in 730 hours by applied commands; raises count against.", ("cluster",)
        )
        self.recommended_saving = self._gauge(
            "recommended_saving_usd", "What decisions that were not commanded would save in 730 hours.", ("cluster",)
        )

    def _declare_feedback(self) -> None:
        self.decisions_judged = self._gauge(
            "decisions_judged", "Changes of size that were held against what came after them.", BY_NAMESPACE
        )
        self.decision_accuracy = self._gauge(
            "decision_accuracy", "Share of the changes judged that were right.", BY_NAMESPACE
        )
        self.saving_promised = self._gauge(
            "saving_promised_usd_month",
            "What the changes applied said they would save in 730 hours, net of raises.",
            BY_NAMESPACE,
        )
        self.saving_realised = self._gauge(
            "saving_realised_usd_month",
            "What present requests cost less in 730 hours than those from before auto-pilot.",
            BY_NAMESPACE,
        )
        self.saved = self._gauge(
            "saved_usd",
            "Saved so far by the containers still known, up to the last full hour; it falls where raises cost more.",
            BY_NAMESPACE,
        )

    def _declare_namespaces(self) -> None:
        text = "requested by all replicas of what runs in the slots held here; what is not set counts as 0."
        self.namespace_requested_cores = self._gauge("namespace_requested_cores", f"Cores {text}", BY_NAMESPACE)
        self.namespace_requested_bytes = self._gauge(
            "namespace_requested_bytes", f"Bytes of memory {text}", BY_NAMESPACE
        )
        self.namespace_requested_usd = self._gauge(
            "namespace_requested_usd_month", f"USD in 730 hours {text}", BY_NAMESPACE
        )

    def _declare_operations(self) -> None:
        self.batch_duration = self._histogram("batch_duration_seconds", "Time to fold one slice of events.", FAST_S)
        self.checkpoint_duration = self._histogram(
            "checkpoint_duration_seconds", "Time of one round: outputs, rows, commit.", SLOW_S
        )
        self.checkpoint_rows = self._counter("checkpoint_rows", "Rows of state written.")
        self.checkpoint_bytes = self._counter("checkpoint_bytes", "Bytes of rows of state written.")
        self.checkpoint_age = self._gauge(
            "checkpoint_age_seconds", "Age of the oldest change of state that is not durable; 0 when all are."
        )
        self.dirty_slots = self._gauge("dirty_slots", "Slots with changes that are not durable yet.")
        self.recovery_duration = self._gauge("recovery_duration_seconds", "Time of the last recovery of state.")
        self.recovered_bytes = self._gauge("recovered_bytes", "Bytes of rows loaded in the last recovery.")
        self.rebalances = self._counter("rebalances", "Times that partitions were assigned.")
        self.queue_length = self._gauge("queue_length", "Events fetched and not folded yet.")
        self.outbox_length = self._gauge("outbox_length", "Messages queued or under way to the broker.")
        self.heartbeat_age = self._gauge("heartbeat_age_seconds", "Age of the last answered heartbeat.")

    def write_namespaces(self) -> None:
        """Makes the text of the metrics by namespace as they are now; may run beside the loop."""
        self.namespaces_text = generate_latest(self.namespaces)

    def folded(self, effects: Effects) -> None:
        """One event was folded."""
        self.events.inc()
        for decision in effects.decisions:
            self.decisions.labels(decision.action).inc()
        for judgement in effects.judgements:
            self.judgements.labels(judgement.action, VERDICTS[judgement.right]).inc()
        self.aggregates.inc(len(effects.aggregates))
        for command in effects.commands:
            self.commands.labels(command.action).inc()
        for letter in effects.dead_letters:
            self.dead_letters.labels(letter.reason).inc()
            self.dead_samples.inc(letter.samples)

    def checkpointed(self, rows: int, size: int, seconds: float) -> None:
        """One round of a checkpoint is done."""
        self.checkpoint_rows.inc(rows)
        self.checkpoint_bytes.inc(size)
        self.checkpoint_duration.observe(seconds)
