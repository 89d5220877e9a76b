"""What the state of the slots held here amounts to, for metrics and for the pages that others read."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping
from typing import Any, Final

import numpy as np
from prometheus_client import Gauge

from engine.core.decide import savings
from engine.core.forecast import LEADS
from engine.core.partition import PartitionFold
from engine.core.rows import Array
from engine.core.state import SlotState
from engine.shell.telemetry import RESULTS, Telemetry
from engine.units import BUCKET_S, RESOURCES

AT_A_TIME_S: Final = 0.001
REST: Final = 40.0
"""A walk over all slots takes a fortieth of the loop while it lasts, about a millisecond at a time."""


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


async def count(
    states: list[SlotState], telemetry: Telemetry, now_s: float, known: Mapping[str, float] | None = None
) -> None:
    """Sets the gauges that are sums over slots. `now_s`: wall clock; `known`: performance by node type."""
    _count_watermarks(states, telemetry, now_s)  # first: `now_s` grows old with the walk
    counters: Counter[str] = Counter()
    slots: Counter[str] = Counter()
    containers: Counter[str] = Counter()
    unknown: Counter[tuple[str, str]] = Counter()
    async for state in gently(states):
        counters.update(state.counters)
        slots[state.cluster] += 1
        containers[state.cluster] += len(state.containers)
        unknown.update(_unknown_types(state, known or {}))
    for result in RESULTS:
        telemetry.samples.labels(result).set(counters[f"samples_{result}"])
    _set_by_cluster(telemetry.slots, slots)
    _set_by_cluster(telemetry.containers, containers)
    telemetry.unknown_types.clear()
    for labels, number in unknown.items():
        telemetry.unknown_types.labels(*labels).set(number)


def _unknown_types(state: SlotState, known: Mapping[str, float]) -> dict[tuple[str, str], int]:
    """A type that is not known counts as the reference: that is said, for whom it concerns."""
    unknown = [place for place, name in enumerate(state.node_types) if name not in known]
    if not unknown:
        return {}
    containers = np.bincount(state.placement.node_type + 1, minlength=len(state.node_types) + 1)[1:].tolist()
    return {(state.cluster, state.node_types[p]): containers[p] for p in unknown if containers[p]}


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
    hits, trials = np.sum(covered, axis=0), np.sum(scored, axis=0)
    medians = await asyncio.to_thread(_median_wape, errors, actuals)
    for resource, name in enumerate(RESOURCES):
        for index, lead in enumerate(LEADS):
            labels = (name, lead_label(lead))
            if (median := medians[resource][index]) is not None:
                telemetry.wape.labels(*labels).set(median)
            if trials[resource, index]:
                telemetry.coverage.labels(*labels).set(float(hits[resource, index] / trials[resource, index]))


def _median_wape(errors: list[Array], actuals: list[Array]) -> list[list[float | None]]:
    """By resource and lead, of arrays [containers, resources, leads] of slots; None where nothing was scored."""
    error, actual = np.concatenate(errors), np.concatenate(actuals)

    def median(resource: int, lead: int) -> float | None:
        known = actual[:, resource, lead] > 0
        if not known.any():
            return None
        return float(np.median(error[known, resource, lead] / actual[known, resource, lead]))

    return [[median(resource, lead) for lead in range(error.shape[2])] for resource in range(error.shape[1])]


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
    """One by one, with rests: a message takes ten turns of the loop, and would wait for a part of the walk in each."""
    began = time.monotonic()
    for state in states:
        yield state
        if (took := time.monotonic() - began) > AT_A_TIME_S:
            await asyncio.sleep(REST * took)
            began = time.monotonic()
