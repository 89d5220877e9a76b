"""Counters to samples: rates by the kubelet's times, and nothing made up."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.collector.sources.kubernetes.exposition import Page, Value
from agents.collector.sources.kubernetes.meter import Meter, Sample, rate, share_of

KEY = ("shop", "web-0", "app")


def page(cpu: float | None, at: float | None, memory: float = 100.0) -> Page:
    return {KEY: [None if cpu is None else Value(cpu, at), Value(memory, at)]}


def test_a_rate_is_over_the_kubelets_time_not_ours() -> None:
    """3 core-seconds in the 12 s between the kubelet's looks, though we asked 15 s apart."""
    meter = Meter()
    meter.resource(page(10.0, 100.0), now_s=101.0)
    assert meter.samples[KEY] == Sample(100.0, None, 100.0)
    meter.resource(page(13.0, 112.0, 120.0), now_s=116.0)
    assert meter.samples[KEY] == Sample(112.0, 0.25, 120.0)


def test_the_same_time_again_is_no_new_sample_and_no_zero() -> None:
    meter = Meter()
    for cpu, at, now_s in ((10.0, 100.0, 101.0), (13.0, 112.0, 116.0), (13.0, 112.0, 118.0)):
        meter.resource(page(cpu, at), now_s)
    assert meter.samples[KEY] == Sample(112.0, 0.25, 100.0)
    meter.resource(page(16.0, 124.0), now_s=125.0)
    assert meter.samples[KEY] == Sample(124.0, 0.25, 100.0)


def test_a_counter_that_began_anew_has_no_rate_once() -> None:
    meter = Meter()
    found = []
    for cpu, at in ((50.0, 100.0), (1.0, 110.0), (3.0, 120.0)):
        meter.resource(page(cpu, at), now_s=at)
        found.append(meter.samples[KEY].cpu)
    assert found == [None, None, 0.2]


def test_without_the_kubelets_time_ours_counts_and_a_clock_ahead_of_us_does_not() -> None:
    meter = Meter()
    meter.resource(page(1.0, None), now_s=100.0)
    meter.resource(page(3.0, None), now_s=110.0)
    assert meter.samples[KEY] == Sample(110.0, 0.2, 100.0)
    meter.resource(page(5.0, 700.0), now_s=120.0)
    assert meter.samples[KEY].time_s == 120.0


def test_what_is_not_on_the_page_is_gone() -> None:
    meter = Meter()
    meter.resource(page(1.0, 100.0), 100.0)
    meter.resource({}, 115.0)
    assert meter.samples == {}
    meter.resource(page(2.0, 130.0), 130.0)
    assert meter.samples[KEY].cpu is None


def test_throttling_is_of_the_periods_between_two_pages() -> None:
    meter = Meter()
    meter.cadvisor({KEY: [Value(100.0, 1.0), Value(10.0, 1.0)]})
    meter.resource(page(1.0, 100.0), 100.0)
    meter.cadvisor({KEY: [Value(200.0, 2.0), Value(35.0, 2.0)]})
    meter.resource(page(2.0, 110.0), 110.0)
    assert meter.samples[KEY] == Sample(110.0, 0.1, 100.0, 0.25)
    meter.resource(page(3.0, 120.0), 120.0)
    assert meter.samples[KEY].throttled is None
    assert share_of((200.0, 35.0), (200.0, 35.0)) is None
    assert share_of((200.0, 35.0), (5.0, 1.0)) is None


@given(st.lists(st.tuples(st.floats(0.1, 100.0), st.floats(0.0, 1e4)), min_size=1, max_size=20))
def test_rates_times_their_times_are_what_was_used(steps: list[tuple[float, float]]) -> None:
    meter, at, counter, used = Meter(), 1000.0, 5.0, 0.0
    meter.resource(page(counter, at), at)
    for dt, more in steps:
        before_s, at, counter = at, at + dt, counter + more
        meter.resource(page(counter, at), at)
        cpu = meter.samples[KEY].cpu
        assert cpu is not None
        assert cpu >= 0.0
        used += cpu * (at - before_s)
    assert used == pytest.approx(sum(more for _, more in steps), rel=1e-6, abs=1e-6)


@given(st.floats(0, 1e6), st.floats(0, 1e6), st.floats(0, 1e6), st.floats(0, 1e6))
def test_a_rate_is_never_negative(before: float, before_s: float, after: float, after_s: float) -> None:
    found = rate(Value(before, before_s), Value(after, after_s))
    assert found is None or found >= 0.0
    assert rate(None, Value(after, after_s)) is None
