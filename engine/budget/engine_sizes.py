"""What the engine would request at the end of a trace: its own rows of state, forecast and sizing, as live.

A slot is fed with the closed buckets; nothing here forecasts or sizes. The gates of a decision are not asked: what is
wanted is where its steps would lead, cuts taking half of a request at a time at most.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.backtest.buckets import Bucketed
from engine.backtest.online import closes
from engine.core.context import Context
from engine.core.decide import observe_peaks
from engine.core.decide.facts import gather
from engine.core.forecast import observe
from engine.core.placement import believe
from engine.core.rows import Array
from engine.core.state import SlotState
from engine.messages import ContainerSpec
from engine.units import BUCKET_S


def engine_requests(series: Sequence[Bucketed | None], specs: Sequence[ContainerSpec], context: Context) -> Array:
    """Wanted requests float64 [n, 2] in cores and bytes, each at its own series' end; NaN where none can be said.

    That is: no series, fewer than 3 buckets of 5 minutes, or none of this resource within the last hours.
    """
    wanted = np.full((len(specs), 2), np.nan)
    rows = np.array([row for row, one in enumerate(series) if one is not None and len(one.bucket)], dtype=np.int64)
    fed = [one for one in series if one is not None and len(one.bucket)]
    if not fed:
        return wanted
    slot = _slot([specs[row] for row in rows])
    for close in closes(fed):
        observe_peaks(slot.decide, close.bucket, close.peak)
        observe(slot.forecast, close.bucket, close.mean, close.peak)
    last = slot.forecast.last_bucket.max(axis=1)
    for bucket in np.unique(last[last >= 0]).tolist():
        ended = np.flatnonzero(last == bucket)
        wanted[rows[ended]] = gather(slot, ended, bucket, float(bucket * BUCKET_S), context).wanted
    return wanted


def _slot(specs: Sequence[ContainerSpec]) -> SlotState:
    """A slot of these containers. They need no identity here, but a row each."""
    slot = SlotState("budget", 0, 1)
    slot.add_rows([str(row) for row in range(len(specs))])
    believe(slot.placement, np.arange(len(specs)), specs, node_types=[-1] * len(specs), time_s=0.0)
    return slot
