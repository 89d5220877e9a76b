"""Values as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.cli.policy_text import value_text, window_text
from engine.messages import Window
from engine.messages.policy import DAYS, Day
from engine.policy.forms import days, moment, share
from engine.policy.shapes import window
from engine.zones import zone_names


@pytest.mark.parametrize(
    ("text", "expected"),
    [("0.5%", 0.005), ("0.005", 0.005), ("2 %", 0.02), (".1%", 0.001), ("99.9%", 0.999), ("5e-3", 0.005),
     ("5e-1 %", 0.005), ("+1.%", 0.01)],
)
def test_shares_are_exact(text: str, expected: float) -> None:
    assert share(text) == expected


@pytest.mark.parametrize(
    "text",
    ["", "0", "0%", "100%", "1", "1.5",
     "-1%", "%", "half", "1e3", "nan", "inf%", "1e-999999999", "0.5%%"],
)
def test_what_is_no_share(text: str) -> None:
    with pytest.raises(ValueError, match="expected a share"):
        share(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mon-fri", ["mon", "tue", "wed", "thu", "fri"]),
        ("Sat", ["sat"]),
        ("fri-mon", ["mon", "fri", "sat", "sun"]),
        ("wed, mon,mon", ["mon", "wed"]),
    ],
)
def test_days(text: str, expected: list[str]) -> None:
    assert days(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1970-01-02", 86_400.0),
        ("1970-01-01 01:00 UTC", 3600.0),
        ("1970-01-01T01:00", 3600.0),
        ("2026-06-05 12:00 Europe/Berlin", 1_780_653_600.0),  # 10:00 in UTC
        ("2026-06-05T12:00+02:00", 1_780_653_600.0),
    ],
)
def test_moments(text: str, expected: float) -> None:
    assert moment(text) == expected


@pytest.mark.parametrize("text", ["tomorrow", "2026-13-01", "2026-06-05T12:00+02:00 UTC", "12:00", "UTC", ""])
def test_what_is_no_moment(text: str) -> None:
    with pytest.raises(ValueError, match="expected"):
        moment(text)


clocks = st.builds("{:02}:{:02}".format, st.integers(0, 23), st.integers(0, 59))


@given(
    st.sets(st.sampled_from(DAYS), min_size=1), clocks, clocks | st.just("24:00"),
    st.sampled_from(sorted(zone_names())),
)  # fmt: skip
def test_windows_are_read_as_they_are_told(on: set[Day], begin: str, end: str, zone: str) -> None:
    days_on: tuple[Day, ...] = tuple(day for day in DAYS if day in on)
    one = Window(days=days_on, from_=begin, to=end, time_zone=zone)
    assert window(window_text(one)) == one


def test_texts() -> None:
    assert value_text("floor.cpu", 0.25) == "250m"
    assert value_text("ceiling.memory", 2.0**30) == "1024Mi"
    assert value_text("risk.memory", 0.001) == "0.1%"
    assert value_text("restart.not_before", 86_400.0) == "1970-01-02 00:00 UTC"
    assert value_text("restart.cost_usd", 0.4) == "0.4 USD"
    assert value_text("protected", True) == "yes"
    assert value_text("families", ["m5", "r5"]) == "m5, r5"
    assert (value_text("windows", []), value_text("families", [])) == ("at any time", "none")
