"""How good forecasts were: errors, pinball losses and coverage of one series, resource and lead.

WAPE is sum |actual - median| / sum |actual|. MASE is the mean absolute error over that of the last value (Hyndman &
Koehler 2006, out of sample), over the targets that both forecast. The pinball loss of a quantile q at level t is
t·(actual - q) where the actual is above, (1 - t)·(q - actual) where it is below (Koenker & Bassett 1978); its mean, in
the units of the series. Coverage of a quantile is the share of actuals that are at most the quantile.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np

from engine.backtest.model import Floats, Mask

LEVELS: Final = (0.05, 0.5, 0.95)


@dataclass(frozen=True, slots=True)
class Pairs:
    """Forecasts of one series at one lead and what came, float64 [n] each, NaN = unknown."""

    p05: Floats
    p50: Floats
    p95: Floats
    actual: Floats

    def where(self, mask: Mask) -> Pairs:
        return Pairs(self.p05[mask], self.p50[mask], self.p95[mask], self.actual[mask])


@dataclass(frozen=True, slots=True)
class Score:
    """`n` forecasts with a target; None where nothing can be said."""

    n: int
    wape: float | None
    mase: float | None
    pinball_05: float | None
    pinball_50: float | None
    pinball_95: float | None
    coverage_05: float | None
    coverage_50: float | None
    coverage_95: float | None

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


MEASURES: Final = tuple(name for name in Score.__dataclass_fields__ if name != "n")


def score(pairs: Pairs, last: Floats) -> Score:
    """`last` [n] is the forecast by the last value, of the same origins."""
    pairs, last = _with_target(pairs, last)
    error = np.abs(pairs.actual - pairs.p50)
    both = ~np.isnan(last)
    quantiles = (pairs.p05, pairs.p50, pairs.p95)
    pinball = [_pinball(pairs.actual, q, level) for q, level in zip(quantiles, LEVELS, strict=True)]
    covered = [_covered(pairs.actual, q) for q in quantiles]
    if np.isnan(pairs.p05).all():  # a forecast of points has an error, but no quantile that could cover
        covered[1] = None
    return Score(
        len(error),
        _ratio(error.sum(), np.abs(pairs.actual).sum()),
        _ratio(error[both].sum(), np.abs(pairs.actual - last)[both].sum()),
        *pinball,
        *covered,
    )


def coverage(pairs: Pairs, mask: Mask) -> dict[str, Any]:
    """Number of forecasts with a target among these, and what share of actuals is at most each quantile."""
    some, _ = _with_target(pairs.where(mask), pairs.p50[mask])
    shares = [_covered(some.actual, q) for q in (some.p05, some.p50, some.p95)]
    return {"n": len(some.actual), "05": shares[0], "50": shares[1], "95": shares[2]}


def _with_target(pairs: Pairs, last: Floats) -> tuple[Pairs, Floats]:
    usable = ~np.isnan(pairs.actual) & ~np.isnan(pairs.p50)
    return pairs.where(usable), last[usable]


def _pinball(actual: Floats, quantile: Floats, level: float) -> float | None:
    known = ~np.isnan(quantile)
    above = (actual - quantile)[known]
    return float(np.maximum(level * above, (level - 1) * above).mean()) if known.any() else None


def _covered(actual: Floats, quantile: Floats) -> float | None:
    known = ~np.isnan(quantile)
    return float((actual <= quantile)[known].mean()) if known.any() else None


def _ratio(above: Any, below: Any) -> float | None:
    return float(above / below) if below > 0 else None
