"""The budget of all containers: a row each, and what follows from it in money."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from engine.backtest.buckets import Bucketed
from engine.budget.engine_sizes import engine_requests
from engine.budget.sheet import Sheet, called, spec_of
from engine.budget.usage import Used, used
from engine.core.context import Context
from engine.core.decide.money import monthly_usd
from engine.core.placement import amounts_of
from engine.core.rows import Array
from engine.messages import ContainerSpec


@dataclass(frozen=True, slots=True)
class Budget:
    """Row i of each is container i: one series of the trace, or a line of the sheet without one.

    Amounts float64 [n, 2] by resource, cores and bytes of one replica; NaN is "not set", "not used" or "cannot say".
    `stated` bool [n]: the sheet has it, so that a request that is not there is not set, rather than not known. `wanted`
    is what the engine would request. `replicas` float64 [n]; `usd` [n, 2] is the price of a core-hour and of a GiB-hour
    where each runs. Money is of all replicas.
    """

    series_ids: Sequence[str]
    specs: Sequence[ContainerSpec]
    stated: Array
    request: Array
    limit: Array
    used: Used
    wanted: Array
    replicas: Array
    usd: Array

    def __len__(self) -> int:
        return len(self.specs)

    @property
    def names(self) -> list[str]:
        """By row, for people."""
        return [called(spec, name) for spec, name in zip(self.specs, self.series_ids, strict=True)]

    @property
    def wasted(self) -> Array:
        """Request less the p95 of use, never negative; NaN where either is not known."""
        wasted: Array = np.maximum(self.request - self.used.p95, 0.0)
        return wasted

    @property
    def saving_usd(self) -> Array:
        """USD a month [n] that the engine's requests cost less than the present ones, where there are both.

        Raises count against it. What is not set costs nothing on paper and is not part of it: see `unset_usd`.
        """
        both = ~np.isnan(self.request) & ~np.isnan(self.wanted)
        return self.cost_usd(np.where(both, self.request, np.nan)) - self.cost_usd(np.where(both, self.wanted, np.nan))

    @property
    def unset_usd(self) -> Array:
        """USD a month [n] that requests would cost where none is set: used today, and accounted for by nobody."""
        unset = self.stated[:, None] & np.isnan(self.request)
        return self.cost_usd(np.where(unset, self.wanted, np.nan))

    def cost_usd(self, amount: Array) -> Array:
        """USD a month [n] of amounts [n, 2]; NaN counts as 0."""
        return monthly_usd(amount, self.replicas, self.usd)


def make_budget(
    series: Sequence[Bucketed], sheet: Sheet, context: Context, wanted: Mapping[str, Array] | None = None
) -> Budget:
    """Series in their order, then the lines of the sheet that have none.

    Prices are those of a container's node type, the default's where that has none. `wanted` [2] by series is what the
    engine has decided; without it, it is asked what it would decide at the end of each series.
    """
    by_name: dict[str, Bucketed] = {one.series_id: one for one in series}
    names = [*by_name, *(name for name in sheet if name not in by_name)]
    found = [by_name.get(name) for name in names]
    specs = [sheet.get(name) or spec_of(name) for name in names]
    request, limit = amounts_of([spec.size for spec in specs])
    default = context.prices[context.default_node_type]
    return Budget(
        series_ids=names,
        specs=specs,
        stated=np.array([name in sheet for name in names]),
        request=request,
        limit=limit,
        used=used(found, request),
        wanted=engine_requests(found, specs, context) if wanted is None else _of(wanted, names),
        replicas=np.array([spec.replicas for spec in specs], dtype=np.float64),
        usd=np.array([context.prices.get(spec.node_type or "", default) for spec in specs]),
    )


def _of(wanted: Mapping[str, Array], names: Sequence[str]) -> Array:
    return np.array([wanted.get(name, (np.nan, np.nan)) for name in names])
