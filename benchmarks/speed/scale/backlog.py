"""Scrapes that wait in Kafka before anybody reads them."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from benchmarks.speed.scale.fleet import Slot
from benchmarks.speed.scale.stack import Bulk
from benchmarks.speed.scale.warm import Warm, metrics_of
from engine.codec import encode
from engine.shell.settings import EVENTS


def write_backlog(
    bootstrap: str, warm: Warm, slots: Iterable[Slot], times_s: Iterable[float], say: Callable[[str], None]
) -> tuple[int, int]:
    """A scrape of each slot at each of `times_s`, in the order of time. Returns messages and samples."""
    random = np.random.default_rng(3)
    chosen, messages, samples = list(slots), 0, 0
    with Bulk(bootstrap) as bulk:
        for number, time_s in enumerate(times_s):
            for slot in chosen:
                cpu, memory = warm.patterns.at(time_s, slot.rows, slot.seed, random)
                bulk.put(EVENTS, encode(metrics_of(slot, time_s, cpu, memory)), slot)
                messages += 1
                samples += len(cpu)
            if number % 20 == 19:
                say(f"{samples / 1e6:,.0f} million samples written")
    return messages, samples
