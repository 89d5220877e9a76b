"""A fresh forecast at any origin and any lead of up to a day: what the backtest, plans and explanations ask for.

It changes nothing, and at the origins and leads at which rows forecast by themselves it is what they then kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from engine.core.forecast.compact import decode, encode
from engine.core.forecast.distribution import combined, evidence_of, widths_of
from engine.core.forecast.forecaster import FIRST_AFTER, blocks
from engine.core.forecast.quantiles import issue
from engine.core.forecast.state import HOUR, ForecastRows, Series
from engine.core.rows import Array

LONGEST: Final = 288
"""Longest lead in buckets: a day."""
SAYS, YOUNG, SILENT = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Outlook:
    """float64 [n, 2, leads] in cores and bytes, NaN = cannot say; `why` uint8 [n, 2].

    `why` is 0 where it can say, 1 young (fewer than 3 buckets seen), 2 silent (no sample within the last hour).
    """

    p05: Array
    p50: Array
    p90: Array
    p95: Array
    p99: Array
    mean: Array
    why: Array


def forecast_at(rows: ForecastRows, bucket: int, leads: Sequence[int]) -> Outlook:
    """Forecast of every row at `bucket`, so many buckets ahead; nothing later than `bucket` may have been observed.

    Raises ValueError for leads that are not 1 to 288 buckets, or when a row has seen a later bucket.
    """
    if not leads or min(leads) < 1 or max(leads) > LONGEST:
        raise ValueError(f"expected leads of 1 to {LONGEST} buckets, got {list(leads)}")
    age = bucket - rows.last_bucket.astype(np.int64)
    if (age < 0).any():
        raise ValueError(f"a row has seen bucket {rows.last_bucket.max()}, which is later than {bucket}")
    why = np.where(rows.buckets_seen < FIRST_AFTER, YOUNG, np.where(age > HOUR, SILENT, SAYS)).astype(np.uint8)
    found = np.full((*why.shape, len(leads), 6), np.nan)
    for waited in np.unique(age[why == SAYS]):
        row, resource = np.nonzero((why == SAYS) & (age == waited))
        later = tuple(lead + int(waited) for lead in leads)
        for block in blocks((row, resource)):
            found[block] = _quantiles(rows, block, bucket - int(waited), later) * rows.unit[block][:, None, None]
    p05, p50, p90, p95, p99, mean = np.moveaxis(found, -1, 0)
    return Outlook(p05, p50, p90, p95, p99, mean, why)


def _quantiles(rows: ForecastRows, series: Series, bucket: int, leads: tuple[int, ...]) -> Array:
    said = combined(rows, series, bucket, leads)
    known = evidence_of(rows, series, bucket, said, leads)
    p50 = decode(encode(said.p50))  # as rows keep it
    return issue(p50, widths_of(rows, series, bucket, known, leads))
