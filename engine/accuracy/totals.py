"""Hours of workloads merged: each once, sums by workload or namespace."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Literal

from msgspec import Struct
from msgspec.structs import replace

from engine.messages import Aggregate
from engine.units import DAY_S, HOUR_S

Level = Literal["workload", "namespace"]
_DIGITS: Final = 6


class Total(Struct, frozen=True, kw_only=True):
    """Sums over hours. Money in USD over these hours; `accuracy` is right of judged, None where nothing was judged."""

    name: str
    container_hours: float = 0.0
    decisions: int = 0
    judged: int = 0
    right: int = 0
    accuracy: float | None = None
    promised_usd: float = 0.0
    realised_usd: float = 0.0
    cpu_wasted_core_hours: float = 0.0
    memory_wasted_gib_hours: float = 0.0
    oom_kills: int = 0
    evictions: int = 0
    throttled_minutes: int = 0


class Accuracy(Struct, frozen=True, kw_only=True):
    """A cluster's totals between two times (seconds since 1970), by name, and all of them together."""

    cluster: str
    from_s: float
    to_s: float
    total: Total
    rows: list[Total]


def once(aggregates: Iterable[Aggregate]) -> list[Aggregate]:
    """Each workload's hour once: after a crash the engine may have told it again, with the same content."""
    return list({(one.cluster, one.namespace, one.workload, one.hour_s): one for one in aggregates}.values())


def accuracy_of(cluster: str, aggregates: Iterable[Aggregate], level: Level, days: float | None = None) -> Accuracy:
    """Totals of one cluster; `days`: only of so many days before the last hour that was told."""
    hours = [one for one in once(aggregates) if one.cluster == cluster]
    to_s = max((one.hour_s + HOUR_S for one in hours), default=0.0)
    hours = [one for one in hours if days is None or one.hour_s >= to_s - days * DAY_S]
    members: dict[str, list[Aggregate]] = {}
    for one in sorted(hours, key=lambda one: (one.namespace, one.workload, one.hour_s)):
        members.setdefault(_name(one, level), []).append(one)
    return Accuracy(
        cluster=cluster,
        from_s=min((one.hour_s for one in hours), default=0.0),
        to_s=to_s,
        total=_total("all", hours),
        rows=[_total(name, of_name) for name, of_name in members.items()],
    )


def _name(one: Aggregate, level: Level) -> str:
    return one.namespace if level == "namespace" else f"{one.namespace}/{one.workload}"


def _total(name: str, hours: Iterable[Aggregate]) -> Total:
    total = Total(name=name)
    for one in hours:
        total = replace(
            total,
            container_hours=total.container_hours + one.container_hours,
            decisions=total.decisions + one.decisions,
            judged=total.judged + one.judged,
            right=total.right + one.right,
            promised_usd=total.promised_usd + one.promised_usd,
            realised_usd=total.realised_usd + one.saved_usd,
            cpu_wasted_core_hours=total.cpu_wasted_core_hours + one.cpu.wasted,
            memory_wasted_gib_hours=total.memory_wasted_gib_hours + one.memory.wasted,
            oom_kills=total.oom_kills + one.oom_kills,
            evictions=total.evictions + one.evictions,
            throttled_minutes=total.throttled_minutes + one.throttled_minutes,
        )
    return _rounded(total)


def _rounded(total: Total) -> Total:
    amounts = {name: value for name in total.__struct_fields__ if isinstance(value := getattr(total, name), float)}
    rounded = {name: round(value, _DIGITS) for name, value in amounts.items()}
    accuracy = round(total.right / total.judged, _DIGITS) if total.judged else None
    return replace(total, **rounded, accuracy=accuracy)
