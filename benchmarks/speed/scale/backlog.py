"""Scrapes that wait in Kafka before anybody reads them."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from benchmarks.speed.scale.fleet import Slot
from benchmarks.speed.scale.stack import Bulk
from engine.codec import encode
from engine.shell.settings import EVENTS


def write_backlog(
    bootstrap: str, slots: Iterable[Slot], times_s: Iterable[float], say: Callable[[str], None]
) -> tuple[int, int]:
    """A scrape of each slot at each of `times_s`, in the order of time. Returns messages and samples."""
    chosen, messages, samples = list(slots), 0, 0
    with Bulk(bootstrap) as bulk:
        for number, time_s in enumerate(times_s):
            for slot in chosen:
                bulk.put(EVENTS, encode(slot.metrics(time_s)), slot)
                messages += 1
                samples += len(slot)
            if number % 20 == 19:
                say(f"{samples / 1e6:,.0f} million samples written")
    return messages, samples
