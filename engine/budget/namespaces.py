"""Namespaces against their budgets: how much of a cap is used, how it grows, and when it will be exceeded.

Two forecasts of a namespace's sum: the engine's own, fed with the sum's buckets, for the next 24 hours; a robust
trend of its days for what is further ahead.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from engine.backtest.buckets import Bucketed
from engine.backtest.online import closes
from engine.budget.measures import DAY, Measures, measures_of, price_of
from engine.budget.ring import Seen
from engine.budget.trend import Trend, trend
from engine.core.context import Context
from engine.core.decide.money import monthly_usd
from engine.core.forecast import ForecastRows, forecast_at, observe
from engine.core.placement import requests_of
from engine.core.rows import Array
from engine.policy.namespace_budget import CAPS, NamespaceBudget

HOUR: Final = 12
_LEADS: Final = tuple(range(HOUR, DAY + 1, HOUR))
Key = tuple[str, str]
"""A namespace and one of CAPS."""


@dataclass(frozen=True, slots=True)
class Standing:
    """One cap of a namespace, and what is known of it; amounts in cores, bytes or USD a month, NaN for not known.

    `requested`: now, by all that run. `used`: p95 of the sum's use over the period, 28 days at most. `counted`: the
    larger of requested and used of each container, added up, mean of the last hour: what is held against the cap.
    `day_p50`, `day_p95`: the highest that the engine expects of it within 24 hours.
    """

    namespace: str
    owner: str
    cap_name: str
    cap: float
    requested: float
    used: float
    counted: float
    day_p50: float
    day_p95: float
    trend: Trend | None

    @property
    def share(self) -> float:
        return self.counted / self.cap

    @property
    def exceeded(self) -> bool:
        return max(self.counted, self.requested) > self.cap

    @property
    def within_days(self) -> tuple[float, float, float] | None:
        """Days until the cap is exceeded (earliest, expected, latest); None where that is not expected."""
        if self.exceeded:
            return None
        by_trend = self.trend.reaches(self.cap) if self.trend else None
        if self.day_p50 > self.cap:
            return 0.0, 1.0, max(1.0, by_trend[2] if by_trend else 1.0)
        return by_trend


def standings(seen: Sequence[Seen], budgets: Sequence[NamespaceBudget], context: Context) -> list[Standing]:
    """In the order of the budgets and of CAPS; namespaces that nothing ran in have NaN."""
    requested = {one.namespace: _requested(seen, one.namespace, context) for one in budgets}
    summed = {one.namespace: measures_of(seen, one.namespace, context) for one in budgets}
    expected = _next_day({name: values for name, values in summed.items() if values is not None})
    found = []
    for budget in budgets:
        for place, cap_name in enumerate(CAPS):
            if (cap := getattr(budget, cap_name)) is not None:
                p50, p95 = expected.get((budget.namespace, cap_name), (np.nan, np.nan))
                used, counted, line = _of(summed[budget.namespace], place)
                now = float(requested[budget.namespace][place])
                found.append(
                    Standing(budget.namespace, budget.owner, cap_name, cap, now, used, counted, p50, p95, line)
                )
    return found


def _requested(seen: Sequence[Seen], namespace: str, context: Context) -> Array:
    """Cores, bytes and USD a month [3] that those who run have requested; NaN where nobody has."""
    total = np.full(3, np.nan)
    for one in seen:
        if one.runs and one.spec.namespace == namespace:
            request = np.array(requests_of(one.spec.size))
            usd = monthly_usd(request, np.array(one.spec.replicas), price_of(one, context))
            amounts = np.append(request * one.spec.replicas, usd)
            total = np.where(np.isnan(amounts), total, np.nan_to_num(total) + amounts)
    return total


def _of(measures: Measures | None, place: int) -> tuple[float, float, Trend | None]:
    if measures is None:
        return np.nan, np.nan, None
    counted = measures.counted[:, place]
    days = len(counted) // DAY
    daily = counted[len(counted) - days * DAY :].reshape(days, DAY).mean(axis=1)
    used = float(np.percentile(measures.used[:, place], 95))
    return used, float(counted[-HOUR:].mean()), trend(daily)


def _next_day(summed: Mapping[str, Measures]) -> dict[Key, tuple[float, float]]:
    """The highest p50 and p95 of the next 24 hours; a row of the engine's forecast for two measures of a namespace."""
    rows: list[Bucketed] = []
    for namespace, measures in summed.items():
        bucket = np.arange(measures.first, measures.first + len(measures.counted))
        for pair in (measures.counted[:, :2], np.column_stack([measures.counted[:, 2], np.zeros(len(bucket))])):
            rows.append(Bucketed(namespace, bucket, pair, pair, np.ones(2), np.zeros(2, np.int64)))
    if not rows:
        return {}
    forecast = ForecastRows.empty(len(rows))
    for close in closes(rows):
        observe(forecast, close.bucket, close.mean, close.peak)
    found: dict[Key, tuple[float, float]] = {}
    for number, namespace in enumerate(summed):
        own = np.array([2 * number, 2 * number + 1])
        outlook = forecast_at(forecast.take(own), int(rows[own[0]].bucket[-1]), _LEADS)
        highest = [of.max(axis=-1).ravel().tolist() for of in (outlook.p50, outlook.p95)]
        found |= {(namespace, cap_name): (highest[0][n], highest[1][n]) for n, cap_name in enumerate(CAPS)}
    return found
