"""The mixture: experts weighted by their records and by the gate, combined by a trimmed weighted mean.

By the records alone, weights are exponential in the discounted absolute error relative to the best expert's (`losses`),
which makes them independent of scale (river's `ensemble.EWARegressor` is the same without discount and with the
learning rate in units of the loss). Half of a record is that of all targets, half that of targets in the same part of
the day. The median of experts weighted so is the crowd's opinion from which the `gate` sees who differs. The forecast
is the mean of the middle two fifths of the weight: nearly as robust as the median of the weighted experts, and less
noisy.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from engine.core.compiled import compiled
from engine.core.forecast import gate
from engine.core.forecast.losses import position_of
from engine.core.forecast.powers import exp2
from engine.core.forecast.robust import trimmed_mean, weighted_median
from engine.core.rows import Array

PART_SHARE: Final = np.float32(0.5)
"""Share of the part's record at the longest learned lead; none at the shortest."""
SHARPNESS: Final = 4.0
"""An expert that lost a quarter more than the best has 1/e of its weight."""
_STEEPNESS: Final = np.float32(-SHARPNESS * math.log2(math.e))
TRIMMED: Final = np.float32(0.3)
"""Share of the weight that is left out at either end."""
_NOTHING, _ONE = np.float32(0), np.float32(1)


@dataclass(frozen=True, slots=True)
class Heard:
    """What the mixture is made of: float32 [m, leads, experts], NaN = abstains, records being losses over their mean.

    error, scored: [m, leads], usual absolute error (0 without any) and forecasts scored.
    """

    leads: tuple[int, ...]
    predictions: Array
    records: Array
    part_records: Array
    error: Array
    scored: Array


def combine(heard: Heard) -> tuple[Array, Array]:
    """The forecast, float32 [m, leads], NaN where all abstain, and the experts' weights [m, leads, experts].

    The highest weight is 1; who abstains has none.
    """
    found, weight = np.full(heard.error.shape, np.nan, np.float32), np.zeros_like(heard.predictions)
    _combine(*_columns(heard), weight, found)
    return found, weight


def features(heard: Heard) -> tuple[Array, Array, Array]:
    """What the gate sees, to train it: [m, leads, experts, 5], [m, leads, 5], excess losses [m, leads, experts]."""
    shape = heard.predictions.shape
    of_expert = np.zeros((*shape, gate.EXPERTS_FEATURES), np.float32)
    of_all, excess = np.zeros((*shape[:2], gate.CONTEXTS), np.float32), np.zeros(shape, np.float32)
    _describe_all(*_columns(heard), of_expert, of_all, excess)
    return of_expert, of_all, excess


class _Columns(NamedTuple):
    predictions: Array
    records: Array
    part_records: Array
    error: Array
    scored: Array
    lead: Array


def _columns(heard: Heard) -> tuple[_Columns, Array]:
    """What compiled functions see, and the share of the part's record at each lead."""
    lead = np.clip(position_of(heard.leads), -1, 1)
    columns = _Columns(
        predictions=np.ascontiguousarray(heard.predictions),
        records=np.ascontiguousarray(heard.records),
        part_records=np.ascontiguousarray(heard.part_records),
        error=np.ascontiguousarray(heard.error),
        scored=np.ascontiguousarray(heard.scored),
        lead=lead,
    )
    return columns, np.clip(lead, 0, 1) * PART_SHARE


@compiled
def _combine(heard: _Columns, share: Array, weight: Array, found: Array) -> None:
    experts = heard.predictions.shape[2]
    order, excess = np.empty(experts, np.int64), np.empty(experts, np.float32)
    of_expert, of_all = np.empty((experts, gate.EXPERTS_FEATURES), np.float32), np.empty(gate.CONTEXTS, np.float32)
    for row in range(found.shape[0]):
        for place in range(found.shape[1]):
            said, weights = heard.predictions[row, place], weight[row, place]
            if _describe(heard, share, row, place, weights, order, excess, of_expert, of_all):
                gate.weigh(said, excess, of_expert, of_all, weights)
                found[row, place] = trimmed_mean(said, weights, TRIMMED, order)


@compiled
def _describe_all(heard: _Columns, share: Array, of_expert: Array, of_all: Array, excess: Array) -> None:
    order, weights = np.empty(excess.shape[2], np.int64), np.empty(excess.shape[2], np.float32)
    for row in range(excess.shape[0]):
        for place in range(excess.shape[1]):
            _describe(
                heard, share, row, place, weights, order, excess[row, place], of_expert[row, place], of_all[row, place]
            )


@compiled
def _describe(
    heard: _Columns,
    share: Array,
    row: int,
    place: int,
    weights: Array,
    order: Array,
    excess: Array,
    of_expert: Array,
    of_all: Array,
) -> bool:
    """Write what the gate is to see; False where all abstain."""
    said, records, of_part = heard.predictions[row, place], heard.records[row, place], heard.part_records[row, place]
    _compare(records, of_part, share[place], excess)
    for expert in range(len(said)):
        weights[expert] = _NOTHING if np.isnan(said[expert]) else exp2(excess[expert] * _STEEPNESS)
    crowd = weighted_median(said, weights, order)
    if np.isnan(crowd):
        return False
    known = gate.Known(crowd, heard.error[row, place], heard.scored[row, place], heard.lead[place])
    gate.describe(said, records, of_part, known, of_expert, of_all)
    return True


@compiled
def _compare(records: Array, part_records: Array, share: np.float32, excess: Array) -> None:
    """Write how much more each expert lost than the best, in the best one's loss."""
    for expert in range(len(records)):
        excess[expert] = records[expert] + (part_records[expert] - records[expert]) * share
    best = excess.min()
    for expert in range(len(records)):
        loss = excess[expert]
        more = loss / best - _ONE if best > _NOTHING else _NOTHING if loss == best else gate.FARTHEST
        excess[expert] = min(more, gate.FARTHEST)
