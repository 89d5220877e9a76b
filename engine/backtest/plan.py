"""What is asked of a backtest: from which origins, how far ahead, and which of the forecasts make the score."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from engine.backtest.model import Buckets, Mask, Series
from engine.errors import UserError
from engine.units import BUCKET_S

SILENT_AFTER: Final = 12
"""A series that was silent for so many buckets is not forecast; until then it is, as nobody knows that it has ended."""
FARTHEST: Final = 288
"""Buckets that the engine can look ahead: a day."""


@dataclass(frozen=True, slots=True)
class Plan:
    """`leads` and `every` in buckets.

    Scored are targets in the last `score_last` buckets of a series that are not among its first `score_skip`.
    """

    leads: tuple[int, ...]
    every: int
    score_last: int
    score_skip: int

    def origins(self, first: int, last: int) -> Buckets:
        """The origins of a series that has samples from bucket `first` to `last`: multiples of `every`."""
        begin = -(-first // self.every)
        return np.arange(begin, (last + SILENT_AFTER) // self.every + 1, dtype=np.int64) * self.every

    def scored(self, series: Series, targets: Buckets) -> Mask:
        """Which of the targets make the score, bool of the same shape."""
        place = targets - series.first
        counted: Mask = place >= max(len(series.mean) - self.score_last, self.score_skip)
        return counted


def buckets_of(text: str, option: str, highest: int | None = None) -> int:
    """A time such as `15m`, `4h`, `7d` or `3600s`, in buckets. Raises UserError."""
    units = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
    number, unit = text.strip()[:-1], text.strip()[-1:]
    if unit not in units or not number.replace(".", "", 1).isdigit():
        raise UserError(f"{option}: expected a time such as 15m, 4h or 7d, got {text!r}.")
    time_s = float(number) * units[unit]
    if time_s % BUCKET_S or time_s < BUCKET_S:
        raise UserError(f"{option}: expected a multiple of 5 minutes, got {text!r}.")
    if highest is not None and time_s > highest * BUCKET_S:
        raise UserError(f"{option}: expected at most {highest * BUCKET_S // 3600} hours, got {text!r}.")
    return int(time_s // BUCKET_S)


def leads_of(text: str, option: str = "--leads") -> tuple[int, ...]:
    """Leads such as `15m,2h,4h`, ascending. Raises UserError."""
    return tuple(sorted({buckets_of(part, option, FARTHEST) for part in text.split(",")}))
