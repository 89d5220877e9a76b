"""The past that the engine is given: the days of the trace before, as a backfill would bring them (decision 21).

Its last ten minutes state that they were sent as they were taken, as by a collector that ran before: the first bucket
that ends then has fresh samples, and nobody has to wait for another five minutes.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Final
from zlib import crc32

import numpy as np
from msgspec.structs import replace

from agents.collector.rosters import Fleet, Usage
from engine.broker.admin import connect, declared_partitions
from engine.broker.controls import EVENTS
from engine.broker.records import Outgoing, publish
from engine.codec import encode
from engine.core.context import TimeRules
from engine.core.rows import Array
from engine.identity import partition_of, slot_key
from engine.messages import Cluster, ContainerSpec
from engine.units import BUCKET_S

FRESH: Final = 2
"""Buckets."""


def first_change_s(key: str, now_s: float, rules: TimeRules) -> float:
    """When the slot `key` decides on the last bucket that ended before `now_s`; `now_s` when it would have already."""
    stagger_s = crc32(key.encode()) % int(rules.stagger_s + 1)
    return max(now_s, now_s // BUCKET_S * BUCKET_S + rules.lateness_s + stagger_s)


def times_before(now_s: float, steps: int) -> Array:
    """The last seconds of the `steps` buckets that ended before `now_s`, the earliest first."""
    last_s = now_s // BUCKET_S * BUCKET_S
    times: Array = last_s - 1.0 - BUCKET_S * np.arange(steps - 1, -1, -1, dtype=np.float64)
    return times


def send_history(broker: str, cluster: Cluster, specs: Sequence[ContainerSpec], usage: Array, now_s: float) -> int:
    """Sends `usage` [specs, steps, 2], ending with the last whole bucket. Returns the number of messages."""
    fleet, count = Fleet(cluster), len(specs)
    fleet.arrange(specs, range(count))
    partitions = declared_partitions(connect(broker), EVENTS)
    times = times_before(now_s, usage.shape[1])
    events = [*fleet.rosters(float(times[0]), everything=True)]
    records = []
    for step, time_s in enumerate(times.tolist()):
        at = Usage(usage[:, step], np.full(count, np.nan), np.zeros(count, np.int64))
        events_then = [*(events if step == 0 else []), *fleet.metrics(time_s, at)]
        for event in events_then:
            sent_s = time_s + 1.0 if step >= len(times) - FRESH else round(time.time(), 3)
            body = replace(event, sent_s=sent_s)
            key = slot_key(cluster.name, event.slot)
            records.append(Outgoing(EVENTS, partition_of(cluster.name, event.slot, partitions), key, encode(body)))
    publish(broker, records)
    return len(records)
