"""Every metric of the collector, in one place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from agents.collector.message import Message, Stored

PREFIX: Final = "trimtab_collector"
SEND_BUCKETS: Final = (0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0, 600.0)
SCRAPE_BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0)


class Telemetry:
    """Counters of this process; the totals that outlive it are the spool's."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        self.scrapes = Counter(f"{PREFIX}_scrapes", "Scrapes taken in.", registry=registry)
        self.scrapes_skipped = Counter(
            f"{PREFIX}_scrapes_skipped", "Scrapes left out because the one before took too long.", registry=registry
        )
        self.samples_taken = Counter(f"{PREFIX}_samples_taken", "Samples taken into the spool.", registry=registry)
        self.samples_sent = Counter(f"{PREFIX}_samples_sent", "Samples acknowledged by the broker.", registry=registry)
        self.messages_sent = Counter(
            f"{PREFIX}_messages_sent", "Messages acknowledged by the broker.", ["kind"], registry=registry
        )
        self.messages_dropped = Counter(
            f"{PREFIX}_messages_dropped",
            "Oldest messages dropped unsent because the spool was at its bound of bytes or age.",
            registry=registry,
        )
        self.messages_set_aside = Counter(
            f"{PREFIX}_messages_set_aside", "Messages refused for good, kept apart.", ["reason"], registry=registry
        )
        self.spool_messages = Gauge(f"{PREFIX}_spool_messages", "Messages not acknowledged yet.", registry=registry)
        self.spool_bytes = Gauge(f"{PREFIX}_spool_bytes", "Bytes of messages not acknowledged yet.", registry=registry)
        self.spool_age = Gauge(
            f"{PREFIX}_spool_age_seconds", "Age of the oldest message not acknowledged yet.", registry=registry
        )
        self.event_time = Gauge(
            f"{PREFIX}_event_time_seconds", "Event time of the latest scrape, Unix seconds.", registry=registry
        )
        self.connected = Gauge(f"{PREFIX}_broker_connected", "1 while connected to the broker.", registry=registry)
        self.send_seconds = Histogram(
            f"{PREFIX}_send_seconds",
            "Time from handing a batch to the producer to its acknowledgement.",
            buckets=SEND_BUCKETS,
            registry=registry,
        )
        self.scrape_seconds = Histogram(
            f"{PREFIX}_scrape_seconds",
            "Time to take one scrape and put it into the spool.",
            buckets=SCRAPE_BUCKETS,
            registry=registry,
        )

    def taken(self, messages: Sequence[Message], time_s: float, dropped: int) -> None:
        self.scrapes.inc()
        self.samples_taken.inc(sum(m.samples for m in messages))
        self.messages_dropped.inc(dropped)
        self.event_time.set(time_s)

    def acknowledged(self, messages: Sequence[Stored]) -> None:
        self.samples_sent.inc(sum(m.samples for m in messages))
        for message in messages:
            self.messages_sent.labels(message.kind).inc()

    def refused(self, message: Stored, reason: str) -> None:
        self.messages_set_aside.labels(reason).inc()
