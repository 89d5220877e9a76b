"""Windows of the clock, in time zones, over midnight, and where the clock is put forward or back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from math import isnan
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engine.core.windows import day_and_clock, in_window, next_opening, open_sets, unknown_zones
from engine.messages import Window
from engine.messages.policy import DAYS, Day
from engine.zones import utc_offset_s, zone_names, zone_of

BERLIN = "Europe/Berlin"
WEEKDAYS: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri")


def window(begin: str, end: str, days: tuple[Day, ...] = DAYS, zone: str = BERLIN) -> Window:
    return Window(days=days, from_=begin, to=end, time_zone=zone)


def is_open(one: Window, moment: str, zone: str = BERLIN, fold: int = 0) -> bool:
    """At a time of the wall clock."""
    time = datetime.fromisoformat(moment).replace(tzinfo=ZoneInfo(zone), fold=fold)
    return in_window([one], time.timestamp(), utc_offset_s)


@pytest.mark.parametrize(
    ("moment", "expected"),
    [  # 2026-06-05 is a Friday
        ("2026-06-05 21:59:59", False), ("2026-06-05 22:00", True), ("2026-06-06 05:59:59", True),
        ("2026-06-06 06:00", False), ("2026-06-06 22:30", False), ("2026-06-07 03:00", False),
        ("2026-06-08 03:00", False), ("2026-06-08 22:00", True), ("2026-06-09 03:00", True),
    ],
)  # fmt: skip
def test_nights_after_weekdays(moment: str, expected: bool) -> None:
    """The days are those on which the window begins: Friday's goes into Saturday, none into Monday."""
    assert is_open(window("22:00", "06:00", WEEKDAYS), moment) is expected


@pytest.mark.parametrize(("begin", "end"), [("00:00", "24:00"), ("00:00", "00:00"), ("08:00", "08:00")])
def test_a_whole_day(begin: str, end: str) -> None:
    assert all(is_open(window(begin, end), f"2026-06-05 {hour:02}:30") for hour in range(24))
    assert is_open(window("00:00", "24:00", ("fri",)), "2026-06-05 23:59")
    assert not is_open(window("00:00", "24:00", ("fri",)), "2026-06-06 00:00")


def test_where_the_clock_is_put_forward() -> None:
    """2026-03-29 in Berlin: after 01:59:59 comes 03:00. An hour of the window is not there; one may be empty."""
    night = window("01:00", "04:00")
    opened = [in_window([night], at, utc_offset_s) for at in _minutes("2026-03-28 23:00", 22 * 60)]
    assert sum(opened) == 120
    assert not any(in_window([window("02:00", "03:00")], at, utc_offset_s) for at in _minutes("2026-03-28 23:00", 180))


def test_where_the_clock_is_put_back() -> None:
    """2026-10-25 in Berlin: 02:00 to 03:00 is there twice, and so is the window."""
    opened = [in_window([window("02:00", "03:00")], at, utc_offset_s) for at in _minutes("2026-10-24 22:00", 600)]
    assert sum(opened) == 120
    assert is_open(window("02:00", "03:00"), "2026-10-25 02:30", fold=1)


def _minutes(moment: str, count: int) -> list[float]:
    """In UTC."""
    begin = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    return [(begin + timedelta(minutes=n)).timestamp() for n in range(count)]


