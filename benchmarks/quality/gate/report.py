"""What the gate gives on either half: WAPE of the scored targets, beside the mixture by records alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from benchmarks.quality.gate.collect import Examples
from benchmarks.quality.gate.network import Network
from benchmarks.quality.gate.train import forecasts
from benchmarks.quality.tables import NONE, RESOURCES, Grid
from engine.core.forecast import LEADS
from engine.core.forecast.mixture import SHARPNESS
from engine.core.rows import Array

_HOURS: Final = {"2 h": LEADS.index(24), "4 h": LEADS.index(48)}
_HEADS: Final = ("even: records", "gate", "geometric", "odd: records", "gate", "geometric")


def report(found: Sequence[Examples], network: Network) -> Iterator[Grid]:
    """Tables by resource and lead: median / mean WAPE over the series, and the geometric mean of the ratios."""
    records = Network.records_alone(network, SHARPNESS)
    wape = [(one, _wape(one, forecasts(records, one)), _wape(one, forecasts(network, one))) for one in found]
    for resource, of_resource in enumerate(RESOURCES):
        for about, lead in _HOURS.items():
            grid = Grid(f"{RESOURCES[of_resource]}, {about}", ["source", *_HEADS])
            for source in dict.fromkeys(one.source for one in found):
                cells: list[str] = []
                for even in (True, False):
                    some = [
                        (before[lead], after[lead])
                        for one, before, after in wape
                        if (one.source, one.resource, one.even) == (source, resource, even)
                    ]
                    cells += _cells(np.array(some).reshape(-1, 2))
                if any(cell != NONE for cell in cells):
                    grid.rows.append([source, *cells])
            yield grid


def _wape(one: Examples, said: Array) -> Array:
    """[leads]; NaN without a scored target."""
    known = one.scored & ~np.isnan(one.actual) & ~np.isnan(said)
    error = np.where(known, np.abs(said - one.actual), 0).sum(axis=0)
    amount = np.where(known, np.abs(one.actual), 0).sum(axis=0)
    wape: Array = np.divide(error, amount, out=np.full_like(error, np.nan), where=amount > 0)
    return wape


def _cells(pairs: Array) -> list[str]:
    pairs = pairs[~np.isnan(pairs).any(axis=1)]
    if not len(pairs):
        return [NONE] * 3
    off = pairs[(pairs > 1e-4).all(axis=1)]
    ratio = np.exp(np.log(off[:, 1] / off[:, 0]).mean()) if len(off) else np.nan
    return [*(f"{np.median(side):.3f} / {side.mean():.3f}" for side in pairs.T), f"{ratio:.3f}"]
