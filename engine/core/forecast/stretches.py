"""Distances between the last hours of a series and each earlier stretch of as many, without forming the stretches.

A weighted squared distance is the sum of three parts: of the present stretch, of the past one, and of their product.
The second comes from running sums, the third is a correlation: one pass over all ages for each hour compared. Amounts
are taken relative to the mean of the last day, for sums of squares would drown small differences otherwise.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from engine.core.compiled import compiled
from engine.core.rows import Array

_NOTHING, _ONE, _TWO, _INFINITE = np.float32(0), np.float32(1), np.float32(2), np.float32(np.inf)


class Past(NamedTuple):
    """The hours of one series less their centre: float32 [hours], 0 where missing; running sums [1 + hours].

    The sums (float64) are of the amounts and of their squares, both once as they are and once times their place;
    `missing` counts (int32). Hours are newest first.
    """

    means: Array
    marks: Array
    plain: Array
    sloped: Array
    squares: Array
    sloped_squares: Array
    missing: Array


class Present(NamedTuple):
    """The present stretch: v its amounts about their mean, w the weights, which add up to 1.

    `now` is its mean, `offset` that less the centre, `spread` its standard deviation, `vv` sum w v², `v` sum w v.
    """

    now: np.float32
    offset: np.float32
    spread: np.float32
    vv: np.float32
    v: np.float32


NOWHERE: Final = Present(_NOTHING, _NOTHING, _NOTHING, _NOTHING, _NOTHING)


@compiled
def empty_past(hours: int) -> Past:
    """Room for one series."""
    sums = np.zeros((4, hours + 1))
    amounts = np.empty((2, hours), np.float32)
    return Past(amounts[0], amounts[1], sums[0], sums[1], sums[2], sums[3], np.zeros(hours + 1, np.int32))


@compiled
def fill(past: Past, means: Array, marks: Array) -> np.float32:
    """Put the hours of a series there; returns their centre."""
    centre = _centre(means, marks)
    for hour in range(len(means)):
        gone_mean, gone_mark = np.isnan(means[hour]), np.isnan(marks[hour])
        past.means[hour] = _NOTHING if gone_mean else means[hour] - centre
        past.marks[hour] = _NOTHING if gone_mark else marks[hour] - centre
        past.missing[hour + 1] = past.missing[hour] + gone_mean + gone_mark
    plain = sloped = squares = sloped_squares = 0.0
    for hour in range(len(means)):
        mean, mark = np.float64(past.means[hour]), np.float64(past.marks[hour])
        both, square = mean + mark, mean * mean + mark * mark
        plain += both
        sloped += both * hour
        squares += square
        sloped_squares += square * hour
        past.plain[hour + 1], past.sloped[hour + 1] = plain, sloped
        past.squares[hour + 1], past.sloped_squares[hour + 1] = squares, sloped_squares
    return centre


@compiled
def _centre(means: Array, marks: Array) -> np.float32:
    """Mean of the last day, 0 where nothing is known of it."""
    total, count = _NOTHING, _NOTHING
    for values in (means[:24], marks[:24]):
        for value in values:
            if not np.isnan(value):
                total += value
                count += _ONE
    return total / count if count > _NOTHING else _NOTHING


@compiled
def weights(hours: int) -> Array:
    """Of the hours of a stretch, newest first, thrice as much for the first as for the last: float32 [hours]."""
    return np.linspace(1.5, 0.5, hours).astype(np.float32) / np.float32(2 * hours)


@compiled
def present(past: Past, centre: np.float32, weight: Array, weighted: Array) -> Present:
    """Of the last len(weight) hours; writes w v to `weighted` [2 x hours], mean and mark of each hour."""
    hours = len(weight)
    offset = _NOTHING
    for hour in range(hours):
        offset = offset + past.means[hour] + past.marks[hour]
    offset /= np.float32(2 * hours)
    squares = vv = v = _NOTHING
    for hour in range(hours):
        for part in range(2):
            about = (past.marks[hour] if part else past.means[hour]) - offset
            weighted[2 * hour + part] = about * weight[hour]
            squares += about * about
            vv += weighted[2 * hour + part] * about
            v += weighted[2 * hour + part]
    return Present(centre + offset, offset, np.sqrt(squares / np.float32(2 * hours)), vv, v)


@compiled
def correlate(past: Past, weighted: Array, soonest: int, total: Array) -> None:
    """Write the sums of `weighted` [2 x hours] times the past at each age from `soonest` on, to total [ages]."""
    total[:] = _NOTHING
    ages = len(total)
    for hour in range(0, len(weighted) // 2, 2):  # two at a time, to read and write the totals less often
        begin, end = soonest + hour, soonest + hour + ages
        newer_means, newer_marks = past.means[begin:end], past.marks[begin:end]
        older_means, older_marks = past.means[begin + 1 : end + 1], past.marks[begin + 1 : end + 1]
        first, second = weighted[2 * hour], weighted[2 * hour + 1]
        third, fourth = weighted[2 * hour + 2], weighted[2 * hour + 3]
        for age in range(ages):
            newer = total[age] + first * newer_means[age] + second * newer_marks[age]
            total[age] = newer + third * older_means[age] + fourth * older_marks[age]


@compiled
def compare(
    past: Past, centre: np.float32, now: Present, hours: int, shapes: bool, soonest: int, product: Array, apart: Array
) -> None:
    """Write squared distances of the stretches at each age from `soonest` on, in present variances, to apart [ages].

    inf where more than half of a stretch is missing. Amounts, or `shapes`: after division by each stretch's own mean.
    `product` [ages] is what `correlate` found.
    """
    step = (1 / (2 * hours)) / (hours - 1)
    first = 1.5 / (2 * hours) + step * soonest
    share = 1 / (2 * hours)
    newer, older = slice(soonest, soonest + len(apart)), slice(soonest + hours, soonest + hours + len(apart))
    plain, plain_before = past.plain[older], past.plain[newer]
    sloped, sloped_before = past.sloped[older], past.sloped[newer]
    squares, squares_before = past.squares[older], past.squares[newer]
    sloped_squares, sloped_squares_before = past.sloped_squares[older], past.sloped_squares[newer]
    missing, missing_before = past.missing[older], past.missing[newer]
    for age in range(len(apart)):
        slope = first + step * age
        amount = plain[age] - plain_before[age]
        u = np.float32(slope * amount - step * (sloped[age] - sloped_before[age]))
        square = slope * (squares[age] - squares_before[age])
        uu = np.float32(square - step * (sloped_squares[age] - sloped_squares_before[age]))
        about = np.float32(amount * share)
        if shapes:
            distance = _of_shapes(now, centre + about, about, product[age], u, uu)
        else:
            distance = _of_amounts(now, product[age], u, uu)
        apart[age] = _INFINITE if missing[age] - missing_before[age] > hours else distance


@compiled
def _of_amounts(now: Present, uv: np.float32, u: np.float32, uu: np.float32) -> np.float32:
    present = now.vv + _TWO * now.offset * now.v + now.offset * now.offset
    return _relative(uu - _TWO * uv - _TWO * now.offset * u + present, now.spread)


@compiled
def _of_shapes(
    now: Present, then: np.float32, about: np.float32, uv: np.float32, u: np.float32, uu: np.float32
) -> np.float32:
    level = now.now if now.now > _NOTHING else _ONE
    each = _ONE / then if then > _NOTHING else _ONE
    past = (about - _TWO * u) * about + uu
    product = (uv - about * now.v) * (_TWO / level)
    return _relative((past * each - product) * each + now.vv / (level * level), now.spread / level)


@compiled
def _relative(distance: np.float32, spread: np.float32) -> np.float32:
    variance = spread * spread
    return (_NOTHING if distance < _NOTHING else distance) * (_ONE / variance if spread > _NOTHING else _ONE)