@given(
    st.datetimes(datetime(1990, 1, 1), datetime(2099, 1, 1)),
    st.sampled_from(["UTC", BERLIN, "America/New_York", "Asia/Kolkata", "Pacific/Apia", "Australia/Lord_Howe"]),
    st.integers(0, 23), st.integers(0, 23), st.sets(st.sampled_from(DAYS), min_size=1),
)  # fmt: skip
def test_as_the_calendar_says(moment: datetime, zone: str, begin: int, end: int, days: set[Day]) -> None:
    """Against the standard library's calendar."""
    time_s = moment.replace(tzinfo=UTC).timestamp()
    local = datetime.fromtimestamp(time_s, zone_of(zone))
    today, yesterday = (DAYS[(local.weekday() - back) % 7] in days for back in (0, 1))
    if begin < end:
        expected = today and begin <= local.hour < end
    else:
        expected = (today and local.hour >= begin) or (yesterday and local.hour < end)
    one = window(f"{begin:02}:00", f"{end:02}:00", tuple(day for day in DAYS if day in days), zone)
    assert in_window([one], time_s, utc_offset_s) is expected


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31)),
    st.sampled_from(["UTC", BERLIN, "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"]),
    st.lists(
        st.tuples(st.integers(0, 23), st.integers(1, 23), st.sets(st.sampled_from(DAYS), min_size=1)),
        min_size=1, max_size=3,
    ),
)  # fmt: skip
@example(datetime(2026, 4, 3, 4), "Australia/Lord_Howe", [(15, 1, {"fri"})])  # put back by half an hour two days later
def test_the_next_opening_is_the_first_begin_by_the_clock(
    moment: datetime, zone: str, some: list[tuple[int, int, set[Day]]]
) -> None:
    """Against every half hour of nine days. Only where the clock is put forward over it, it is up to an hour late."""
    windows = [window(f"{begin:02}:00", f"{(begin + hours) % 24:02}:00", tuple(sorted(days, key=DAYS.index)), zone)
               for begin, hours, days in some]  # fmt: skip
    half = moment.replace(tzinfo=UTC).timestamp() // 1800 * 1800
    first = next(
        at for at in (half + 1800 * n for n in range(1, 9 * 48))
        if any(in_window([one], at, utc_offset_s) and not in_window([one], at - 1, utc_offset_s) for one in windows)
    )  # fmt: skip
    late_s = next_opening(windows, half + 1, 600.0, utc_offset_s) - first
    put_forward = utc_offset_s(zone, first) > utc_offset_s(zone, first - 1)
    assert 0 <= late_s <= (3600 if put_forward else 0)


def test_the_next_opening() -> None:
    """2026-06-05 is a Friday. One that is too short for a command opens when another joins on, or never."""
    friday = datetime(2026, 6, 5, 12, tzinfo=UTC).timestamp()
    nights = window("22:00", "06:00", WEEKDAYS)
    monday = [window("08:00", "08:05", ("mon",), "UTC"), window("08:05", "09:00", ("mon",), "UTC")]
    assert next_opening([nights], friday, 600.0, utc_offset_s) == friday + 8 * 3600  # 20:00 UTC
    assert next_opening([nights], friday + 8 * 3600, 600.0, utc_offset_s) == friday + 80 * 3600
    assert next_opening(monday, friday, 600.0, utc_offset_s) == friday + 68 * 3600
    assert isnan(next_opening(monday[:1], friday, 600.0, utc_offset_s))
    assert isnan(next_opening([window("08:00", "09:00", zone="Mars/Olympus")], friday, 600.0, utc_offset_s))
    assert day_and_clock(friday + 68 * 3600) == "mon 08:00 UTC"


def test_sets_and_no_windows() -> None:
    noon = datetime(2026, 6, 5, 10, tzinfo=UTC).timestamp()  # 12:00 in Berlin
    sets = [[window("22:00", "06:00"), window("11:00", "13:00")], [window("13:00", "14:00")]]
    assert open_sets(sets, noon, utc_offset_s).tolist() == [True, False, True]
    assert open_sets([], noon, utc_offset_s).tolist() == [True]


def test_a_zone_that_is_none_is_never_open() -> None:
    mars = [window("00:00", "24:00", zone="Mars/Olympus")]
    assert not in_window(mars, 0.0, utc_offset_s)
    assert unknown_zones([mars, [window("00:00", "24:00")]], utc_offset_s) == ["Mars/Olympus"]


def test_zones_come_from_the_package() -> None:
    assert {"UTC", BERLIN, "America/New_York"} <= zone_names()
    for name in ("../zones", "/etc/passwd", ""):
        with pytest.raises(LookupError):
            zone_of(name)
