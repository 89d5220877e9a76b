"""Asks the engine's forecast, so that the answer at a lead does not depend on the other leads of a backtest."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.backtest.model import Floats
from engine.core.forecast import LEADS, ForecastRows, Outlook, forecast_at
from engine.core.rows import Array


def ask(rows: ForecastRows, origin: int, leads: Sequence[int]) -> tuple[Floats, Array]:
    """p05, p50, p95 and mean, float64 [n, 2, leads, 4], and why there is none, uint8 [n, 2], from bucket `origin`.

    The engine's own leads are asked together, as it does by itself live; any other alone.
    """
    own: Outlook | None = forecast_at(rows, origin, LEADS) if set(leads) & set(LEADS) else None
    values, why = [], None
    for lead in leads:
        outlook, place = (own, LEADS.index(lead)) if own and lead in LEADS else (forecast_at(rows, origin, [lead]), 0)
        values.append(np.stack([a[..., place] for a in (outlook.p05, outlook.p50, outlook.p95, outlook.mean)], axis=-1))
        why = outlook.why
    assert why is not None
    return np.stack(values, axis=2), why
