"""How the times of a trace read: as dates, or as days where the trace counts from its start."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from engine.backtest.model import Buckets
from engine.units import BUCKET_S

CALENDAR_S: Final = 1e8
"""Times before this (1973) count from the start of the trace."""


def is_calendar(first: int) -> bool:
    """Whether a trace with this first bucket is dated."""
    return first * BUCKET_S >= CALENDAR_S


def times(buckets: Buckets, first: int) -> Any:
    """Ends of buckets for an axis of plotly: dates (UTC), or days."""
    if not is_calendar(first):
        return (buckets * BUCKET_S / 86_400).round(4).tolist()
    return (buckets * BUCKET_S).astype("datetime64[s]").astype(str).tolist()


def when(bucket: int, first: int) -> str:
    """The end of a bucket in words: `2022-07-01 12:00 UTC`, or `day 3.25 (280800 s)`."""
    time_s = bucket * BUCKET_S
    if not is_calendar(first):
        return f"day {time_s / 86_400:.2f} ({time_s} s)"
    return datetime.fromtimestamp(time_s, UTC).strftime("%Y-%m-%d %H:%M UTC")
