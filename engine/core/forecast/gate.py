"""Whom to hear: a small network, the same for all series, that weighs the experts by what is known of each just now.

A mixture of experts whose gate sees the experts' records instead of the input (Jacobs, Jordan, Nowlan & Hinton,
"Adaptive mixtures of local experts", Neural Computation 1991): every expert goes through the same hidden units with an
embedding of its own, and the weights are the softmax of what comes out. Where the mixture by records alone hears who
was best, the gate also knows who deserves it at this lead, at this age, when opinions differ that much. All that it
sees are ratios: neither unit nor source enters. It was trained once (`gate_prior`) and learns nothing here.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from engine.core.compiled import compiled
from engine.core.forecast.gate_prior import CONTEXT, EMBEDDING, EXPERT, FEATURE, OUT, RECORD
from engine.core.forecast.powers import exp2
from engine.core.forecast.state import EXPERTS
from engine.core.rows import Array

EXPERTS_FEATURES: Final = 5
"""Of an expert: best record over its own, the same in the target's part of the day, how far and to which side it is
from the crowd, how far it is from the last bucket."""
CONTEXTS: Final = 5
"""Of a forecast: age, how far the experts are from each other, lead, share that speaks, relative error."""
FARTHEST: Final = np.float32(8)
"""An expert that lost so many times more than the best is not told from a worse one."""
_AGE: Final = np.float32(24)
_SMALL, _SMALLEST = np.float32(1e-6), np.float32(1e-12)
_NOTHING, _ONE = np.float32(0), np.float32(1)
_LAST: Final = EXPERTS.index("last")
_LOG2_E: Final = np.float32(np.log2(np.e))


class Known(NamedTuple):
    """What is known of one forecast before the experts are weighed, besides the experts themselves."""

    crowd: np.float32  # their median by records
    error: np.float32  # usual absolute error at this lead; 0 without any
    scored: np.float32  # forecasts scored at this lead
    lead: np.float32  # -1 for a quarter of an hour, 0 for an hour, 1 for four and more


@compiled
def describe(said: Array, records: Array, part_records: Array, known: Known, of_expert: Array, of_all: Array) -> None:
    """Write the features of each expert to of_expert [experts, 5] and of the forecast to of_all [5].

    said: float32 [experts], NaN = abstains, at least one speaks. records, part_records: losses over their mean.
    """
    apart, speaks = _NOTHING, _NOTHING
    for expert in range(len(said)):
        if not np.isnan(said[expert]):
            apart += abs(said[expert] - known.crowd)
            speaks += _ONE
    apart /= speaks
    usual = (known.error if known.scored > _NOTHING else apart) + _SMALL * known.crowd + _SMALLEST
    last = known.crowd if np.isnan(said[_LAST]) else said[_LAST]
    best, best_of_part = records.min(), part_records.min()
    for expert in range(len(said)):
        of_expert[expert, 0] = _share(best, records[expert])
        of_expert[expert, 1] = _share(best_of_part, part_records[expert])
        of_expert[expert, 2:] = _NOTHING
        if not np.isnan(said[expert]):
            off, moved = said[expert] - known.crowd, abs(said[expert] - last)
            of_expert[expert, 2] = abs(off) / (abs(off) + usual)
            of_expert[expert, 3] = off / (abs(off) + usual)
            of_expert[expert, 4] = moved / (moved + usual)
    of_all[0] = known.scored / (known.scored + _AGE)
    of_all[1] = apart / (apart + usual)
    of_all[2] = known.lead
    of_all[3] = speaks / np.float32(len(said))
    of_all[4] = usual / (usual + known.crowd + _SMALLEST)


@compiled
def _share(best: np.float32, record: np.float32) -> np.float32:
    return best / record if record > _NOTHING else _ONE


@compiled
def weigh(said: Array, excess: Array, of_expert: Array, of_all: Array, weight: Array) -> None:
    """Write the weights of the experts, float32 [experts], the highest being 1; 0 for who abstains.

    excess: how much more each lost than the best, in the best one's loss, at most `FARTHEST`.
    """
    hidden, common = np.empty(FEATURE.shape[1], np.float32), np.zeros(FEATURE.shape[1], np.float32)
    for place in range(len(of_all)):
        for unit in range(len(common)):
            common[unit] += of_all[place] * CONTEXT[place, unit]
    highest = np.float32(-np.inf)
    for expert in range(len(said)):
        for unit in range(len(hidden)):
            hidden[unit] = common[unit] + EMBEDDING[expert, unit]
        for place in range(of_expert.shape[1]):
            for unit in range(len(hidden)):
                hidden[unit] += of_expert[expert, place] * FEATURE[place, unit]
        score = EXPERT[expert] - RECORD * excess[expert]
        for unit in range(len(hidden)):
            score += max(hidden[unit], _NOTHING) * OUT[unit]
        weight[expert] = score
        if not np.isnan(said[expert]):
            highest = max(highest, score)
    for expert in range(len(said)):
        heard = exp2((weight[expert] - highest) * _LOG2_E)
        weight[expert] = _NOTHING if np.isnan(said[expert]) else heard
