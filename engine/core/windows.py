"""Whether a moment lies in a window of the clock, in the window's own time zone.

By the clock on the wall: where it is put forward, an hour of a window is left out; where it is put back, it is there
twice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from engine.core.rows import Array
from engine.messages import Window
from engine.messages.policy import DAYS

UtcOffset = Callable[[str, float], float]
"""Seconds that a zone's clocks are ahead of UTC at a time; raises LookupError for what is no zone."""
DAY_S: Final = 86_400
_THURSDAY: Final = DAYS.index("thu")
"""1970-01-01 was one."""


def in_window(windows: Sequence[Window], time_s: float, utc_offset_s: UtcOffset) -> bool:
    """Whether any of the windows is open at `time_s`. One whose time zone is not known never is."""
    return any(_is_open(window, time_s, utc_offset_s) for window in windows)


def open_sets(window_sets: Sequence[Sequence[Window]], time_s: float, utc_offset_s: UtcOffset) -> Array:
    """Whether each set is open, bool [n + 1]; the last, index -1, stands for "no windows" and always is."""
    return np.array([*(in_window(windows, time_s, utc_offset_s) for windows in window_sets), True], dtype=np.bool_)


def unknown_zones(window_sets: Sequence[Sequence[Window]], utc_offset_s: UtcOffset) -> list[str]:
    """Names in the windows that are no zones, sorted."""
    found = {window.time_zone for windows in window_sets for window in windows}
    return sorted(name for name in found if _offset(name, 0.0, utc_offset_s) is None)


def _is_open(window: Window, time_s: float, utc_offset_s: UtcOffset) -> bool:
    offset = _offset(window.time_zone, time_s, utc_offset_s)
    if offset is None:
        return False
    day, second = divmod(time_s + offset, DAY_S)
    begin, end = _seconds(window.from_), _seconds(window.to)
    if begin < end:
        return _on(window, day) and begin <= second < end
    return (_on(window, day) and second >= begin) or (_on(window, day - 1) and second < end)


def _on(window: Window, day: float) -> bool:
    """Whether the window begins on this day, counted from 1970-01-01."""
    return DAYS[int(day + _THURSDAY) % 7] in window.days


def _seconds(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 3600 + int(minutes) * 60


def _offset(zone: str, time_s: float, utc_offset_s: UtcOffset) -> float | None:
    try:
        return utc_offset_s(zone, time_s)
    except LookupError:
        return None
