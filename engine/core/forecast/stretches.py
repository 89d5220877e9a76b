"""Distances between the last hours of a series and each earlier stretch of as many hours, without forming the stretches.

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
class Stretches:
    """Sums over stretches, v of the present one (about its mean) and u of those of the past, w the hours' weights.

    [m, 1]: `now` the present mean, `spread` the present standard deviation, `vv` sum w v².
    [m, ages]: `then` the past means, `about` those less the centre, `uv` sum w u v, `u` sum w u, `uu` sum w u²,
    `usable` whether at most half is missing. `offset` [m, 1] is the present mean less the centre. The weights add up to 1.
    """

    now: Array
    spread: Array
    offset: Array
    vv: Array
    wv: Array
    then: Array
    about: Array
    uv: Array
    u: Array
    uu: Array
    usable: Array

    def amounts(self) -> Array:
        """Squared distances of the amounts in present standard deviations: float32 [m, ages]."""
        # w (v + offset - u)², v about the present mean, u about the centre
        present = self.vv + 2 * self.offset * self.wv + self.offset**2
        product = self.uv + self.offset * self.u
        distance = present - 2 * product + self.uu
        return _relative(distance, self.spread)

    def shapes(self) -> Array:
        """Squared distances after division by each stretch's own mean, in the present one's deviations."""
        now, then = np.where(self.now > 0, self.now, 1), np.where(self.then > 0, self.then, 1)
        past = self.uu - 2 * self.about * self.u + self.about**2
        product = self.uv - self.about * self.wv
        distance = self.vv / now**2 - 2 * product / (now * then) + past / then**2
        return _relative(distance, self.spread / now)


def _relative(distance: Array, spread: Array) -> Array:
    scale = np.where(spread > 0, spread, 1) ** 2
    relative: Array = (np.maximum(distance, 0) / scale).astype(np.float32)
    return relative


def stretches(past: History, hours: int, ages: Array) -> Stretches:
    """The sums for stretches of so many hours that ended `ages` (consecutive) hours ago."""
    centre = mean(np.concatenate([past.means[:, :24], past.marks[:, :24]], axis=-1))[:, None]
    centre = np.where(np.isnan(centre), np.float32(0), centre)
    missing = np.isnan(past.means), np.isnan(past.marks)
    means, marks = (np.where(gone, np.float32(0), values - centre) for gone, values in
                    zip(missing, (past.means, past.marks), strict=True))
    weights = np.linspace(1.5, 0.5, hours) / (2 * hours)
    present = np.stack([means[:, :hours], marks[:, :hours]], axis=-1).astype(np.float64)
    offset = _sum(present.reshape(len(present), -1))[:, None] / (2 * hours)
    about = present - offset[..., None]
    weighted = about * weights[:, None]
    uv = _correlation(weighted.astype(np.float32), means, marks, ages)
    plain, sloped = _running(means.astype(np.float64) + marks, hours, ages)
    squares, sloped_squares = _running(means.astype(np.float64) ** 2 + marks.astype(np.float64) ** 2, hours, ages)
    first, step = weights[0], weights[0] - weights[1]
    gone, _ = _running(missing[0].astype(np.float64) + missing[1], hours, np.concatenate([[0], ages]))
    return Stretches(
        now=centre + offset,
        spread=np.sqrt(_sum((about**2).reshape(len(present), -1))[:, None] / (2 * hours)),
        offset=offset,
        vv=_sum((weighted * about).reshape(len(present), -1))[:, None],
        wv=_sum(weighted.reshape(len(present), -1))[:, None],
        then=centre + plain / (2 * hours),
        about=plain / (2 * hours),
        uv=uv,
        u=first * plain - step * sloped,
        uu=first * squares - step * sloped_squares,
        usable=(gone[:, 1:] <= hours) & (gone[:, :1] <= hours),
    )


def _sum(terms: Array) -> Array:
    """Along the last axis, one term after the other."""
    total: Array = terms.cumsum(axis=-1)[:, -1]
    return total


def _correlation(weighted: Array, means: Array, marks: Array, ages: Array) -> Array:
    """Sum over the hours and both kinds of `weighted` [m, hours, 2] times the past: float32 [m, ages]."""
    first, count = int(ages[0]), len(ages)
    total = np.zeros((len(weighted), count), np.float32)
    term = np.empty_like(total)
    for hour in range(weighted.shape[1]):
        for kind, values in enumerate((means, marks)):
            np.multiply(values[:, first + hour : first + hour + count], weighted[:, hour, kind, None], out=term)
            total += term
    return total


def _running(values: Array, hours: int, ages: Array) -> tuple[Array, Array]:
    """Over each stretch, the sum of values and the sum of values times their place in it, 0 being the newest."""
    position = np.arange(values.shape[-1])
    sums = np.zeros((2, len(values), values.shape[-1] + 1))
    np.cumsum(values, axis=-1, out=sums[0, :, 1:])
    np.cumsum(values * position, axis=-1, out=sums[1, :, 1:])
    over = sums[..., ages + hours] - sums[..., ages]
    return over[0], over[1] - ages * over[0]
