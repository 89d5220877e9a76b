"""How often what came was at most each quantile: by source, resource and kind of moment."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np

from benchmarks.quality.calibration.collect import Issued
from benchmarks.quality.tables import NONE, RESOURCES, Grid
from engine.backtest.model import Floats, Mask
from engine.core.forecast import LEADS
from engine.core.forecast.state import HOUR, WINDOWS

FEWEST: Final = 100
"""Forecasts without which a share is not shown: a 95 % that holds would be off by 2 points of chance alone."""
KINDS: Final = ("all", "young", "night", "day", "after_shift")
AHEAD: Final = ("≤p05", "≤p50", "≤p90", "≤p95", "≤p99")
MAXIMUM: Final = AHEAD[1:]
Found = Mapping[str, Sequence[Issued]]
"""By source."""
_Of = Callable[[Issued], tuple[Floats, Floats]]
"""Quantiles and what came."""


def by_kind(found: Found) -> Iterator[Grid]:
    """p95 at each kind of moment, of the farthest lead and of the maximum of each window."""
    yield _kinds(found, f"{_hours(LEADS[-1])} ahead", _of_ahead(-1, 3))
    for place, window in enumerate(WINDOWS):
        about = f"the highest sample of the next {_hours(window)}"
        yield _kinds(found, about, _of_maximum(place, 2))


def by_level(found: Found) -> Iterator[Grid]:
    """Every level at every lead and window."""
    for place, lead in enumerate(LEADS):
        yield _levels(found, f"{_hours(lead)} ahead", AHEAD, _of_ahead(place, slice(None)))
    for place, window in enumerate(WINDOWS):
        about = f"the highest sample of the next {_hours(window)}"
        yield _levels(found, about, MAXIMUM, _of_maximum(place, slice(None)))


def _of_ahead(lead: int, level: Any) -> _Of:
    return lambda one: (one.ahead[:, lead][..., level], one.came[:, lead])


def _of_maximum(window: int, level: Any) -> _Of:
    return lambda one: (one.maximum[:, window][..., level], one.highest[:, window])


def _kinds(found: Found, about: str, of: _Of) -> Grid:
    grid = Grid(f"Percent of actuals at most p95 (and forecasts), {about}", ["source", "", *KINDS])
    for source, resource, some in _groups(found):
        cells = []
        for kind in KINDS:
            covered = np.concatenate([_covered(*of(one), one.kinds[kind]) for one in some])
            share = f"{100 * covered.mean():.1f}" if len(covered) >= FEWEST else NONE
            cells.append(f"{share} ({len(covered):,})")
        grid.rows.append([source, RESOURCES[resource], *cells])
    return grid


def _levels(found: Found, about: str, levels: Sequence[str], of: _Of) -> Grid:
    grid = Grid(f"Percent of actuals at most each quantile, {about}", ["source", "", "forecasts", *levels])
    for source, resource, some in _groups(found):
        covered = np.concatenate([_covered(*of(one), one.kinds["all"]) for one in some])
        if len(covered) >= FEWEST:
            shares = [f"{100 * share:.1f}" for share in covered.mean(axis=0)]
            grid.rows.append([source, RESOURCES[resource], f"{len(covered):,}", *shares])
    return grid


def _groups(found: Found) -> Iterator[tuple[str, str, Sequence[Issued]]]:
    for source, every in found.items():
        for resource in RESOURCES:
            if some := [one for one in every if one.resource == resource]:
                yield source, resource, some


def _covered(quantiles: Floats, came: Floats, of_kind: Mask) -> Mask:
    """Bool, of the forecasts whose target is known; quantiles [n] or [n, levels]."""
    known = of_kind & ~np.isnan(came)
    covered: Mask = (came[known] <= quantiles[known].T).T
    return covered


def _hours(buckets: int) -> str:
    return f"{buckets // HOUR} h" if buckets >= HOUR else f"{buckets * 5} min"
