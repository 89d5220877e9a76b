"""Prophet: half-hours of two weeks, refit every 6 h; it has no update, so the hours between see the last fit."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from prophet import Prophet

from engine.backtest.model import Floats
from engine.backtest.peers.refit import Ahead, BatchPeer
from engine.backtest.peers.steps import DAY

START = pd.Timestamp("2024-01-01")  # any Monday: only distances matter
STEP = pd.Timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Curve:
    """A fitted Prophet and the number of values it was fitted on."""

    model: Any
    count: int

    def ahead(self, values: Floats, steps: int, since: int) -> Ahead:
        stamps = START + STEP * np.arange(self.count + since, self.count + since + steps)
        random = np.random.get_state()
        np.random.seed(1)  # its intervals are sampled, from numpy's global generator
        try:
            said = self.model.predict(pd.DataFrame({"ds": stamps}))
        finally:
            np.random.set_state(random)
        return Ahead(*(said[name].to_numpy() for name in ("yhat", "yhat_lower", "yhat_upper")))


def fit(values: Floats) -> Curve:
    """A daily season, a weekly one with two weeks of data, a trend that may bend often."""
    for name in ("prophet", "cmdstanpy"):
        logging.getLogger(name).disabled = True  # a line for each fit otherwise
    weekly = len(values) >= 14 * DAY // 6
    model = Prophet(
        daily_seasonality=10, weekly_seasonality=weekly, yearly_seasonality=False,
        changepoint_prior_scale=0.5, changepoint_range=0.95, interval_width=0.9, uncertainty_samples=200,
    )  # fmt: skip
    stamps = START + STEP * np.arange(len(values))
    model.fit(pd.DataFrame({"ds": stamps, "y": values}), seed=1)
    return Curve(model, len(values))


MAKERS = {"prophet": lambda: BatchPeer("prophet", fit)}
