"""The hour that has ended, as messages: a sum for each workload of the slot, and the open hour starts anew.

A slot holds all containers of a workload, so one message is the whole workload. What is counted when an event is
folded (decisions, judgements, kills) belongs to the hour that is open then: it closes minutes after its end.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from engine.core.account import HOURLY
from engine.core.decide.money import monthly_usd, prices_of
from engine.core.decide.peaks import BUCKETS_PER_HOUR, hour_of
from engine.core.decide.remembered import recalled
from engine.core.rows import Array
from engine.messages import Aggregate, ResourceHours
from engine.units import BUCKET_S, CPU, GIB, HOUR_S, HOURS_PER_MONTH, MEMORY

if TYPE_CHECKING:
    from engine.core.context import Context
    from engine.core.state import SlotState

_PER_HOUR: Final = np.array([1.0, 1.0 / GIB]) / BUCKETS_PER_HOUR
"""From a sum over buckets of cores and bytes to core-hours and GiB-hours."""
_DIGITS: Final = 6


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
    members: dict[tuple[str, str], list[int]] = {}
    for row in np.flatnonzero(busy).tolist():
        _, namespace, workload, _ = slot.containers[row].split("/")
        members.setdefault((namespace, workload), []).append(row)
    told = [_aggregate(slot, name, np.array(rows), summed) for name, rows in members.items()]
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


def _aggregate(slot: SlotState, name: tuple[str, str], rows: Array, summed: _Hours) -> Aggregate:
    account = slot.account

    def count(counter: Array) -> int:
        return int(counter[rows].sum(dtype=np.int64))

    return Aggregate(
        cluster=slot.cluster,
        slot=slot.slot,
        namespace=name[0],
        workload=name[1],
        hour_s=float(slot.hour * HOUR_S),
        container_hours=_rounded(summed.hours[rows]),
        cpu=_resource(summed, rows, CPU),
        memory=_resource(summed, rows, MEMORY),
        saved_usd=_rounded(summed.saved[rows]),
        promised_usd=_rounded(summed.promised[rows]),
        decisions=count(account.decisions),
        judged=count(account.judged),
        right=count(account.right),
        oom_kills=count(account.oom_kills),
        evictions=count(account.evictions),
        throttled_minutes=count(account.throttled) * BUCKET_S // 60,
    )


def _resource(summed: _Hours, rows: Array, resource: int) -> ResourceHours:
    amounts = (summed.requested, summed.used, summed.wasted)
    return ResourceHours(*(_rounded(amount[rows, resource]) for amount in amounts))


def _rounded(amounts: Array) -> float:
    """The sum, to a digit that means something whatever the CPU that added it up; never -0.0."""
    total: float = sum(amounts.tolist())
    return round(total, _DIGITS) + 0.0
