"""Event time of a slot: the watermark moves, buckets close, and what they held is learned and decided on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from engine.core import portions
from engine.core.account import add_bucket
from engine.core.aggregate import hour_ended
from engine.core.compute_units import in_cores
from engine.core.context import Context
from engine.core.decide import (
    decide_at_close,
    decide_between_runs,
    note_near_misses,
    observe_need,
    observe_peaks,
    observe_runs,
    watch,
)
from engine.core.effects import Refused, SlotEffects
from engine.core.forecast import learn
from engine.core.state import SlotState
from engine.core.window import Closed, close
from engine.messages import Metrics, Roster
from engine.units import BUCKET_S, MEMORY


def check_time(event: Roster | Metrics, state: SlotState, appended_s: float, context: Context) -> None:
    """Raises Refused for a message from the future, by its own clock or by the broker's.

    A watermark that ran ahead would make everything after it late: such a message must not move it.
    """
    rules = context.time
    if event.time_s > event.sent_s + rules.future_s:
        ahead = event.time_s - event.sent_s
        raise Refused("from_the_future", f"Expected a time of at most `sent_s` + {rules.future_s:g} s, got {ahead:g} s")
    if state.clock == "wall" and event.sent_s > appended_s + rules.clock_skew_s:
        ahead = event.sent_s - appended_s
        raise Refused("agent_clock", f"The agent's clock is {ahead:.0f} s ahead of the broker's")


def advance(state: SlotState, event: Roster | Metrics, context: Context, effects: SlotEffects) -> None:
    """Moves the watermark to the event's time and closes the buckets that are due.

    What closes by a stale message is learned, and commands nothing.
    """
    state.watermark_s = max(state.watermark_s, event.time_s)
    stale = is_stale(event, context)
    due = state.due(context.time)
    for bucket in (state.closed + 1, state.closed + 2):  # no other bucket can hold samples: see TimeRules
        if bucket <= due and (closed := close(state.window, bucket)) is not None:
            effects.aggregates.extend(hour_ended(state, bucket, context))
            portions.finish(state, due, stale, context, effects)
            _learn_and_decide(state, closed, stale, context, effects)
    before, state.closed = state.closed, max(state.closed, due)
    if not stale and state.closed > before:
        effects.aggregates.extend(hour_ended(state, state.closed, context))  # what is decided now counts from here on
        effects.add(decide_between_runs(state, before, context))
    effects.aggregates.extend(hour_ended(state, state.closed + 1, context))


def is_stale(event: Roster | Metrics, context: Context) -> bool:
    """Whether it was sent long after it was taken, as from a spool after an outage."""
    return event.sent_s - event.time_s > context.time.stale_s


def _learn_and_decide(state: SlotState, closed: Closed, stale: bool, context: Context, effects: SlotEffects) -> None:
    observe_peaks(state.decide, closed.bucket, closed.peak)
    observe_need(state.decide, float(closed.bucket * BUCKET_S), closed.peak[:, MEMORY], context.sizing)
    observe_runs(state, closed.bucket, closed.peak, context.sizing)
    learn(state.forecast, state.forecast_bucket(closed.bucket), closed.mean, closed.peak)
    state.count("buckets_closed")
    used = _in_cores(state, closed)
    add_bucket(state, used)
    note_near_misses(state, used, context.sizing)
    effects.judgements.extend(watch(state, used, context))
    sampled = np.any(~np.isnan(closed.mean), axis=1)
    if not stale and portions.divides(state, closed.bucket):
        portions.wait(state, closed.bucket, sampled, closed.fresh)
        return
    portions.forecast_rows(state, closed.bucket, np.arange(len(sampled)))
    if not stale:
        effects.add(decide_at_close(state, closed.bucket, sampled, closed.fresh, context))


def _in_cores(state: SlotState, closed: Closed) -> Closed:
    """As it compares to requests and limits."""
    performance = state.placement.vcpu_performance.astype(np.float64)
    return replace(closed, mean=in_cores(closed.mean, performance), peak=in_cores(closed.peak, performance))
