"""What is wrong, in the order in which it is worth mending: what is not set first, for nothing holds without it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from engine.budget.amounts import FORMATS, cores, memory
from engine.budget.budget import Budget
from engine.core.decide.parameters import SizingParameters
from engine.core.protected import is_system
from engine.core.rows import Array
from engine.units import CPU, MEMORY

WORST: Final = 5
"""Offenders that are named."""
FAR_ABOVE: Final = 2.0
"""A request of more than so many times the p95 of use is waste."""
_FLOOR: Final = np.array(SizingParameters().floor)
"""No request that the engine itself would not go below is waste."""
_RESOURCES: Final = ("CPU", "memory")
_USE: Final = ("p95", "max")
"""The use that a request should cover, by resource: CPU that is short can wait, memory cannot."""


@dataclass(frozen=True, slots=True)
class Offender:
    """`name` as people know it; `why`, the figures in words."""

    name: str
    why: str


@dataclass(frozen=True, slots=True)
class Finding:
    """`count` of them, the `worst` first; `title` in words."""

    name: str
    title: str
    count: int
    worst: Sequence[Offender]


def findings(budget: Budget) -> list[Finding]:
    """All kinds in their order, also those that nothing falls under (count 0)."""
    return [
        _unset("no_cpu_request", "No CPU request set", budget, budget.request, CPU),
        _unset("no_memory_request", "No memory request set", budget, budget.request, MEMORY),
        _unset("no_memory_limit", "No memory limit set", budget, budget.limit, MEMORY),
        _at_risk(budget),
        _waste(budget),
    ]


def _unset(name: str, title: str, budget: Budget, amount: Array, resource: int) -> Finding:
    """Whoever uses most comes first."""
    peak, p95 = budget.used.peak[:, resource], budget.used.p95[:, resource]
    show = FORMATS[resource]

    def why(row: int) -> str:
        return "no use seen" if np.isnan(peak[row]) else f"uses {show(p95[row])} (p95), {show(peak[row])} at most"

    offending = budget.stated & np.isnan(amount[:, resource])
    return _finding(name, title, budget, offending, p95, why)


def _at_risk(budget: Budget) -> Finding:
    """By the greatest ratio of use to request; which use, says _USE."""
    use = np.stack([budget.used.p95[:, CPU], budget.used.peak[:, MEMORY]], axis=1)
    with np.errstate(invalid="ignore"):
        over = np.nan_to_num(use / budget.request)

    def why(row: int) -> str:
        parts = []
        for resource in np.flatnonzero(over[row] > 1).tolist():
            used, request = (FORMATS[resource](amount[row, resource]) for amount in (use, budget.request))
            parts.append(f"{request} {_RESOURCES[resource]} requested, {used} used ({_USE[resource]})")
        return "; ".join(parts)

    severity: Array = over.max(axis=1)
    title = "Request below use (at risk)"
    return _finding("request_below_use", title, budget, np.greater(severity, 1.0), severity, why)


def _waste(budget: Budget) -> Finding:
    """Whoever wastes most money comes first."""
    with np.errstate(invalid="ignore"):
        far: Array = (budget.request > FAR_ABOVE * budget.used.p95) & (budget.request > _FLOOR)
    usd = budget.cost_usd(np.where(far, budget.wasted, np.nan))

    def why(row: int) -> str:
        parts = [
            f"{show(budget.request[row, resource])} {_RESOURCES[resource]} requested, "
            f"{show(budget.used.p95[row, resource])} used (p95)"
            for resource, show in ((CPU, cores), (MEMORY, memory))
            if far[row, resource]
        ]
        spec = budget.specs[row]
        system = is_system(spec.namespace, spec.workload, spec.workload_kind)
        consent = " (system workload: the engine cuts it with consent only)" if system else ""
        return f"{'; '.join(parts)}: {usd[row]:,.2f} USD a month{consent}"

    title = "Request far above use (waste)"
    return _finding("request_far_above_use", title, budget, np.logical_or(*far.T), usd, why)


def _finding(
    name: str, title: str, budget: Budget, offending: Array, severity: Array, why: Callable[[int], str]
) -> Finding:
    rows = np.flatnonzero(offending)
    order = rows[np.argsort(-np.nan_to_num(severity[rows], nan=-1.0), kind="stable")]
    names, worst = budget.names, order[:WORST].tolist()
    return Finding(name, title, len(rows), [Offender(names[row], _each(budget, row) + why(row)) for row in worst])


def _each(budget: Budget, row: int) -> str:
    """Figures are of one replica."""
    replicas = int(budget.replicas[row])
    return f"each of {replicas} replicas: " if replicas > 1 else ""
