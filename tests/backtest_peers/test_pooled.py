"""LightGBM trained on several series: nothing of what it is asked about later was learned from."""

import numpy as np
import pytest

from engine.backtest.model import Series
from engine.backtest.peers.steps import DAY
from tests.backtest_peers.test_peers import LEADS, daily, origins

pytest.importorskip("lightgbm", reason="lightgbm is not installed: pip install 'trimtab[peers]'")
from engine.backtest.peers.lightgbm_features import table
from engine.backtest.peers.lightgbm_model import LightGbm


def test_features_are_scale_free_and_causal() -> None:
    series = daily(10)
    asked = origins(series, 30, end=8 * DAY)
    made = table(series, asked, 48)
    larger = table(Series("s", "cpu", series.first, series.mean * 1024.0), asked, 48)
    cut = table(Series("s", "cpu", series.first, series.mean[: 8 * DAY]), asked, 48)
    np.testing.assert_allclose(larger.x, made.x, rtol=1e-9)
    np.testing.assert_array_equal(cut.x, made.x)


def test_it_speaks_only_after_what_it_was_trained_on() -> None:
    series = [Series(f"s{n}", "cpu", daily(9, n).first, daily(9, n).mean) for n in range(3)]
    model = LightGbm()
    model.prepare([Series(s.series_id, "cpu", s.first, s.mean[: 6 * DAY]) for s in series], LEADS)
    asked = origins(series[0], 9 * 24)
    said = model.forecast(series[0], asked, LEADS)
    trained_until = series[0].first + 6 * DAY - 1
    assert np.isnan(said.p50[asked < trained_until]).all()
    assert not np.isnan(said.p50[asked >= trained_until]).any()
