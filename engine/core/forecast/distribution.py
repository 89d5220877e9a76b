"""From what the experts say to a distribution: the mixture's median, and how far the quantiles are from it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.core.forecast.compact import decode
from engine.core.forecast.evidence import Evidence, at_leads, gather, mean_error, spread
from engine.core.forecast.experts import predict
from engine.core.forecast.losses import part_of, records
from engine.core.forecast.mixture import Heard, combine
from engine.core.forecast.quantile_prior import widths
from engine.core.forecast.quantiles import calibrated, ratio
from engine.core.forecast.state import RECENT, ForecastRows, Series
from engine.core.rows import Array

Leads = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Said:
    """float32 in units: predictions [m, leads, experts], NaN = abstains, their weights, the p50 [m, leads].

    error: usual absolute error, as it was `heard` [m, leads].
    """

    predictions: Array
    weights: Array
    p50: Array
    error: Array


def combined(rows: ForecastRows, series: Series, bucket: int, leads: Leads) -> Said:
    """What the experts say at this bucket, and their weighted middle."""
    said = heard(rows, series, bucket, leads)
    p50, weights = combine(said)
    return Said(said.predictions, weights, p50, said.error)


def heard(rows: ForecastRows, series: Series, bucket: int, leads: Leads) -> Heard:
    """What the experts say at this bucket, and what their weights depend on."""
    all_day, of_part = records(rows, series, bucket, leads)
    scored = rows.scored[series]
    return Heard(
        leads=leads,
        predictions=predict(rows, series, bucket, leads),
        records=all_day,
        part_records=of_part,
        error=at_leads(mean_error(decode(rows.loss[series]), scored), leads),
        scored=at_leads(scored.astype(np.float32), leads),
    )


def evidence_of(rows: ForecastRows, series: Series, bucket: int, said: Said, leads: Leads) -> Evidence:
    """How far off these medians may be."""
    return gather(
        p50=said.p50,
        spread=spread(said.predictions, said.weights, said.p50),
        recent=decode(rows.recent[series].take((bucket - 1 - np.arange(RECENT)) % RECENT, axis=-1)),
        error=said.error,
        ratio=ratio_of(rows, series, bucket, leads),
        scored=rows.scored[series],
        leads=leads,
    )


def ratio_of(rows: ForecastRows, series: Series, bucket: int, leads: Leads) -> Array:
    """Errors in the parts of the day in which the targets lie, in usual errors: float32 [m, leads]."""
    return ratio(rows.part_ratio[series][:, [part_of(bucket + lead) for lead in leads]])


def widths_of(rows: ForecastRows, series: Series, bucket: int, known: Evidence, leads: Leads) -> Array:
    """Distances of p05, p90, p95, p99 from p50: uint16 codes [m, leads, 4], in units."""
    parts = [part_of(bucket + lead) for lead in leads]
    return calibrated(widths(known, leads), rows.margins[series], rows.part_margins[series][:, parts], leads)
