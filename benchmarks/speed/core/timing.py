"""Processor time of one process: the wall's is noise on a machine that others use too."""

from __future__ import annotations

import gc
import time
import tracemalloc
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def timed(work: Callable[[], T]) -> tuple[float, T]:
    """Nanoseconds, and what came of it."""
    begun = time.process_time_ns()
    result = work()
    return float(time.process_time_ns() - begun), result


def nanoseconds(work: Callable[[], object], least_s: float = 0.2) -> float:
    """Mean of as many calls as take `least_s` together, after one that is not counted."""
    work()
    calls, spent = 0, 0.0
    while spent < least_s * 1e9:
        spent += timed(work)[0]
        calls += 1
    return spent / calls


def peak_bytes(work: Callable[[], object]) -> int:
    """Most bytes that were allocated at once during one call, above what there was before."""
    work()
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    work()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak - before
