"""What is seen to come: quantiles of each series' highest sample until the next change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from engine.core.nowcast.features import features
from engine.core.nowcast.network import LEVELS, Weights, quantiles
from engine.core.nowcast.prior import load
from engine.core.nowcast.ratio import PAD
from engine.core.nowcast.record import Ended
from engine.core.nowcast.state import NowcastRows
from engine.core.rows import Array

HALF_HOUR: Final = 6
FIRST_AFTER: Final = 3
"""Windows that a series must have shown."""
_WEIGHTS: Final[dict[tuple[float, int], Weights]] = load()


@dataclass(frozen=True, slots=True)
class Sight:
    """Of m series: their row and resource int64 [m], level and usual usage float32 [m], in cores and bytes.

    quantiles: float32 [m, LEVELS], natural logarithms of padded ratios to the level. until_s: how far it is seen.
    """

    until_s: float

    row: Array
    resource: Array
    level: Array
    usual: Array
    quantiles: Array

    def amounts(self, levels: tuple[float, ...]) -> Array:
        """The quantiles at these LEVELS, float64 [m, levels] in cores and bytes."""
        found = self.quantiles[:, [LEVELS.index(level) for level in levels]].astype(np.float64)
        amount: Array = ((1 + float(PAD)) * np.exp(found) - float(PAD)) * self.level[:, None]
        return np.maximum(amount, 0.0)


def see(rows: NowcastRows, ended: Ended, last: Array, previous: Array, cadence_s: float) -> Sight:
    """Quantiles until the next change, one of CADENCES_S later, of the series of `ended` that have shown enough.

    last, previous: each row's latest two samples by resource, float64 [n, 2]; NaN = none.
    """
    at = ended.row, ended.resource
    seen, level = features(rows, ended, last[at].astype(np.float32), previous[at].astype(np.float32))
    found = np.empty((len(ended.row), len(LEVELS)), np.float32)
    for resource in range(2):
        which = np.flatnonzero(ended.resource == resource)
        some = np.empty((len(which), len(LEVELS)), np.float32)
        quantiles(_WEIGHTS[cadence_s, resource], seen[which], some)
        found[which] = some
    usual = np.maximum(rows.levels[at][:, 0], np.float32(1e-3) * level)
    enough = np.flatnonzero(rows.windows[at] >= FIRST_AFTER)
    return Sight(cadence_s, ended.row[enough], ended.resource[enough], level[enough], usual[enough], found[enough])
