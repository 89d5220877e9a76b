"""Analogs against a plain implementation that forms every stretch, in float64."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.forecast import LEADS
from engine.core.forecast.experts import from_history
from engine.core.forecast.history import HOURS, History
from engine.core.forecast.similar import KINDS, LONGEST, NOBODY, SOONEST, Kind
from engine.core.forecast.state import EXPERTS, RECENT
from engine.core.rows import Array
from tests.core.forecast.feeding import START

NAN = np.nan
AGES = np.arange(SOONEST, HOURS - LONGEST + 1)
ROWS = 12


def made_up(seed: int, missing: float, rows: int = ROWS) -> History:
    """Days with noise, jumps and scales from 1e-3 to 1e3, in hours; the marks have a life of their own."""
    rng = np.random.default_rng(seed)
    hour = np.arange(HOURS)
    level = np.exp(rng.normal(0, 3, (rows, 1))) * np.where(rng.random((rows, HOURS)) < 0.01, 5, 1)
    day = 1 + rng.uniform(0, 0.9, (rows, 1)) * np.sin(2 * np.pi * hour / 24 + rng.uniform(0, 6, (rows, 1)))
    parts = [level * day * np.exp(0.3 * rng.standard_normal((rows, HOURS))) for _ in range(2)]
    for part in parts:
        part[rng.random(part.shape) < missing] = NAN
    means, marks = (part.astype(np.float32) for part in parts)
    return History(START, np.ones((rows, RECENT), np.float32), means, marks)


def similar(past: History) -> dict[str, Array]:
    """What the experts of this room say at LEADS: float32 [m, leads] by name."""
    nothing = np.zeros(len(past.means), np.float32)
    said = from_history(past, nothing, nothing, LEADS)
    return {name: said[..., place] for place, name in enumerate(EXPERTS) if name.startswith("similar")}


def distances(past: History, kind: Kind) -> Array:
    """Weighted squared distance of each stretch: float64 [m, ages], inf where it cannot be compared."""
    table = np.stack([past.means, past.marks], axis=-1).astype(np.float64)
    gone = np.isnan(table)
    centre = _nanmean(table[:, :24], axis=(1, 2))
    filled = np.where(gone, np.nan_to_num(centre)[:, None, None], table)
    weight = (np.linspace(1.5, 0.5, kind.hours) / (2 * kind.hours))[:, None]
    now, found = filled[:, : kind.hours], []
    mean, spread = now.mean(axis=(1, 2), keepdims=True), now.std(axis=(1, 2), keepdims=True)
    for age in AGES:
        then = filled[:, age : age + kind.hours]
        apart = (now - then) / spread
        if kind.shapes:
            apart = (now / mean - then / then.mean(axis=(1, 2), keepdims=True)) / (spread / mean)
        angle = 2 * np.pi * age / 24
        clock = kind.time**2 * ((np.cos(angle) - 1) ** 2 + np.sin(angle) ** 2)
        enough = gone[:, age : age + kind.hours].sum(axis=(1, 2)) <= kind.hours
        enough &= gone[:, : kind.hours].sum(axis=(1, 2)) <= kind.hours
        enough &= ~gone[:, age - SOONEST, 1]  # what followed four hours later
        found.append(np.where(enough, (weight * apart**2).sum(axis=(1, 2)) + clock, np.inf))
    return np.stack(found, axis=1)


def _nanmean(values: Array, axis: int | tuple[int, ...]) -> Array:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        mean: Array = np.nanmean(values, axis=axis)
    return mean


def seen(past: History, lead: int, row: int, ages: Array) -> Array:
    """The same time so many hours before a target: its bucket where that ends on the hour, else the level there.

    START ends an hour, which is hour 0: a target `lead` buckets on lies `lead / 12` hours ahead of its end.
    """
    if lead % 12 == 0:
        marks: Array = past.marks[row, ages - lead // 12].astype(np.float64)
        return marks
    ahead = (lead - 0.5) / 12 + 0.5  # of the middle of hour 0 to the middle of the bucket
    older, share = ages - int(ahead), ahead % 1
    level, newer = (past.means[row, hours].astype(np.float64) for hours in (older, older - 1))
    between = level + (newer - level) * share
    found: Array = np.where(np.isnan(newer), level, np.where(np.isnan(level), newer, between))
    return found


def follows(past: History, kind: Kind, lead: int, row: int, nearest: Array) -> list[float]:
    """What followed the stretches at these ages, moved to the present level."""
    followed = seen(past, lead, row, nearest)
    now, *then = (_nanmean(past.means[row, age : age + 3], axis=0) for age in [0, *nearest])
    if kind.shapes:
        ratios = [np.clip(now / level, 0.4, 2.5) if level > 0 else 1.0 for level in then]  # 1 where it is not known
        moved = [value * ratio for value, ratio in zip(followed, ratios, strict=True)]
    else:
        moved = [value + 0.5 * (now - level) for value, level in zip(followed, then, strict=True)]
    return [float(value) for value in moved]


def _median(values: list[float]) -> float:
    known = [value for value in values if not np.isnan(value)]
    return max(0.0, float(np.median(known))) if known else NAN  # experts do not go below zero


@settings(max_examples=25)
@given(st.integers(0, 10**6), st.sampled_from([0.0, 0.02, 0.2]))
def test_the_nearest_stretches_and_what_followed_them(seed: int, missing: float) -> None:
    past = made_up(seed, missing)
    got, compared = similar(past), 0
    apart = {kind: distances(past, kind) for kind in KINDS}
    for row in range(ROWS):
        pool: list[list[float]] = [[] for _ in LEADS]
        for kind, distance in apart.items():
            nearest, clear = _nearest(distance[row], kind.nearest)
            if not clear:  # a tie, to the precision of float32, for the last place
                break
            wanted = [follows(past, kind, lead, row, nearest) for lead in LEADS]
            pool = [[*every, *some] for every, some in zip(pool, wanted, strict=True)]
            if kind.expert != NOBODY:
                name = EXPERTS[kind.expert]
                assert got[name][row] == pytest.approx([_median(some) for some in wanted], rel=1e-4, nan_ok=True), name
                compared += 1
        else:
            middle = [_median(each) for each in pool]
            assert got["similar_stretches"][row] == pytest.approx(middle, rel=1e-4, nan_ok=True)
            compared += 1
    assert compared >= 16  # of 48


def _nearest(distance: Array, count: int) -> tuple[Array, bool]:
    """The ages of the nearest, none when there are fewer, and whether the next is clearly farther than the last."""
    order = np.argsort(distance)
    inner, outer = distance[order[count - 1 : count + 1]]
    return (AGES[:0], True) if np.isinf(inner) else (np.sort(AGES[order[:count]]), outer > inner * (1 + 1e-3))


def test_too_few_stretches_say_nothing() -> None:
    past = made_up(1, 0.0)
    past.means[:, 30:], past.marks[:, 30:] = NAN, NAN  # a day and six hours: three stretches of a day, half of it there
    got = similar(past)
    assert np.isnan(got["similar_6_hours_shifted"]).sum() == 0
    past.means[:, 10:], past.marks[:, 10:] = NAN, NAN
    assert all(np.isnan(values).all() for values in similar(past).values())


@pytest.mark.parametrize("constant", [0.0, 1e-6, 3.0])
def test_a_constant_series_stays(constant: float) -> None:
    same = np.full((2, HOURS), constant, np.float32)
    past = History(START, np.full((2, RECENT), constant, np.float32), same, same.copy())
    for values in similar(past).values():
        assert values == pytest.approx(np.full((2, 5), constant), rel=1e-6)


def test_a_day_that_came_before_comes_again() -> None:
    # Noise, in which the present day stands eight times before, twice as high: shapes find it.
    rng = np.random.default_rng(3)
    past = made_up(2, 0.0, rows=1)
    past.means[:] = rng.uniform(1, 2, (1, HOURS))
    past.marks[:] = past.means
    for repeat in range(8):  # as many as are used
        begin = 30 + repeat * 28
        past.means[:, begin : begin + 24] = past.means[:, :24] * 2
        past.marks[:, begin : begin + 24] = past.marks[:, :24] * 2
        past.marks[:, begin - 4] = 5.0 + repeat / 100  # what followed four hours later, at twice the level
    got = similar(past)["similar_day"]
    assert got[0, -1] == pytest.approx(2.5, rel=0.02)


@settings(max_examples=20)
@given(st.integers(0, 10**6), st.permutations(range(ROWS)))
def test_a_row_does_not_know_its_neighbours(seed: int, order: list[int]) -> None:
    past = made_up(seed, 0.05)
    whole = similar(past)
    permuted = similar(_rows(past, order))
    alone = similar(_rows(past, order[:1]))
    for name, values in whole.items():
        assert permuted[name].tobytes() == values[order].tobytes()
        assert alone[name].tobytes() == values[order[:1]].tobytes()


def _rows(past: History, rows: list[int]) -> History:
    return History(past.bucket, past.buckets[rows], past.means[rows], past.marks[rows])
