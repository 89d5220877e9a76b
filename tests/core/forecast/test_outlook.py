"""Forecasts at any origin and lead."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.forecast import LEADS, ForecastRows, Outlook, forecast, forecast_at
from engine.core.forecast.outlook import SAYS, SILENT, YOUNG
from engine.core.rows import Array
from tests.core.forecast.feeding import DAY, LATER, START, copied, fed, feed, grown_up, same, usage

NAN = np.nan
QUANTILES = ("p05", "p50", "p90", "p95", "p99")
quick = settings(max_examples=20)
seeds = st.integers(0, 10**6)
leads = st.lists(st.integers(1, 288), min_size=1, max_size=5)
NEWEST = LATER - 1
"""The last bucket of `grown_up`, in which a sample of some may be missing."""


def amounts(outlook: Outlook) -> Array:
    return np.stack([getattr(outlook, name) for name in (*QUANTILES, "mean")])


@quick
@given(seeds, st.sampled_from([0.0, 0.1, 0.5]))
def test_at_their_own_origins_it_is_what_rows_forecast(seed: int, missing: float) -> None:
    values, compared = usage(seed, 30, 3, missing=missing), 0
    rows = ForecastRows.empty(3)
    for step, mean in enumerate(values):
        bucket = START + 5 + step
        feed(rows, bucket, mean[None])
        made = rows.origin == bucket
        compared += int(made.sum())
        kept, asked = forecast(rows), forecast_at(rows, bucket, LEADS)
        for name in ("p05", "p50", "p95"):
            assert getattr(asked, name)[made].tobytes() == getattr(kept, name)[made].tobytes()
        assert (asked.why[made] == SAYS).all()
    assert compared > 0


def test_the_same_after_days() -> None:
    rows = feed(copied(grown_up()), LATER, usage(2, 1, 6))
    kept, asked = forecast(rows), forecast_at(rows, LATER, LEADS)
    made = rows.origin == LATER
    assert made.all()
    for name in ("p05", "p50", "p95"):
        assert getattr(asked, name)[made].tobytes() == getattr(kept, name)[made].tobytes()


@quick
@given(seeds, leads, st.integers(0, 12))
def test_sound_at_any_lead_and_origin(seed: int, asked: list[int], waited: int) -> None:
    rows = feed(copied(grown_up()), LATER, usage(seed, seed % 24 + 1, 6, missing=0.3))
    newest = int(rows.last_bucket.max())
    got = forecast_at(rows, newest + waited, asked)
    assert got.p50.shape == (6, 2, len(asked))
    says = got.why == SAYS
    assert np.isfinite(amounts(got)[:, says]).all()
    assert np.isnan(amounts(got)[:, ~says]).all()
    assert (got.p05[says] >= 0).all()
    for lower, higher in pairwise(QUANTILES):
        assert (getattr(got, lower)[says] <= getattr(got, higher)[says]).all()
    assert ((got.p05 <= got.mean) & (got.mean <= got.p99))[says].all()


@quick
@given(leads)
def test_a_lead_does_not_know_the_others(asked: list[int]) -> None:
    rows = grown_up()
    together = amounts(forecast_at(rows, NEWEST, asked))
    for index, lead in enumerate(asked):
        assert amounts(forecast_at(rows, NEWEST, [lead])).tobytes() == together[..., index : index + 1].tobytes()


@pytest.mark.parametrize("lead", LEADS)
def test_a_lead_of_the_rows_own_asked_for_alone(lead: int) -> None:
    alone, own = forecast_at(grown_up(), NEWEST, [lead]), forecast_at(grown_up(), NEWEST, LEADS)
    assert amounts(alone).tobytes() == amounts(own)[..., LEADS.index(lead), None].tobytes()


@pytest.mark.parametrize("waited", [1, 5, 12])
def test_without_a_new_sample_the_same_target_is_forecast(waited: int) -> None:
    rows = grown_up().take(np.array([int(np.argmax((grown_up().last_bucket == NEWEST).all(axis=1)))]))
    now, later = forecast_at(rows, NEWEST, [50 + waited]), forecast_at(rows, NEWEST + waited, [50])
    assert amounts(later).tobytes() == amounts(now).tobytes()


def test_why_it_cannot_say() -> None:
    values = np.ones((20, 3, 2))
    values[2:, 0, 0] = NAN  # two buckets seen
    values[7:, 1, 1] = NAN  # silent from START + 7 on, having seen START + 6 last
    rows = fed(values)
    got = forecast_at(rows, START + 19, LEADS)
    assert got.why.tolist() == [[YOUNG, SAYS], [SAYS, SILENT], [SAYS, SAYS]]
    rows = fed(values[:19])  # an hour later, to the bucket
    assert forecast_at(rows, START + 18, LEADS).why[1, 1] == SAYS
    assert (forecast_at(ForecastRows.empty(2), START, LEADS).why == YOUNG).all()


def test_it_changes_nothing() -> None:
    rows = copied(grown_up())
    forecast_at(rows, NEWEST + 3, (1, 77, 288))
    assert same(rows, grown_up())


@pytest.mark.parametrize("bad", [[], [0], [3, -1], [289]])
def test_leads_that_are_none(bad: list[int]) -> None:
    with pytest.raises(ValueError, match="expected leads of 1 to 288 buckets"):
        forecast_at(grown_up(), NEWEST, bad)


def test_the_past_cannot_be_forecast() -> None:
    newest = int(grown_up().last_bucket.max())
    with pytest.raises(ValueError, match=f"has seen bucket {newest}, which is later than {newest - 1}"):
        forecast_at(grown_up(), newest - 1, LEADS)


@quick
@given(st.permutations(range(6)), st.integers(1, 5), leads)
def test_a_row_does_not_know_its_neighbours(order: list[int], cut: int, asked: list[int]) -> None:
    together = amounts(forecast_at(grown_up(), NEWEST, asked))
    permuted = amounts(forecast_at(grown_up().take(np.array(order)), NEWEST, asked))
    assert permuted.tobytes() == together[:, order].tobytes()
    first = amounts(forecast_at(grown_up().take(np.arange(cut)), NEWEST, asked))
    assert first.tobytes() == together[:, :cut].tobytes()


def test_a_daily_pattern_is_known_a_day_ahead() -> None:
    pattern = 10 + 5 * np.sin(2 * np.pi * np.arange(1, DAY + 1) / DAY)
    rows = fed(np.repeat(np.tile(pattern, 9), 2).reshape(-1, 1, 2), START + 1)
    asked = (1, 12, 72, 144, 150, 216, 287, 288)
    got = forecast_at(rows, START + 9 * DAY, asked)
    assert got.p50[0, 0] == pytest.approx(pattern[np.array(asked) - 1], rel=0.05)
