"""When the hour of a large cluster's slot ends: forecasts, and decisions after them, for some rows with each message.

    bucket closes on the hour ─▶ all rows wait ─▶ some with each message ─▶ the rest before the next bucket closes

All at once would hold up the commands of other slots for a tenth of a second: decision 23.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from engine.core.decide import decide_at_close
from engine.core.forecast import forecast_due
from engine.core.forecast.state import HOUR
from engine.core.rows import Array
from engine.identity import SPREAD

if TYPE_CHECKING:
    from engine.core.context import Context
    from engine.core.effects import SlotEffects
    from engine.core.state import SlotState
    from engine.messages import Forecaster

ROWS: Final = 64
"""Of a portion."""
FORECAST: Final = 1
DECISION: Final = 2
"""What a row waits for; for a decision also for the forecast before it."""
_MOST_BUCKETS: Final = 1
"""Decisions on a bucket are not made when more than these have ended after it."""


def divides(state: SlotState, bucket: int) -> bool:
    """Whether the close of this bucket is one after which rows wait."""
    on_the_hour = state.forecast_bucket(bucket) % HOUR == 0
    return on_the_hour and state.slots > SPREAD and len(state.containers) > ROWS


def wait(state: SlotState, bucket: int, sampled: Array, fresh: Array) -> None:
    """The rows that had a sample in the bucket wait, `sampled` bool [n]; for a decision where it is `fresh` [n]."""
    state.waiting = bucket
    state.decide.waits[:] = np.where(sampled, np.where(fresh, DECISION, FORECAST), 0)


def go_on(state: SlotState, context: Context, effects: SlotEffects) -> None:
    """The next portion of those that wait."""
    if state.waiting >= 0:
        _take(state, ROWS, state.closed, context, effects)


def finish(state: SlotState, due: int, stale: bool, context: Context, effects: SlotEffects) -> None:
    """All that wait still, since a bucket closes now, of those up to `due`. A stale message has the forecasts made, and
    decides nothing."""
    if state.waiting >= 0:
        if stale:
            state.decide.waits[state.decide.waits == DECISION] = FORECAST
        _take(state, len(state.containers), due, context, effects)


def _take(state: SlotState, most: int, ended: int, context: Context, effects: SlotEffects) -> None:
    """Forecasts `most` of the rows that wait, and decides for them; `ended` is the last bucket that has ended."""
    waits, bucket = state.decide.waits, state.waiting
    rows = np.flatnonzero(waits)[:most]
    forecast_rows(state, bucket, rows)
    decided = np.zeros(len(waits), dtype=np.bool_)
    decided[rows] = waits[rows] == DECISION
    waits[rows] = 0
    if ended - bucket <= _MOST_BUCKETS and decided.any():
        effects.add(decide_at_close(state, bucket, decided, decided, context))
    if not waits.any():
        state.waiting = -1


def forecast_rows(state: SlotState, bucket: int, rows: Array) -> None:
    """Makes the forecasts of the rows int [k] that are due since the bucket closed."""
    forecast_due(state.forecast, rows, state.forecast_bucket(bucket), _named(state))


def _named(state: SlotState) -> dict[int, Forecaster] | None:
    """Row to the river forecaster that a policy puts on it."""
    if not state.forecasters:
        return None
    return {row: state.forecasters[name] for row, name in enumerate(state.containers) if name in state.forecasters}
