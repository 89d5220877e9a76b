"""Counters of one node's containers to samples: what was used between two scrapes, by the kubelet's own times."""

from __future__ import annotations

from typing import Final, NamedTuple

from agents.collector.sources.kubernetes.exposition import Key, Page, Value

LONGEST_S: Final = 300.0
"""A mean over more than a bucket of time is no sample."""


class Sample(NamedTuple):
    """`time_s`: when it was taken. `cpu` in cores, mean since the sample before; `memory` in bytes; None for none.

    `throttled`: share of CFS periods, None where it is not known.
    """

    time_s: float
    cpu: float | None
    memory: float | None
    throttled: float | None = None


class Meter:
    """Of one node. `samples`: the newest of each container that was on its last page."""

    def __init__(self) -> None:
        self.samples: dict[Key, Sample] = {}
        self._counters: dict[Key, Value] = {}
        self._periods: dict[Key, tuple[float, float]] = {}
        self._shares: dict[Key, float] = {}

    def resource(self, page: Page, now_s: float) -> None:
        """Takes a page of /metrics/resource that came at `now_s`.

        A value with the time of the one before is not a new sample: kubelets look at their containers at times of
        their own, and tell the same again when they are asked more often.
        """
        samples: dict[Key, Sample] = {}
        counters: dict[Key, Value] = {}
        for key, (cpu, memory) in page.items():
            time_s = max((v.time_s or now_s for v in (cpu, memory) if v is not None), default=now_s)
            time_s = min(time_s, now_s)
            last = self.samples.get(key)
            if last is not None and time_s <= last.time_s:
                samples[key] = last
                if key in self._counters:
                    counters[key] = self._counters[key]
                continue
            if cpu is not None:
                counters[key] = Value(cpu.value, cpu.time_s or now_s)
            samples[key] = Sample(
                time_s, rate(self._counters.get(key), counters.get(key)), None if memory is None else memory.value,
                self._shares.pop(key, None),
            )  # fmt: skip
        self.samples, self._counters = samples, counters

    def cadvisor(self, page: Page) -> None:
        """Takes a page of /metrics/cadvisor: the next samples have what was throttled since the page before."""
        periods: dict[Key, tuple[float, float]] = {}
        for key, (all_periods, throttled) in page.items():
            if all_periods is None or throttled is None:
                continue
            periods[key] = now = (all_periods.value, throttled.value)
            share = share_of(self._periods.get(key), now)
            if share is not None:
                self._shares[key] = share
        self._periods = periods


def rate(before: Value | None, after: Value | None) -> float | None:
    """Cores between two values of a counter; None where it began anew or the times say nothing."""
    if before is None or after is None or before.time_s is None or after.time_s is None:
        return None
    between_s = after.time_s - before.time_s
    if after.value < before.value or not 0.0 < between_s <= LONGEST_S:
        return None
    return (after.value - before.value) / between_s


def share_of(before: tuple[float, float] | None, after: tuple[float, float]) -> float | None:
    """Throttled periods of all periods between two pages, 0..1; None without a period, or where they began anew."""
    if before is None:
        return None
    periods, throttled = after[0] - before[0], after[1] - before[1]
    return min(1.0, throttled / periods) if periods > 0.0 and throttled >= 0.0 else None
