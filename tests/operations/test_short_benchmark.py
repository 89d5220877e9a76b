"""What the core allocates, stores and sends has not grown since it was recorded. Times are not tested."""

from __future__ import annotations

from benchmarks.speed.short import TOLERANCE, counted, grown, recorded


def test_bytes_and_messages_are_as_recorded() -> None:
    now = counted()
    assert {"state_bytes", "message_bytes", "peak_bytes_sample"} <= now.keys()
    assert grown(recorded(), now) == [], "make bench-short shows both; --record if it is meant"


def test_what_has_grown_is_named_and_times_are_not() -> None:
    before = recorded()
    now = {name: value * (1.0 + 2 * TOLERANCE) for name, value in before.items()}
    assert grown(before, now) == [name for name in before if "river" not in name]
    assert grown(before, before) == []
