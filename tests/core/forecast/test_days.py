"""A day in bytes: what comes back, and how far off it may be."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.forecast import compact
from engine.core.forecast.days import MISSING, decode, encode
from engine.core.rows import Array

NAN = np.nan
SIXTEEN_BITS = 2.0**-10
"""Largest relative error of a day's ends."""
some = settings(max_examples=150)
spans = st.sampled_from([1.0, 1.5, 10.0, 1e3, 1e4, 9e4])


def coded(day: Array) -> tuple[Array, Array]:
    """Codes [n] and ends [2] of a day's amounts [n]."""
    codes, ends = np.zeros(len(day), np.uint8), np.zeros(2, np.uint16)
    encode(np.array(day, np.float32), codes, ends)
    return codes, ends


def decoded(codes: Array, ends: Array) -> Array:
    amounts = np.zeros(len(codes), np.float32)
    decode(codes, ends, amounts)
    return amounts


def through(day: Array) -> Array:
    """A day's amounts [n] after encoding and decoding."""
    return decoded(*coded(day))


def plain(codes: Array, ends: Array) -> Array:
    """What the codes of a day mean: equal ratios from the lowest amount to the highest, in float64."""
    low, high = compact.decode(ends).astype(np.float64)
    ratio = high / low if low > 0 else 1.0
    positive = low * ratio ** ((codes.astype(np.float64) - 2) / 253)
    amounts: Array = np.where(codes == MISSING, NAN, np.where(codes == 1, 0.0, positive))
    return amounts


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
    codes, ends = coded(np.full(48, NAN))
    assert (codes == MISSING).all()
    assert np.isnan(decoded(codes, ends)).all()
    fresh = decoded(np.zeros(48, np.uint8), np.zeros(2, np.uint16))  # as a row begins
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
@given(st.integers(0, 10**6), spans, st.floats(-30, 30))
def test_decoding_is_a_plain_geometric_series(seed: int, span: float, exponent: float) -> None:
    codes, ends = coded(made_up(seed, span, 2.0**exponent))
    np.testing.assert_allclose(decoded(codes, ends), plain(codes, ends), rtol=1e-5)


@some
@given(st.integers(0, 10**6), spans)
def test_each_amount_gets_the_nearest_code(seed: int, span: float) -> None:
    day = made_up(seed, span, 1.0)
    codes, ends = coded(day)
    known = np.flatnonzero(codes > 1)
    every = np.log(plain(np.arange(2, 256), ends))
    away = np.abs(every - np.log(np.clip(day[known, None], *compact.decode(ends))))
    chosen = away[np.arange(len(known)), codes[known].astype(int) - 2]
    assert (chosen <= away.min(axis=1, initial=np.inf) + 1e-5).all()
