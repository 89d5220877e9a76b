"""A day in bytes: what comes back, and how far off it may be."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.forecast.days import MISSING, decode, encode
from engine.core.rows import Array

NAN = np.nan
SIXTEEN_BITS = 2.0**-10
"""Largest relative error of a day's ends."""
some = settings(max_examples=150, deadline=None)
spans = st.sampled_from([1.0, 1.5, 10.0, 1e3, 1e4, 9e4])


def through(day: Array) -> Array:
    """A day's amounts [n] after encoding and decoding."""
    codes, ends = encode(np.asarray(day, np.float32)[None])
    assert codes.dtype == np.uint8
    assert ends.dtype == np.uint16
    found: Array = decode(codes, ends)[0]
    return found


def made_up(seed: int, span: float, scale: float) -> Array:
    """Forty-eight amounts between scale and scale x span, a few of them zero or missing."""
    rng = np.random.default_rng(seed)
    day: Array = scale * np.exp(rng.random(48) * np.log(span))
    day[rng.random(48) < 0.1] = 0
    day[rng.random(48) < 0.1] = NAN
    return day


@some
@given(st.integers(0, 10**6), spans, st.floats(-30, 30))
def test_errors_are_half_a_step_of_the_days_own_span(seed: int, span: float, exponent: float) -> None:
    day = made_up(seed, span, 2.0**exponent)
    found, positive = through(day), np.nan_to_num(day) > 0
    half_a_step = span ** (0.5 / 253) - 1
    assert (np.abs(found / np.where(positive, day, 1) - 1)[positive] <= half_a_step + 2.1 * SIXTEEN_BITS).all()
    assert (found[day == 0] == 0).all()
    assert (np.isnan(found) == np.isnan(day)).all()


def test_four_decades_are_kept_to_two_percent() -> None:
    day = np.geomspace(1e-4, 1, 48)
    assert through(day) == pytest.approx(day, rel=0.02)


@pytest.mark.parametrize("constant", [1e-12, 0.3, 1.0, 7.77, 1e12])
def test_constants_come_back_to_a_thousandth_and_alike(constant: float) -> None:
    day = np.full(48, constant)
    day[[3, 40]] = NAN
    found = through(day)
    assert found[0] == pytest.approx(constant, rel=1e-3)
    assert (found[~np.isnan(day)] == found[0]).all()


@some
@given(st.integers(0, 10**6), spans)
def test_order_is_kept(seed: int, span: float) -> None:
    day = made_up(seed, span, 1.0)
    known = np.sort(day[~np.isnan(day)])
    assert (np.diff(through(known)) >= 0).all()


def test_zeros_and_nothing() -> None:
    assert (through(np.zeros(48)) == 0).all()
    codes, ends = encode(np.full((1, 48), NAN, np.float32))
    assert (codes == MISSING).all()
    assert np.isnan(decode(codes, ends)).all()
    fresh = decode(np.zeros((1, 48), np.uint8), np.zeros((1, 2), np.uint16))  # as a row begins
    assert np.isnan(fresh).all()


def test_a_single_amount_among_zeros_is_kept() -> None:
    day = np.zeros(48)
    day[7] = 5.0
    assert through(day).tolist() == day.tolist()


def test_beyond_five_decades_the_small_ones_are_off_by_less_than_a_hundred_thousandth_of_the_highest() -> None:
    day = np.array([1e6, 11.0, 8.0, 4.0, 1e-3, 2e3])
    found = through(day)
    assert np.abs(found - day)[1:5].max() <= 1e6 * 1e-5
    assert found[[0, 5]] == pytest.approx(day[[0, 5]], rel=0.025)
    assert found[4] == 0
    assert np.isfinite(found).all()


@some
@given(st.integers(0, 10**6), st.permutations(range(5)))
def test_a_day_does_not_know_its_neighbours(seed: int, order: list[int]) -> None:
    table = np.stack([made_up(seed + k, 10.0**k, 3.0**k) for k in range(5)]).astype(np.float32)
    codes, ends = encode(table)
    permuted = encode(table[order])
    assert (permuted[0] == codes[order]).all()
    assert (permuted[1] == ends[order]).all()
    apart = np.stack([decode(*encode(day[None]))[0] for day in table])
    assert decode(codes, ends).tobytes() == apart.tobytes()
