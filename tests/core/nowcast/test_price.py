"""The request that costs least, and the price that makes the stated share the measured one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.nowcast import NowcastRows, learn_price, requests
from engine.core.nowcast.price import CHANGE
from tests.core.nowcast.build import seen, usage


@settings(max_examples=30)
@given(st.integers(0, 50), st.floats(1e-4, 0.4), st.floats(1e-4, 0.4), st.floats(-3, 6))
def test_more_risk_never_means_a_larger_request(seed: int, one: float, other: float, learned: float) -> None:
    rows, sight = seen(usage(seed, 40))
    rows.price[:] = learned
    unset = np.full(len(sight.row), np.nan)
    safe, bold = (requests(rows, sight, np.full(len(sight.row), share), unset) for share in sorted((one, other)))
    assert (bold <= safe).all()


def test_requests_are_amounts_within_what_is_seen() -> None:
    rows, sight = seen(usage(1, 300))
    found = requests(rows, sight, np.full(len(sight.row), 0.02), np.full(len(sight.row), np.nan))
    assert (found >= sight.amounts((0.1,))[:, 0] * 0.999).all()
    assert (found > 0).all()


def test_a_request_stays_while_no_other_is_cheaper_by_the_cost_of_a_change() -> None:
    rows, sight = seen(usage(2, 300))
    stated = np.full(len(sight.row), 0.02)
    best = requests(rows, sight, stated, np.full(len(sight.row), np.nan))
    near = best + 0.5 * CHANGE * sight.usual
    assert (requests(rows, sight, stated, near) == near).all()
    assert requests(rows, sight, stated, best * 3) == pytest.approx(best)
    assert requests(rows, sight, stated, best * 0.2) == pytest.approx(best)


def test_the_price_rises_where_more_is_above_than_stated_and_falls_where_less_is() -> None:
    rows, index = NowcastRows.empty(3), np.array([0, 1, 2])
    share = np.array([[0.5, np.nan], [0.0, 0.0], [0.02, 0.0]])
    learn_price(rows, index, share, np.full((3, 2), 0.02), 300.0)
    assert rows.price[0, 0] > 0 > rows.price[1, 0]
    assert rows.price[0, 1] == 0, "nothing was sampled"
    assert rows.price[2, 0] == 0
    assert np.sign(rows.debt).tolist() == np.sign(rows.price).tolist()


def test_without_a_stated_share_nothing_is_learned() -> None:
    rows = NowcastRows.empty(1)
    learn_price(rows, np.array([0]), np.array([[0.5, 0.5]]), np.full((1, 2), np.nan), 300.0)
    assert not rows.price.any()
    assert not rows.debt.any()


def test_the_stated_share_is_met_in_the_long_run() -> None:
    rng = np.random.default_rng(3)
    for stated in (0.005, 0.03):
        rows, sight = seen(usage(4, 300, rows=1))
        best_guess, used = sight.amounts((0.5,))[:, 0], 0
        share, above = np.full((1, 2), np.nan), np.zeros(len(sight.row))
        steps = 20_000
        for _ in range(steps):
            request = requests(rows, sight, np.full(len(sight.row), stated), np.full(len(sight.row), np.nan))
            short = best_guess * rng.lognormal(0, 0.4, len(sight.row)) > request
            share[0, sight.resource] = short
            learn_price(rows, np.array([0]), share, np.full((1, 2), stated), 300.0)
            above, used = above + short, used + 1
        assert above / used == pytest.approx(np.full(len(above), stated), rel=0.2)
