"""What a trace shows of each container's usage, by resource (cores, bytes)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.backtest.buckets import Bucketed
from engine.core.rows import Array


@dataclass(frozen=True, slots=True)
class Used:
    """float64 [n, 2] in cores and bytes, NaN where the trace has no value.

    `p50` and `p95` are of the 5-minute means, so that a minute counts the same however often it was sampled; `peak` is
    the highest sample. `idle` is the mean of what was requested and not used (nothing, where use was above the
    request), NaN also without a request.
    """

    p50: Array
    p95: Array
    peak: Array
    idle: Array


def used(series: Sequence[Bucketed | None], request: Array) -> Used:
    """Over the whole of each series; None is a container without one. `request` float64 [n, 2], NaN "not set"."""
    found = np.full((4, len(series), 2), np.nan)
    for row, one in enumerate(series):
        for resource in (0, 1) if one is not None else ():
            assert one is not None
            mean = _known(one.mean[:, resource])
            if len(mean):
                idle = np.maximum(request[row, resource] - mean, 0.0).mean()
                peak = _known(one.peak[:, resource]).max()
                found[:, row, resource] = *np.percentile(mean, [50, 95]), peak, idle
    return Used(*found)


def _known(values: Array) -> Array:
    return values[~np.isnan(values)]
