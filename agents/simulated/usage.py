"""What a cluster lets through of what its containers want."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.units import CPU, MEMORY

Floats = NDArray[np.float64]


def let_through(demand: Floats, limit: Floats) -> tuple[Floats, Floats, NDArray[np.int64]]:
    """Usage of n containers under their limits: `(usage[n, 2], throttled[n], oom_kills[n])`.

    demand, limit: [n, 2], CPU in cores and memory in bytes. A NaN limit is none; NaN demand is no sample and stays so.
    CPU above its limit is throttled: usage is the limit, and the share of demand that was not served stands for the
    share of CFS periods throttled, 1 - limit/demand. Memory above its limit ends in an OOM kill (1, else 0), with
    usage at the limit.

    >>> let_through(np.array([[2.0, 100.0]]), np.array([[0.5, 80.0]]))
    (array([[ 0.5, 80. ]]), array([0.75]), array([1]))
    """
    over = demand > limit
    usage = np.where(over, limit, demand)
    throttled = np.zeros(len(demand))
    np.divide(limit[:, CPU], demand[:, CPU], out=throttled, where=over[:, CPU])
    throttled = np.where(over[:, CPU], 1.0 - throttled, 0.0)
    return usage, throttled, over[:, MEMORY].astype(np.int64)
