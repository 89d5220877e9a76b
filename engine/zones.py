"""Time zones, from the package `tzdata` and nothing else: what a machine has installed has no say.

So a window opens at the same second wherever and whenever events are folded with the same version of that package.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo


@cache
def zone_names() -> frozenset[str]:
    """Names such as `Europe/Berlin`."""
    return frozenset(files("tzdata").joinpath("zones").read_text(encoding="utf-8").split())


@cache
def zone_of(name: str) -> ZoneInfo:
    """Raises LookupError for a name that is no zone."""
    if name not in zone_names():
        raise LookupError(f"{name!r} is no time zone")
    with files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as file:
        return ZoneInfo.from_file(file, key=name)


def utc_offset_s(name: str, time_s: float) -> float:
    """Seconds that the zone's clocks are ahead of UTC at `time_s`. Raises LookupError for a name that is no zone."""
    offset = datetime.fromtimestamp(time_s, UTC).astimezone(zone_of(name)).utcoffset()
    assert offset is not None
    return offset.total_seconds()
