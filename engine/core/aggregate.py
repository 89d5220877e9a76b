"""The hour that has ended, as messages: a sum for each workload of the slot, and the open hour starts anew.

A slot holds all containers of a workload, so one message is the whole workload. What is counted when an event is
folded (decisions, judgements, kills) belongs to the hour that is open then: it closes minutes after its end.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from engine.core.account import HOURLY
from engine.core.decide.money import monthly_usd, prices_of
from engine.core.decide.peaks import BUCKETS_PER_HOUR, hour_of
from engine.core.decide.remembered import recalled
from engine.core.rows import Array, numbered
from engine.messages import Aggregate, ResourceHours
from engine.units import BUCKET_S, CPU, GIB, HOUR_S, HOURS_PER_MONTH, MEMORY

if TYPE_CHECKING:
    from engine.core.context import Context
    from engine.core.state import SlotState

_PER_HOUR: Final = np.array([1.0, 1.0 / GIB]) / BUCKETS_PER_HOUR
"""From a sum over buckets of cores and bytes to core-hours and GiB-hours."""
_DIGITS: Final = 6
_COUNTED: Final = ("decisions", "judged", "right", "oom_kills", "evictions")


@dataclass(frozen=True, slots=True)
class _Hours:
    """float64, of all replicas: hours [n], amounts [n, 2] in core-hours and GiB-hours, USD [n]."""

    hours: Array
    requested: Array
    used: Array
    wasted: Array
    saved: Array
    promised: Array


def hour_ended(slot: SlotState, bucket: int, context: Context) -> list[Aggregate]:
    """The sums of the open hour if a bucket of a later one is closed next; that hour is open then."""
    hour = hour_of(bucket)
    if slot.hour >= hour:
        return []
    told = _tell(slot, context) if slot.hour >= 0 else []
    slot.hour = hour
    return told


def _tell(slot: SlotState, context: Context) -> list[Aggregate]:
    account, summed = slot.account, _hours(slot, context)
    account.saved += summed.saved
    counters = [name for name in HOURLY if name not in {"requested", "used"}]
    busy = np.any([getattr(account, name) > 0 for name in counters], axis=0)
    rows = np.flatnonzero(busy)
    names, of_row = numbered(_workload(slot.containers[row]) for row in rows.tolist())
    told = _aggregates(slot, names, _Sums(rows, of_row, len(names)), summed)
    for name in HOURLY:
        getattr(account, name)[:] = 0
    return told


def _hours(slot: SlotState, context: Context) -> _Hours:
    """Sums of the hour for each row, at the replicas and prices of its end."""
    account, placement, decide = slot.account, slot.placement, slot.decide
    replicas = placement.replicas.astype(np.float64)
    hours = account.buckets / BUCKETS_PER_HOUR
    requested = account.requested.astype(np.float64) * _PER_HOUR
    used = account.used.astype(np.float64) * _PER_HOUR
    wasted = np.where(slot.forecast.buckets_seen > 0, np.maximum(requested - used, 0.0), 0.0)
    usd = prices_of(slot, np.arange(len(hours)), context).usd
    baseline = recalled(decide.baseline_request, placement.request)
    before = monthly_usd(baseline * account.buckets[:, None] / BUCKETS_PER_HOUR, replicas, usd)
    now = monthly_usd(account.requested.astype(np.float64) / BUCKETS_PER_HOUR, replicas, usd)
    saved = np.where(decide.automated, before - now, 0.0) / HOURS_PER_MONTH
    promised = account.promised.astype(np.float64) * hours / HOURS_PER_MONTH
    weight = replicas[:, None]
    return _Hours(hours * replicas, requested * weight, used * weight, wasted * weight, saved, promised)


@dataclass(frozen=True, slots=True)
class _Sums:
    """Sums over the rows int [m] by workload: row `rows[i]` is of the workload `workload[i]`, of so many."""

    rows: Array
    workload: Array
    workloads: int

    def amounts(self, values: Array) -> list[float]:
        """In the order of rows, to a digit that means something whatever the CPU that added them up; never -0.0."""
        totals = np.bincount(self.workload, values[self.rows], self.workloads)
        return [round(total, _DIGITS) + 0.0 for total in totals.tolist()]

    def counts(self, values: Array) -> list[int]:
        totals = np.zeros(self.workloads, dtype=np.int64)
        np.add.at(totals, self.workload, values[self.rows].astype(np.int64))
        return totals.tolist()


def _workload(container: str) -> tuple[str, str]:
    _, namespace, workload, _ = container.split("/")
    return namespace, workload


def _aggregates(slot: SlotState, names: list[tuple[str, str]], sums: _Sums, summed: _Hours) -> list[Aggregate]:
    """One for each workload; all columns are summed at once."""
    account = slot.account
    columns: dict[str, list[Any]] = {
        "container_hours": sums.amounts(summed.hours),
        "cpu": _resource(sums, summed, CPU),
        "memory": _resource(sums, summed, MEMORY),
        "saved_usd": sums.amounts(summed.saved),
        "promised_usd": sums.amounts(summed.promised),
        "throttled_minutes": [buckets * BUCKET_S // 60 for buckets in sums.counts(account.throttled)],
        **{name: sums.counts(getattr(account, name)) for name in _COUNTED},
    }
    common: dict[str, Any] = {"cluster": slot.cluster, "slot": slot.slot, "hour_s": float(slot.hour * HOUR_S)}
    return [
        Aggregate(**common, namespace=namespace, workload=workload, **dict(zip(columns, values, strict=True)))
        for (namespace, workload), values in zip(names, zip(*columns.values(), strict=True), strict=True)
    ]


def _resource(sums: _Sums, summed: _Hours, resource: int) -> list[ResourceHours]:
    amounts = (summed.requested, summed.used, summed.wasted)
    return list(map(ResourceHours, *(sums.amounts(amount[:, resource]) for amount in amounts)))
