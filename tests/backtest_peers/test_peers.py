"""Every peer, on a short series with a daily season; each skips, saying so, where its library is not installed."""

import importlib.util

import numpy as np
import pytest

from engine.backtest.model import Peer, Series
from engine.backtest.peers import MODULES, PEERS
from engine.backtest.peers.steps import DAY

LIBRARY = {"statsforecast_models": "statsforecast", "river_models": "river", "prophet_model": "prophet"}
LEADS = np.array([24, 48])
POINTS_ONLY = {"holt-winters", "snarimax"}


def made(name: str) -> Peer:
    library = LIBRARY.get(MODULES[name], "lightgbm")
    if importlib.util.find_spec(library) is None:
        pytest.skip(f"{library} is not installed: pip install 'trimtab[peers]'")
    return PEERS[name]()


def daily(days: int, seed: int = 1) -> Series:
    random = np.random.default_rng(seed)
    time = np.arange(days * DAY)
    mean = (2.0 + np.sin(2 * np.pi * time / DAY)) * random.lognormal(0.0, 0.05, len(time))
    mean[random.random(len(time)) < 0.02] = np.nan
    return Series("s", "cpu", 2 * DAY + 1, mean)


def origins(series: Series, hours: int, end: int | None = None) -> np.ndarray:
    """The last so many full hours before the end."""
    last = series.first + (len(series.mean) if end is None else end) - 1
    return np.arange(last // 12 - hours + 1, last // 12 + 1) * 12


@pytest.mark.parametrize("name", PEERS)
def test_it_beats_the_last_value_on_a_daily_season_and_its_quantiles_are_ordered(name: str) -> None:
    peer, whole = made(name), daily(8)
    series = Series("s", "cpu", whole.first, whole.mean[: 7 * DAY])
    asked = origins(series, 24)
    said = peer.forecast(series, asked, LEADS)
    place = asked[:, None] + LEADS - series.first
    actual, last = whole.mean[place], series.mean[asked - series.first][:, None]
    assert said.p50.shape == actual.shape
    assert (said.p50 >= 0).all()
    assert np.nanmean(np.abs(said.p50 - actual)) < 0.5 * np.nanmean(np.abs(last - actual))
    assert said.cpu_seconds > 0
    if name in POINTS_ONLY:
        assert np.isnan(said.p95).all()
    else:
        assert (said.p05 <= said.p50).all()
        assert (said.p50 <= said.p95).all()
        assert 0.7 < np.nanmean(actual <= said.p95) <= 1


@pytest.mark.parametrize("name", PEERS)
def test_what_comes_after_an_origin_does_not_matter(name: str) -> None:
    """Forecasts from origins before a cut are the same, bit for bit, when what follows was never there."""
    whole, cut = daily(7), 5 * DAY + 100
    start = Series("s", "cpu", whole.first, whole.mean[:cut])
    asked = origins(whole, 6, end=cut)
    before, after = (made(name).forecast(series, asked, LEADS) for series in (start, whole))
    for field in ("p05", "p50", "p95", "mean"):
        np.testing.assert_array_equal(getattr(before, field), getattr(after, field))
    assert not np.isnan(before.p50).any()


@pytest.mark.parametrize("name", PEERS)
def test_series_that_say_nothing_get_no_forecast_or_zero_and_no_error(name: str) -> None:
    peer = made(name)
    for mean in (np.full(3 * DAY, np.nan), np.zeros(3 * DAY), np.ones(DAY // 2)):
        series = Series("s", "cpu", 1, mean)
        said = peer.forecast(series, origins(series, 3), LEADS)
        assert (np.isnan(said.p50) | (said.p50 == 0)).all()


def test_a_library_that_fails_is_counted_as_silence_not_raised() -> None:
    from engine.backtest.peers.refit import BatchPeer

    def refuse(values: np.ndarray) -> None:
        raise ValueError(f"cannot fit {len(values)} values")

    series = daily(3)
    said = BatchPeer("refusing", refuse).forecast(series, origins(series, 3), LEADS)  # type: ignore[arg-type]
    assert np.isnan(said.p50).all()
