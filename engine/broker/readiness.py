"""Whether a broker is there: it answers requests, which is later than that its port is open."""

from __future__ import annotations

import socket
from typing import Any, Final

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

QUIET: Final[dict[str, Any]] = {"log_level": 0, "error_cb": lambda _: None}
"""For confluent-kafka's clients: an absent broker is one sentence from us, not a stream of lines from librdkafka."""


def answers(bootstrap: str, timeout_s: float = 2.0) -> bool:
    """A metadata request to the one broker at `host:port` is answered, and names a broker that takes part."""
    if not _port_open(bootstrap):
        return False
    client = AdminClient({"bootstrap.servers": bootstrap, **QUIET})
    try:
        return bool(client.list_topics(timeout=timeout_s).brokers)
    except KafkaException:
        return False


def _port_open(bootstrap: str) -> bool:
    host, _, port = bootstrap.rpartition(":")
    with socket.socket() as probe:
        probe.settimeout(1.0)
        return probe.connect_ex((host, int(port))) == 0
