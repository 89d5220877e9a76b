"""Whether a moment lies in a window of the clock, in the window's own time zone.

By the clock on the wall: where it is put forward, an hour of a window is left out; where it is put back, it is there
twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

import numpy as np

from engine.core.rows import Array
from engine.messages import Window
from engine.messages.policy import DAYS
from engine.units import DAY_S, HOUR_S

UtcOffset = Callable[[str, float], float]
"""Seconds that a zone's clocks are ahead of UTC at a time; raises LookupError for what is no zone."""
_THURSDAY: Final = DAYS.index("thu")
"""1970-01-01 was one."""


def in_window(windows: Sequence[Window], time_s: float, utc_offset_s: UtcOffset) -> bool:
    """Whether any of the windows is open at `time_s`. One whose time zone is not known never is."""
    return any(_is_open(window, time_s, utc_offset_s) for window in windows)


def open_sets(window_sets: Sequence[Sequence[Window]], time_s: float, utc_offset_s: UtcOffset) -> Array:
    """Whether each set is open, bool [n + 1]; the last, index -1, stands for "no windows" and always is."""
    return np.array([*(in_window(windows, time_s, utc_offset_s) for windows in window_sets), True], dtype=np.bool_)


def next_opening(windows: Sequence[Window], time_s: float, lasting_s: float, utc_offset_s: UtcOffset) -> float:
    """The first time after `time_s` at which a window opens and one is open `lasting_s` later, too; NaN for none.

    Where the clock is put forward over the begin of a window, it is up to that hour late.
    """
    starts = sorted(start for window in windows for start in _starts(window, time_s, utc_offset_s))
    lasting = (s for s in starts if all(in_window(windows, t, utc_offset_s) for t in (s, s + lasting_s)))
    return next(lasting, float("nan"))


def unknown_zones(window_sets: Sequence[Sequence[Window]], utc_offset_s: UtcOffset) -> list[str]:
    """Names in the windows that are no zones, sorted."""
    found = {window.time_zone for windows in window_sets for window in windows}
    return sorted(name for name in found if _offset(name, 0.0, utc_offset_s) is None)


def day_and_clock(time_s: float) -> str:
    """As policies write it, in UTC: "sat 08:00 UTC"."""
    day, second = divmod(int(time_s), DAY_S)
    return f"{DAYS[(day + _THURSDAY) % 7]} {second // HOUR_S:02}:{second // 60 % 60:02} UTC"


def _is_open(window: Window, time_s: float, utc_offset_s: UtcOffset) -> bool:
    offset = _offset(window.time_zone, time_s, utc_offset_s)
    if offset is None:
        return False
    day, second = divmod(time_s + offset, DAY_S)
    begin, end = _seconds(window.from_), _seconds(window.to)
    if begin < end:
        return _on(window, day) and begin <= second < end
    return (_on(window, day) and second >= begin) or (_on(window, day - 1) and second < end)


def _starts(window: Window, time_s: float, utc_offset_s: UtcOffset) -> Iterator[float]:
    """When the window begins after `time_s`, within eight days."""
    offset = _offset(window.time_zone, time_s, utc_offset_s)
    if offset is None:
        return
    today = (time_s + offset) // DAY_S
    for day in (today + ahead for ahead in range(9)):
        if _on(window, day):
            begin = day * DAY_S + _seconds(window.from_)
            yield from (start for start in _at_clock(begin, window.time_zone, utc_offset_s) if start > time_s)


def _at_clock(local_s: float, zone: str, utc_offset_s: UtcOffset) -> list[float]:
    """When the zone's clock shows this: once, or twice where it is put back. Where it is put forward over it, by the
    offsets from before and after."""
    found = sorted({local_s - utc_offset_s(zone, known_s) for known_s in (local_s - DAY_S, local_s + DAY_S)})
    return [start for start in found if start + utc_offset_s(zone, start) == local_s] or found


def _on(window: Window, day: float) -> bool:
    """Whether the window begins on this day, counted from 1970-01-01."""
    return DAYS[int(day + _THURSDAY) % 7] in window.days


def _seconds(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * HOUR_S + int(minutes) * 60


def _offset(zone: str, time_s: float, utc_offset_s: UtcOffset) -> float | None:
    try:
        return utc_offset_s(zone, time_s)
    except LookupError:
        return None
