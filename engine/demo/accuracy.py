"""How good the forecasts were, container by container: made before their target was seen, scored after."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.core.forecast import LEADS
from engine.core.rows import Array
from engine.demo.trajectories import P05, P50, P95, Trajectories
from engine.units import BUCKET_S, RESOURCES


@dataclass(frozen=True, slots=True)
class Accuracy:
    """One resource at one lead. Medians over containers, None where nothing was scored.

    wape: sum|error| / sum|actual| of the median forecast; naive: the same of the last value known at the origin.
    above: share of targets at or below p95 (its promise is .95); within: share between p05 and p95 (promise .90).
    """

    resource: str
    lead_s: int
    forecasts: int
    wape: float | None
    naive: float | None
    above: float | None
    within: float | None


def accuracies(trajectories: Trajectories, since: int = 0) -> list[Accuracy]:
    """By resource and lead, of forecasts made at bucket `since` or later."""
    rows = []
    for resource in range(len(RESOURCES)):
        for lead in range(len(LEADS)):
            rows.append(_accuracy(trajectories, resource, lead, since))
    return rows


def _accuracy(trajectories: Trajectories, resource: int, lead: int, since: int) -> Accuracy:
    hours = trajectories.origins >= since
    quantiles, actual, last = (part[:, hours, resource] for part in trajectories.at_targets(lead))
    scored = ~np.isnan(quantiles[..., P50]) & ~np.isnan(actual)
    below = np.where(scored, actual <= quantiles[..., P95], np.nan)
    within = np.where(scored, (actual <= quantiles[..., P95]) & (actual >= quantiles[..., P05]), np.nan)
    return Accuracy(
        resource=RESOURCES[resource],
        lead_s=LEADS[lead] * BUCKET_S,
        forecasts=int(scored.sum()),
        wape=_median(wapes(quantiles[..., P50], actual)),
        naive=_median(wapes(np.where(scored, last, np.nan), actual)),
        above=_median(_means(below)),
        within=_median(_means(within)),
    )


def wapes(forecast: Array, actual: Array) -> Array:
    """sum|error| / sum|actual| along the last axis where both are known; NaN where there is nothing to score."""
    known = ~np.isnan(forecast) & ~np.isnan(actual)
    error = np.where(known, np.abs(forecast - actual), 0.0).sum(axis=-1, dtype=np.float64)
    total = np.where(known, np.abs(actual), 0.0).sum(axis=-1, dtype=np.float64)
    ratio: Array = np.divide(error, total, out=np.full(total.shape, np.nan), where=total > 0)
    return ratio


def _means(values: Array) -> Array:
    count = (~np.isnan(values)).sum(axis=-1)
    total = np.nansum(values, axis=-1)
    mean: Array = np.divide(total, count, out=np.full(count.shape, np.nan), where=count > 0)
    return mean


def _median(values: Array) -> float | None:
    known = values[~np.isnan(values)]
    return float(np.median(known)) if len(known) else None
