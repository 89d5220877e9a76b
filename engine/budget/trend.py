"""A robust trend of daily values, and when it reaches a cap.

Theil-Sen: the median of the slopes between all pairs of days (Sen, "Estimates of the regression coefficient based on
Kendall's tau", Journal of the American Statistical Association 1968), whose interval is by the normal approximation of
Kendall's statistic. Up to 29 % of the days may be anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, sqrt
from typing import Final

import numpy as np

from engine.core.rows import Array

LEAST_DAYS: Final = 4
"""With fewer, the interval of the slope is without bounds."""
_Z90: Final = 1.645
_WIDENED: Final = 2.0
FURTHEST: Final = 2
"""No statement is made for further ahead than so many times the days that were seen."""


@dataclass(frozen=True, slots=True)
class Trend:
    """`slope` per day, within `lower`..`upper` at 90 %; `level`, the line's value at the end of the last of `days`.

    `spread`: twice what no more than a tenth of the days were further from the line; days are few and not independent,
    and with once as much it covered too little (`python -m benchmarks.budgets`).
    """

    days: int
    slope: float
    lower: float
    upper: float
    level: float
    spread: float

    def reaches(self, cap: float) -> tuple[float, float, float] | None:
        """Days from the end until the line reaches `cap`: (earliest, expected, latest), inf for never within 90 %.

        None where that is not expected within FURTHEST times the days seen. The earliest and latest are those of the
        steepest and flattest slope, a spread above and below the line.
        """
        expected = _days(cap - self.level, self.slope)
        if expected > FURTHEST * self.days:
            return None
        earliest = _days(cap - self.level - self.spread, self.upper)
        return earliest, expected, _days(cap - self.level + self.spread, self.lower)


def _days(distance: float, slope: float) -> float:
    if distance <= 0:
        return 0.0
    return distance / slope if slope > 0 else inf


def trend(daily: Array) -> Trend | None:
    """The trend of one value a day, float64 [days], the last now; None with fewer than LEAST_DAYS."""
    count = len(daily)
    if count < LEAST_DAYS:
        return None
    day = np.arange(count) - (count - 0.5)  # the middle of each, from the end of the last
    left, right = np.triu_indices(count, 1)
    slopes = np.sort((daily[right] - daily[left]) / (right - left))
    slope = float(np.median(slopes))
    off = _Z90 * sqrt(count * (count - 1) * (2 * count + 5) / 18)
    low = int(np.floor((len(slopes) - off) / 2))
    high = int(np.ceil((len(slopes) + off) / 2))
    level = float(np.median(daily - slope * day))
    spread = _WIDENED * float(np.percentile(np.abs(daily - slope * day - level), 90, method="higher"))
    return Trend(count, slope, float(slopes[max(low, 0)]), float(slopes[min(high, len(slopes) - 1)]), level, spread)
