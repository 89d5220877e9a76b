"""Distances between the last hours of a series and each earlier stretch of as many, without forming the stretches.

A weighted squared distance is the sum of three parts: of the present stretch, of the past one, and of their product.
The second comes from running sums, the third is a correlation: one pass over all ages for each hour compared. Amounts
are taken relative to the mean of the last day, for sums of squares would drown small differences otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.core.forecast.history import History
from engine.core.forecast.robust import mean
from engine.core.rows import Array


@dataclass(frozen=True, slots=True)
class Past:
    """The hours of a `History` less a centre: float32 [m, hours], 0 where missing; running sums float64 [m, 1 + hours].

    `plain` is of the amounts, `squares` of their squares, both once as they are and once times their place.
    """

    centre: Array
    means: Array
    marks: Array
    plain: tuple[Array, Array]
    squares: tuple[Array, Array]
    missing: Array


def centred(past: History) -> Past:
    centre = mean(np.concatenate([past.means[:, :24], past.marks[:, :24]], axis=-1))[:, None]
    centre = np.where(np.isnan(centre), np.float32(0), centre)
    gone_means, gone_marks = np.isnan(past.means), np.isnan(past.marks)
    means = np.where(gone_means, np.float32(0), past.means - centre)
    marks = np.where(gone_marks, np.float32(0), past.marks - centre)
    squares = means * means + marks * marks
    missing = _running(gone_means.view(np.int8) + gone_marks.view(np.int8), np.int64)
    return Past(centre, means, marks, _sums(means + marks), _sums(squares), missing)


def _sums(values: Array) -> tuple[Array, Array]:
    return _running(values, np.float64), _running(values * np.arange(values.shape[-1], dtype=np.float32), np.float64)


def _running(values: Array, dtype: type) -> Array:
    sums = np.zeros((len(values), values.shape[-1] + 1), dtype)
    np.cumsum(values, axis=-1, dtype=dtype, out=sums[:, 1:])
    return sums


@dataclass(frozen=True, slots=True)
class Stretches:
    """Sums over stretches, v of the present one about its mean, u of the past ones about the centre, w the weights.

    float32. [m, 1]: `now` the present mean, `offset` that less the centre, `spread` the present standard deviation,
    `vv` sum w v², `v` sum w v. [m, ages]: `then` the past means, `about` those less the centre, `uv` sum w u v, `u` sum
    w u, `uu` sum w u², `usable` whether at most half of both stretches is missing. The weights add up to 1.
    """

    now: Array
    offset: Array
    spread: Array
    vv: Array
    v: Array
    then: Array
    about: Array
    uv: Array
    u: Array
    uu: Array
    usable: Array

    def amounts(self) -> Array:
        """Squared distances of the amounts, in present variances: float32 [m, ages]."""
        present = self.vv + 2 * self.offset * self.v + self.offset**2
        distance = self.uu - 2 * self.uv
        distance -= 2 * self.offset * self.u
        distance += present
        return _relative(distance, self.spread)

    def shapes(self) -> Array:
        """Squared distances after division by each stretch's own mean, in the present one's variances."""
        now = np.where(self.now > 0, self.now, np.float32(1))
        each = np.divide(np.float32(1), self.then, out=np.ones_like(self.then), where=self.then > 0)
        past = (self.about - 2 * self.u) * self.about + self.uu
        product = (self.uv - self.about * self.v) * (2 / now)
        distance = (past * each - product) * each + self.vv / now**2
        return _relative(distance, self.spread / now)


def _relative(distance: Array, spread: Array) -> Array:
    np.maximum(distance, np.float32(0), out=distance)
    distance *= np.divide(np.float32(1), spread**2, out=np.ones_like(spread), where=spread > 0)
    return distance


def stretches(past: Past, hours: int, soonest: int, latest: int) -> Stretches:
    """The sums for stretches of so many hours that ended `soonest` to `latest` hours ago."""
    weights = np.linspace(1.5, 0.5, hours, dtype=np.float32) / np.float32(2 * hours)
    present = np.stack([past.means[:, :hours], past.marks[:, :hours]], axis=-1).reshape(len(past.means), -1)
    offset = _sum(present) / np.float32(2 * hours)
    about = present - offset
    weighted = about * np.repeat(weights, 2)
    count = latest + 1 - soonest
    ages = np.arange(soonest, latest + 1)
    plain, sloped = (_over(sums, hours, soonest, count) for sums in past.plain)
    squares, sloped_squares = (_over(sums, hours, soonest, count) for sums in past.squares)
    first, step = float(weights[0]), (1 / (2 * hours)) / (hours - 1)
    u, uu = (first + step * ages) * plain - step * sloped, (first + step * ages) * squares - step * sloped_squares
    missing = _over(past.missing, hours, soonest, count) <= hours
    mean_of_past = (plain / (2 * hours)).astype(np.float32)
    return Stretches(
        now=past.centre + offset,
        offset=offset,
        spread=np.sqrt(_sum(about * about) / np.float32(2 * hours)),
        vv=_sum(weighted * about),
        v=_sum(weighted),
        then=past.centre + mean_of_past,
        about=mean_of_past,
        uv=_correlation(weighted, past, soonest, count),
        u=u.astype(np.float32),
        uu=uu.astype(np.float32),
        usable=missing & (past.missing[:, hours, None] <= hours),
    )


def _over(sums: Array, hours: int, soonest: int, count: int) -> Array:
    over: Array = sums[:, soonest + hours : soonest + hours + count] - sums[:, soonest : soonest + count]
    return over


def _sum(terms: Array) -> Array:
    """[m, 1]: along the last axis, one term after the other."""
    total: Array = terms.cumsum(axis=-1)[:, -1:]
    return total


def _correlation(weighted: Array, past: Past, soonest: int, count: int) -> Array:
    """Sum of `weighted` [m, hours x (mean, mark)] times the past, at each age: float32 [m, count]."""
    total = np.zeros((len(weighted), count), np.float32)
    term = np.empty_like(total)
    for place in range(weighted.shape[1]):
        begin = soonest + place // 2
        values = past.marks if place % 2 else past.means
        np.multiply(values[:, begin : begin + count], weighted[:, place, None], out=term)
        total += term
    return total
