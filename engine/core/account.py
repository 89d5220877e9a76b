"""What is summed of each container: since the beginning, and over the hour that is open. 35 bytes.

Sums are per replica and by buckets; `aggregate` makes hours of a workload, and money, of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from engine.core.rows import Array, Rows, column
from engine.units import BUCKET_S, CPU

if TYPE_CHECKING:
    from engine.core.state import SlotState
    from engine.core.window import Closed

_MOST: Final = np.iinfo(np.uint8).max


@dataclass(slots=True)
class AccountRows(Rows):
    """Pairs are by resource, cores and bytes; what is under `buckets` is of the open hour."""

    promised: Array = column(np.float32)
    """USD a month that the changes applied so far said they would save, net of their raises."""
    saved: Array = column(np.float64)
    """USD really saved in the hours told so far, against the requests from before auto-pilot; raises count against."""

    buckets: Array = column(np.uint8)
    """Buckets with a sample."""
    requested: Array = column(np.float32, 2)
    used: Array = column(np.float32, 2)
    """Sums over those buckets; a request that is not set counts as 0."""
    decisions: Array = column(np.uint8)
    judged: Array = column(np.uint8)
    right: Array = column(np.uint8)
    oom_kills: Array = column(np.uint8)
    evictions: Array = column(np.uint8)
    throttled: Array = column(np.uint8)
    """Buckets with throttling that is not borne."""


HOURLY: Final = (
    "buckets", "requested", "used", "decisions", "judged", "right", "oom_kills", "evictions", "throttled",
)  # fmt: skip


def add_bucket(slot: SlotState, closed: Closed) -> None:
    """A bucket has closed: what was requested and used in it."""
    account = slot.account
    rows = np.flatnonzero(~np.isnan(closed.mean).all(axis=1))
    account.buckets[rows] += np.uint8(1)
    account.requested[rows] += np.nan_to_num(slot.placement.request[rows]).astype(np.float32)
    account.used[rows] += np.nan_to_num(closed.mean[rows]).astype(np.float32)


def count_in_hour(counter: Array, rows: Array | int, amount: Array | int = 1) -> None:
    """Adds whole amounts to an hourly counter at `rows` (without repeats); it stays at 255."""
    counter[rows] = np.minimum(counter[rows].astype(np.int64) + np.asarray(amount, dtype=np.int64), _MOST)


def count_distress(slot: SlotState, rows: Array, oom_kills: Array, evictions: Array) -> None:
    """Kills and evictions of rows int [m] since the scrape before."""
    for counter, amount in ((slot.account.oom_kills, oom_kills), (slot.account.evictions, evictions)):
        if amount.any():
            count_in_hour(counter, rows, np.minimum(amount, _MOST))


def count_throttled(slot: SlotState, rows: Array, before_s: Array) -> None:
    """Counts the buckets of the last distress of CPU; `before_s` [m] is when it was known before this batch."""
    now_s = slot.decide.distress_s[rows, CPU]
    if not (now_s > before_s).any():
        return
    another = (now_s > before_s) & (np.floor(now_s / BUCKET_S) != np.floor(before_s / BUCKET_S))
    count_in_hour(slot.account.throttled, rows, another)
