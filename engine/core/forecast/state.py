"""What a container's forecast remembers: about 3.1 kB for both resources.

Axis 0 is the container, axis 1 the resource (0 CPU in cores, 1 memory in bytes). A ring position is a function of the
bucket's index alone, so that what a row holds depends on its own samples only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine.core.rows import Array, Rows, column

LEADS: Final = (12, 24, 48)
"""Leads of the forecast, in buckets of 5 minutes: 1 h, 2 h, 4 h."""
ORIGIN_EVERY: Final = 12
"""Forecasts are made at buckets that are multiples of this: on the hour."""
QUANTILES: Final = (0.05, 0.5, 0.95)

EXPERTS: Final = (
    "last",
    "hour_mean",
    "median_3h",
    "lower_median",
    "median_6_hours",
    "median_24_hours",
    "yesterday",
    "median_7_days",
    "same_weekday",
    "mean_3_days_shifted",
    "median_7_days_scaled",
    "damped_trend",
)
HALF_HOUR: Final = 6
"""Buckets in a half-hour."""
HALF_HOURS: Final = 9 * 48
"""Half-hours remembered: nine days, since the experts look back one week and the half-hour around it."""
RECENT: Final = 36
"""Buckets remembered one by one: three hours, whole half-hours."""
PENDING: Final = tuple(lead // ORIGIN_EVERY for lead in LEADS)
"""Forecasts that wait for their target, per lead."""
INITIAL_MARGIN: Final = 3.0
"""Width of the band of a young series, in mean absolute errors; 2.1 would do for normal errors, 2.3 for Laplace's."""

Series = tuple[NDArray[np.intp], NDArray[np.intp]]
"""Some of a table's (row, resource) pairs, as numpy's index arrays."""

_L, _E, _P = len(LEADS), len(EXPERTS), sum(PENDING)


@dataclass(slots=True)
class ForecastRows(Rows):
    """Amounts are in cores or bytes. Buckets are `end_s // 300`."""

    half_hours: Array = column(np.uint16, 2, HALF_HOURS)  # means, in the code of `compact`
    recent: Array = column(np.float32, 2, RECENT, fill=np.nan)  # means of the last buckets
    last_bucket: Array = column(np.int32, 2, fill=-1)  # newest with a sample
    buckets_seen: Array = column(np.int32, 2)
    level: Array = column(np.float32, 2)  # damped trend, per bucket
    trend: Array = column(np.float32, 2)

    made: Array = column(np.uint8, 2)  # bit j: a forecast was made j hours before `origin`
    pending_experts: Array = column(np.uint16, 2, _P, _E)  # in the code of `compact`
    pending: Array = column(np.float32, 2, _P, 3)  # p05, p50, p95
    losses: Array = column(np.float32, 2, _L, _E)  # discounted sums of absolute errors
    loss: Array = column(np.float32, 2, _L)  # the same of the forecast itself
    margins: Array = column(np.float32, 2, _L, 2, fill=INITIAL_MARGIN)  # below and above p50, in mean absolute errors

    absolute_errors: Array = column(np.float64, 2, _L)  # sums over all scored forecasts
    actuals: Array = column(np.float64, 2, _L)
    scored: Array = column(np.int32, 2, _L)
    covered: Array = column(np.int32, 2, _L)  # actual <= p95

    quantiles: Array = column(np.float32, 2, _L, 3, fill=np.nan)  # the latest forecast
    origin: Array = column(np.int32, 2, fill=-1)
