"""Lines of the budget as they are shown and written: containers, or sums over those of a workload or namespace."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from engine.budget.budget import Budget
from engine.core.rows import Array

LEVELS: Final = ("container", "workload", "namespace")
AMOUNTS: Final = ("request", "limit", "p50", "p95", "peak", "wasted", "wanted")
USD: Final = ("request", "wasted", "wanted", "saving", "unset")
"""`peak` is the highest sample; `wanted` is what the engine would request; `unset`: see `Budget.unset_usd`."""
UNSET: Final = ("cpu_request", "memory_request", "cpu_limit", "memory_limit")


@dataclass(frozen=True, slots=True)
class Line:
    """One container or the sum of `containers`; names that do not apply are empty.

    Amounts are over all replicas: `amount` has float64 [2] by resource, cores and bytes, for each of AMOUNTS; a sum is
    over the containers where it is known, NaN where it is in none. `idle_share` [2] is of what was requested, where
    both request and use are known. `unset` counts the containers whose request or limit is not set, by UNSET; `usd` is
    money a month, by USD.
    """

    namespace: str
    workload: str
    container: str
    series_id: str
    containers: int
    replicas: int
    amount: Mapping[str, Array]
    idle_share: Array
    unset: Mapping[str, int]
    usd: Mapping[str, float]

    @property
    def name(self) -> str:
        """`namespace/workload/container`, as far as it applies; an id that is both of the latter is not said twice."""
        if self.workload == self.container == self.series_id:
            return "/".join(part for part in (self.namespace, self.series_id) if part) or "all"
        return "/".join(part for part in (self.namespace, self.workload, self.container) if part) or "all"


def lines(budget: Budget, level: str) -> list[Line]:
    """Lines of a level of LEVELS, those first that save or cost most, then those that the engine would give most."""
    groups: dict[tuple[str, ...], list[int]] = {}
    for row, spec in enumerate(budget.specs):
        names = (spec.namespace, spec.workload, spec.container, budget.series_ids[row])
        groups.setdefault(names[: {"container": 4, "workload": 2, "namespace": 1}[level]], []).append(row)
    columns = _Columns.of(budget)
    found = [columns.summed(np.array(rows), names) for names, rows in groups.items()]
    return sorted(
        found, key=lambda line: (-abs(line.usd["saving"]) - line.usd["unset"], -line.usd["wanted"], line.name)
    )


def overall(budget: Budget) -> Line:
    """The sum over all containers."""
    return _Columns.of(budget).summed(np.arange(len(budget)), ())


@dataclass(frozen=True, slots=True)
class _Columns:
    """What is added up, as in `Line`: `amount` float64 [n, 2], `unset` bool [n], `usd` float64 [n].

    `idle` [n, 2] and `judged` [n, 2], the requests that it is of.
    """

    amount: Mapping[str, Array]
    replicas: Array
    unset: Mapping[str, Array]
    usd: Mapping[str, Array]
    idle: Array
    judged: Array

    @classmethod
    def of(cls, budget: Budget) -> _Columns:
        use, wasted, each = budget.used, budget.wasted, budget.replicas[:, None]
        amounts = (budget.request, budget.limit, use.p50, use.p95, use.peak, wasted, budget.wanted)
        costs = [budget.cost_usd(amount) for amount in (budget.request, wasted, budget.wanted)]
        unset = zip(UNSET, (*budget.request.T, *budget.limit.T), strict=True)
        return cls(
            amount={name: amount * each for name, amount in zip(AMOUNTS, amounts, strict=True)},
            replicas=budget.replicas,
            unset={name: np.isnan(amount) & budget.stated for name, amount in unset},
            usd=dict(zip(USD, (*costs, budget.saving_usd, budget.unset_usd), strict=True)),
            idle=use.idle * each,
            judged=np.where(np.isnan(use.idle), np.nan, budget.request * each),
        )

    def summed(self, rows: Array, names: Sequence[str]) -> Line:
        """The line of these rows, called by as many names as it has."""
        namespace, workload, container, series_id = (*names, "", "", "", "")[:4]
        return Line(
            namespace=namespace,
            workload=workload,
            container=container,
            series_id=series_id,
            containers=len(rows),
            replicas=int(self.replicas[rows].sum()),
            amount={name: _sum(amount[rows]) for name, amount in self.amount.items()},
            idle_share=_sum(self.idle[rows]) / _sum(self.judged[rows]),
            unset={name: int(unset[rows].sum()) for name, unset in self.unset.items()},
            usd={name: float(usd[rows].sum()) for name, usd in self.usd.items()},
        )


def _sum(amounts: Array) -> Array:
    """Of [k, 2] over the known; NaN where none is."""
    known = ~np.isnan(amounts)
    total: Array = np.where(known.any(axis=0), np.where(known, amounts, 0.0).sum(axis=0), np.nan)
    return total
