"""What the state of the slots held here amounts to, for metrics and for the pages that others read."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping
from typing import Any, Final

import numpy as np
from prometheus_client import Gauge

from engine.core.decide import savings
from engine.core.forecast import LEADS
from engine.core.partition import PartitionFold
from engine.core.state import SlotState
from engine.shell.telemetry import RESULTS, Telemetry
from engine.units import BUCKET_S, RESOURCES

SLOTS_AT_A_TIME: Final = 50


def slots_of(folds: Iterable[PartitionFold]) -> list[SlotState]:
    return [state for fold in folds for state in fold.slots.values()]


def progress(states: Iterable[SlotState]) -> dict[str, Any]:
    """The page /progress: per cluster the event time that its last slot has reached, and the number of slots here."""
    clusters: dict[str, dict[str, Any]] = {}
    for state in states:
        seen = clusters.setdefault(state.cluster, {"watermark_s": state.watermark_s, "slots": 0})
        seen["watermark_s"] = min(seen["watermark_s"], state.watermark_s)
        seen["slots"] += 1
    return {"clusters": clusters}


def count(
    states: list[SlotState], telemetry: Telemetry, now_s: float, known: Mapping[str, float] | None = None
) -> None:
    """Sets the gauges that are sums over slots. `now_s`: wall clock; `known`: performance by node type."""
    counters: Counter[str] = Counter()
    slots: Counter[str] = Counter()
    containers: Counter[str] = Counter()
    for state in states:
        counters.update(state.counters)
        slots[state.cluster] += 1
        containers[state.cluster] += len(state.containers)
    for result in RESULTS:
        telemetry.samples.labels(result).set(counters[f"samples_{result}"])
    _set_by_cluster(telemetry.slots, slots)
    _set_by_cluster(telemetry.containers, containers)
    _count_unknown_types(states, telemetry, known or {})
    _count_watermarks(states, telemetry, now_s)


def _count_unknown_types(states: list[SlotState], telemetry: Telemetry, known: Mapping[str, float]) -> None:
    """A type that is not known counts as the reference: that is said, for whom it concerns."""
    found: Counter[tuple[str, str]] = Counter()
    for state in states:
        containers = np.bincount(state.placement.node_type + 1, minlength=len(state.node_types) + 1)[1:].tolist()
        for name, count in zip(state.node_types, containers, strict=True):
            if count and name not in known:
                found[state.cluster, name] += count
    telemetry.unknown_types.clear()
    for labels, count in found.items():
        telemetry.unknown_types.labels(*labels).set(count)


def _count_watermarks(states: list[SlotState], telemetry: Telemetry, now_s: float) -> None:
    reached: dict[str, list[float]] = {}
    reference: dict[str, float] = {}
    for state in states:
        reached.setdefault(state.cluster, []).append(state.watermark_s)
        here = now_s if state.clock == "wall" else state.watermark_s
        reference[state.cluster] = max(reference.get(state.cluster, here), here)
    telemetry.watermark.clear()
    telemetry.watermark_lag.clear()
    for cluster, watermarks in reached.items():
        telemetry.watermark.labels(cluster).set(min(watermarks))
        telemetry.watermark_lag.labels(cluster).set(reference[cluster] - min(watermarks))


async def judge(states: list[SlotState], telemetry: Telemetry) -> None:
    """Sets the gauges of quality: medians over containers. Gives the loop back every few slots."""
    errors, actuals, covered, scored = [], [], [], []
    realised: dict[str, float] = {}
    recommended: dict[str, float] = {}
    async for state in gently(states):
        rows = state.forecast
        errors.append(rows.absolute_errors.copy())
        actuals.append(rows.actuals.copy())
        covered.append(rows.covered.sum(axis=0, dtype=np.int64))
        scored.append(rows.scored.sum(axis=0, dtype=np.int64))
        now, wanted = savings(state)
        realised[state.cluster] = realised.get(state.cluster, 0.0) + now
        recommended[state.cluster] = recommended.get(state.cluster, 0.0) + wanted
    _set_by_cluster(telemetry.monthly_saving, realised)
    _set_by_cluster(telemetry.recommended_saving, recommended)
    if not states:
        return
    error, actual = np.concatenate(errors), np.concatenate(actuals)
    hits, trials = np.sum(covered, axis=0), np.sum(scored, axis=0)
    for resource, name in enumerate(RESOURCES):
        for index, lead in enumerate(LEADS):
            labels = (name, lead_label(lead))
            known = actual[:, resource, index] > 0
            if known.any():
                ratio = error[known, resource, index] / actual[known, resource, index]
                telemetry.wape.labels(*labels).set(float(np.median(ratio)))
            if trials[resource, index]:
                telemetry.coverage.labels(*labels).set(float(hits[resource, index] / trials[resource, index]))


def lead_label(lead: int) -> str:
    """A lead in buckets as it stands in labels: `15m`, `4h`."""
    minutes = lead * BUCKET_S // 60
    return f"{minutes}m" if minutes % 60 else f"{minutes // 60}h"


def _set_by_cluster(gauge: Gauge, amounts: Mapping[str, float]) -> None:
    """Clusters that are held no longer lose their value."""
    gauge.clear()
    for cluster, amount in amounts.items():
        gauge.labels(cluster).set(amount)


async def gently(states: list[SlotState]) -> AsyncIterator[SlotState]:
    """One by one; the loop gets its turn every few slots."""
    for number, state in enumerate(states):
        if number % SLOTS_AT_A_TIME == SLOTS_AT_A_TIME - 1:
            await asyncio.sleep(0)
        yield state
