"""What a container's forecast remembers: about 3 kB for both resources.

Axis 0 is the container, axis 1 the resource (0 CPU, 1 memory). Amounts are in `unit`s, the first positive mean of the
series, so that a forecast of a thousand times as much is a thousand times as high, to the bit but for rounding. A
position in a ring is a function of the bucket's index alone: what a row holds depends on its own samples only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine.core.forecast.compact import ZERO
from engine.core.rows import Array, Rows, column

HOUR: Final = 12
"""Buckets of 5 minutes in an hour. Rows learn, and forecast, at buckets that are multiples of this."""
LEADS: Final = (3, 6, 12, 24, 48)
"""Leads of the forecast, in buckets: 15 min, 30 min, 1 h, 2 h, 4 h."""

EXPERTS: Final = (
    "last",
    "median_half_hour",
    "median_3h",
    "mode_3h",
    "lower_median",
    "median_24_hours",
    "hour_mean_and_minute",
    "yesterday",
    "low_of_7_days",
    "same_kind_of_day",
    "mean_3_days_shifted",
    "median_profile_scaled",
    "last_week_shifted",
    "similar_day",
    "similar_6_hours_shifted",
    "similar_half_day_shifted",
    "similar_stretches",
    "damped_trend",
)
LEARNED: Final = (12, 48)
"""Leads at which the experts' records are kept; others take the records of the nearest, or of both."""
DAYS: Final = 13
"""Whole days remembered, besides the present one: the week that profiles need, and a library of similar days."""
RECENT: Final = 36
"""Buckets remembered one by one: three hours."""
PARTS: Final = 4
"""Parts of the day for which experts have a record of their own."""
WINDOWS: Final = (12, 24, 48)
"""Windows whose maximum is forecast, in buckets: the next 1 h, 2 h, 4 h; all of them leads."""
ONE: Final = 8192
"""Margins and ratios are fixed-point: 1 is stored as this."""

Series = tuple[NDArray[np.intp], NDArray[np.intp]]
"""Some of a table's (row, resource) pairs, as numpy's index arrays."""

_E = len(EXPERTS)
_WAITING: Final = sum(lead // HOUR for lead in LEARNED)
_ENDING: Final = sum(window // HOUR for window in WINDOWS)
_DUE: Final = sum(max(1, lead // HOUR) for lead in LEADS)


@dataclass(slots=True)
class ForecastRows(Rows):
    """Amounts are in units of the series, `uint16` ones in the code of `compact`. Buckets are `end_s // 300`."""

    unit: Array = column(np.float64, 2)  # compute units or bytes; 0 before the first positive mean
    days: Array = column(np.uint8, 2, DAYS, 2, 24)  # hours' means, and the buckets that end on the hour; code of `days`
    day_ends: Array = column(np.uint16, 2, DAYS, 2)
    today: Array = column(np.uint16, 2, 2, 24)
    recent: Array = column(np.uint16, 2, RECENT)  # means of the last buckets
    last_bucket: Array = column(np.int32, 2, fill=-1)  # newest with a sample
    buckets_seen: Array = column(np.int32, 2)
    level: Array = column(np.float32, 2)  # damped trend, per bucket
    trend: Array = column(np.float32, 2)

    made: Array = column(np.uint8, 2)  # bit j: a forecast was made j hours before `origin`
    pending_experts: Array = column(np.uint8, 2, _WAITING, _E)  # as `days` are kept, this and the next
    pending_ends: Array = column(np.uint16, 2, _WAITING, 2)
    losses: Array = column(np.uint16, 2, len(LEARNED), _E, fill=ZERO)  # discounted sums of absolute errors
    part_losses: Array = column(np.uint16, 2, PARTS, _E, fill=ZERO)  # the same by the part of the day of the target

    pending: Array = column(np.uint16, 2, _DUE)  # p50 of the forecasts that wait, and of the latest
    pending_widths: Array = column(np.uint16, 2, _DUE, 4)  # from p50 to p05, p90, p95, p99
    loss: Array = column(np.uint16, 2, len(LEADS), fill=ZERO)  # discounted sum of the forecast's own errors
    margins: Array = column(np.int16, 2, len(LEADS), 4)  # of `quantiles`, as the next two
    part_margins: Array = column(np.int16, 2, PARTS, 2)
    part_ratio: Array = column(np.uint16, 2, PARTS, fill=ONE)

    highest: Array = column(np.uint16, 2, 4)  # sample of each of the last hours; this and the next of `window_maximum`
    window_pending: Array = column(np.uint16, 2, _ENDING, 2)  # those that have not ended, and the latest
    window_margins: Array = column(np.int16, 2, len(WINDOWS), 4)
    window_excess: Array = column(np.uint16, 2, len(WINDOWS))
    window_scored: Array = column(np.uint8, 2, len(WINDOWS))

    absolute_errors: Array = column(np.float32, 2, len(LEADS))  # sums over all scored forecasts
    actuals: Array = column(np.float32, 2, len(LEADS))
    scored: Array = column(np.uint16, 2, len(LEADS))  # this and the next stop at 65,535: seven years
    covered: Array = column(np.uint16, 2, len(LEADS))  # actual <= p95

    origin: Array = column(np.int32, 2, fill=-1)
