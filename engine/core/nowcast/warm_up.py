"""Compile all that is compiled, or load it from the cache, so that no batch has to wait for it."""

from __future__ import annotations

import numpy as np

from engine.core.nowcast.price import requests
from engine.core.nowcast.prior import CADENCES_S
from engine.core.nowcast.record import end_window, note
from engine.core.nowcast.sight import FIRST_AFTER, see
from engine.core.nowcast.state import NowcastRows


def warm_up() -> None:
    """A made-up container is seen until there is something to be requested."""
    rows, usage, index = NowcastRows.empty(1), np.ones((1, 2)), np.zeros(1, np.int64)
    for window in range(1, FIRST_AFTER + 1):
        note(rows, index, usage)
        sight = see(rows, end_window(rows, window, index), usage, usage, CADENCES_S[0])
    requests(rows, sight, np.full(len(sight.row), 0.01), np.ones(len(sight.row)))
