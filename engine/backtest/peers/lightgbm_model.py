"""LightGBM, offline: boosted trees on lags, same times of earlier days, hour means and the calendar.

One model per lead and quantile (pinball loss; .5 is the absolute error), fitted once on the pooled past of many
series by `prepare`, or, where nothing was prepared, each week on the series' own past.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import lightgbm
import numpy as np

from engine.backtest.model import Buckets, Floats, PeerForecast, Series
from engine.backtest.peers.lightgbm_features import table
from engine.backtest.peers.refit import cpu_seconds
from engine.backtest.peers.steps import DAY

QUANTILES = (0.05, 0.5, 0.95)
POOLED_EVERY = 12  # buckets between training origins, on the hour as those of the test
OWN_EVERY = 3  # a single series has few
LEAST_ROWS = 100
ROUNDS = 800
PARAMETERS = {
    "learning_rate": 0.05, "num_leaves": 31, "min_data_in_leaf": 40, "feature_fraction": 0.6, "bagging_fraction": 0.8,
    "bagging_freq": 1, "lambda_l2": 1.0, "num_threads": 1, "seed": 1, "deterministic": True, "force_row_wise": True,
    "verbosity": -1,
}  # fmt: skip


class LightGbm:
    name = "lightgbm"

    def __init__(self) -> None:
        self.models: dict[tuple[int, float], Any] = {}
        self.learned_until: dict[str, int] = {}

    def prepare(self, past: Sequence[Series], leads: Buckets) -> None:
        """Fits on series that end where training ends; later forecasts speak only of origins from these ends on."""
        self.models = fit(past, leads, POOLED_EVERY)
        self.learned_until = {series.series_id: series.first + len(series.mean) - 1 for series in past}

    def forecast(self, series: Series, origins: Buckets, leads: Buckets) -> PeerForecast:
        """As `Peer.forecast`."""
        started = cpu_seconds()
        out = np.full((len(QUANTILES), len(origins), len(leads)), np.nan)
        if self.models:
            after = origins >= self.learned_until.get(series.series_id, series.first)
            out[:, after] = said(self.models, series, origins[after], leads)
        else:
            _weekly(series, origins, leads, out)
        p05, p50, p95 = np.maximum(np.sort(out, axis=0), 0.0)
        return PeerForecast(p05=p05, p50=p50, p95=p95, mean=p50, cpu_seconds=cpu_seconds() - started)


def _weekly(series: Series, origins: Buckets, leads: Buckets, out: Floats) -> None:
    """Each week a new fit on the own past, the first after three days."""
    week = (origins - series.first - 3 * DAY) // (7 * DAY)
    for number in np.unique(week[week >= 0]):
        end = int(number) * 7 * DAY + 3 * DAY
        models = fit([Series(series.series_id, series.resource, series.first, series.mean[:end])], leads, OWN_EVERY)
        if models:
            out[:, week == number] = said(models, series, origins[week == number], leads)


def fit(past: Sequence[Series], leads: Buckets, every: int) -> dict[tuple[int, float], Any]:
    """By lead and quantile; empty with too little to learn from."""
    models: dict[tuple[int, float], Any] = {}
    for lead in leads.tolist():
        x, y, order = _rows(past, lead, every)
        if len(y) < LEAST_ROWS:
            return {}
        late = order > np.quantile(order, 0.8)  # the last fifth chooses the number of trees
        for quantile in QUANTILES:
            models[lead, quantile] = _boosted(x, y, late, quantile)
    return models


def _rows(past: Sequence[Series], lead: int, every: int) -> tuple[Floats, Floats, Floats]:
    """Features [n, f], scaled residuals [n] and how late in its series each is, 0…1 [n]."""
    parts = []
    for series in past:
        at = np.arange(DAY - (series.first + DAY) % -every, len(series.mean) - lead, every)
        made = table(series, series.first + at, lead)
        actual = series.mean[at + lead]
        good = made.usable & np.isfinite(actual)
        residual = (actual[good] - made.base[good]) / made.scale[good]
        parts.append((made.x[good], residual, at[good] / max(len(series.mean), 1)))
    x, y, order = (np.concatenate(column) for column in zip(*parts, strict=True))
    return x, y, order


def _boosted(x: Floats, y: Floats, late: np.ndarray, quantile: float) -> Any:
    parameters = {**PARAMETERS, "objective": "quantile", "alpha": quantile}
    early = lightgbm.Dataset(x[~late], y[~late], free_raw_data=False)
    check = lightgbm.Dataset(x[late], y[late], reference=early)
    stop = lightgbm.early_stopping(30, verbose=False)
    trial = lightgbm.train(parameters, early, ROUNDS, valid_sets=[check], callbacks=[stop])
    return lightgbm.train(parameters, lightgbm.Dataset(x, y), max(20, trial.best_iteration))


def said(models: dict[tuple[int, float], Any], series: Series, origins: Buckets, leads: Buckets) -> Floats:
    """float64 [quantiles, origins, leads], NaN where no scale is known."""
    out = np.full((len(QUANTILES), len(origins), len(leads)), np.nan)
    for column, lead in enumerate(leads.tolist()):
        made = table(series, origins, lead)
        for row, quantile in enumerate(QUANTILES):
            if made.usable.any():
                residual = models[lead, quantile].predict(made.x, num_threads=1)
                out[row, :, column] = np.where(made.usable, residual * made.scale + made.base, np.nan)
    return out


MAKERS = {"lightgbm": LightGbm}
