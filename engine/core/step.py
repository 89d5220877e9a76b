"""The fold: one event changes one slot's state and has effects. Nothing here asks a clock, and nothing is random."""

from __future__ import annotations

import numpy as np
from msgspec.structs import replace

from engine.core.account import count_distress, count_throttled
from engine.core.batch import Batch, Usage, read_batch, samples_in, usage_of
from engine.core.cadence import end_window
from engine.core.clock import advance, check_time, is_stale
from engine.core.compute_units import measured
from engine.core.context import Context
from engine.core.decide import approve, count_above, decide_displaced, decide_urgent, decides_at
from engine.core.effects import Refused, SlotEffects
from engine.core.feedback import fold_outcome
from engine.core.nowcast import note
from engine.core.portions import go_on
from engine.core.roster import fold_roster
from engine.core.rows import Array
from engine.core.state import SlotState
from engine.core.terms import resolve
from engine.core.window import add
from engine.messages import AnyEvent, Approve, Autopilot, Control, Declare, Freeze, Metrics, Outcome, Roster, SetPolicy
from engine.units import CPU


def step(state: SlotState, event: AnyEvent, appended_s: float, context: Context) -> SlotEffects:
    """Folds one event into the slot that it names, and returns what follows from it.

    `state` is the fold's own and is changed in place. `appended_s` is the time at which the broker took the event in.
    Raises Refused when the whole event cannot be used; the state is then as before, but for its counters.
    """
    effects = SlotEffects()
    if isinstance(event, Metrics):
        _fold_metrics(state, event, appended_s, context, effects)
    elif isinstance(event, Roster):
        check_time(event, state, appended_s, context)
        fold_roster(state, event, context, effects)
        advance(state, event, context, effects)
    elif isinstance(event, Outcome):
        effects.add(fold_outcome(state, event, context))
    else:
        _fold_control(state, event, context, effects)
    return effects


def _fold_metrics(
    state: SlotState, message: Metrics, appended_s: float, context: Context, effects: SlotEffects
) -> None:
    usage = usage_of(message)
    samples = samples_in(message, usage)
    state.count("samples_received", samples)
    try:
        rows, batch = _usable(state, message, usage, appended_s, context)
    except Refused as refused:
        state.count("samples_dead", samples)
        raise Refused(refused.reason, refused.detail, samples) from refused
    effects.dropped = [replace(cell, container=state.containers[rows[cell.row]]) for cell in batch.dropped]
    effects.samples_dropped = int(batch.refused.sum())
    state.count("samples_dead", effects.samples_dropped)
    advance(state, message, context, effects)
    _fold_samples(state, message, rows, batch, context, effects)
    if not is_stale(message, context):
        go_on(state, context, effects)


def _usable(
    state: SlotState, message: Metrics, usage: Usage, appended_s: float, context: Context
) -> tuple[Array, Batch]:
    """The rows of state that the message speaks of and its cells. Raises Refused."""
    check_time(message, state, appended_s, context)
    rows = state.rows_of(message.roster)
    if rows is None:
        known = ", ".join(state.rosters) or "none"
        raise Refused("unknown_roster", f"Expected one of the last rosters ({known}), got `{message.roster}`")
    return rows, read_batch(message, len(rows), context.time.row_age_s, usage)


def _fold_samples(
    state: SlotState, message: Metrics, rows: Array, batch: Batch, context: Context, effects: SlotEffects
) -> None:
    """Adds what is in time to the open buckets; the fast path looks at what is fresh."""
    stale = is_stale(message, context)
    with np.errstate(invalid="ignore"):
        late = batch.time_s < state.watermark_s - context.time.lateness_s
    usable = np.flatnonzero(batch.sampled & ~late)
    fresh = np.full(len(usable), not stale)
    units, cores = measured(state, rows, batch, context)
    new = add(state.window, rows[usable], batch.time_s[usable], units[usable], fresh)
    state.count("samples_folded", int(batch.sampled.sum()))
    state.count("samples_late", int((batch.sampled & late).sum()))
    state.count("samples_duplicate", int((~new).sum()))
    state.count("samples_stale", int(new.sum()) if stale else 0)
    folded = usable[new]
    note(state.nowcast, rows[folded], units[folded])
    window = state.left(context.time)
    ends = window > state.sized
    if not stale:
        count_above(state, rows[folded], cores[folded], context.sizing)
        gone = (batch.oom_kills > 0) | (batch.evictions > 0) | (batch.unschedulable > 0)
        speaking = ~late & gone & ~batch.sampled  # what was killed or runs nowhere may leave no usage behind
        speaking[folded] = True
        follows = ends and decides_at(window, context.sizing)
        _decide_at_once(state, message.time_s, rows, batch, np.flatnonzero(speaking), follows, context, effects)
    if ends:
        end_window(state, window, stale, context, effects)


def _decide_at_once(
    state: SlotState,
    time_s: float,
    rows: Array,
    batch: Batch,
    index: Array,
    decision_follows: bool,
    context: Context,
    effects: SlotEffects,
) -> None:
    """The fast path for the rows `index` of the batch."""
    speaking, kills, evictions = rows[index], batch.oom_kills[index], batch.evictions[index]
    suffered_s = state.decide.distress_s[speaking, CPU]
    effects.add(decide_urgent(state, speaking, time_s, batch.throttled[index], kills, context, decision_follows))
    effects.add(decide_displaced(state, speaking, time_s, evictions, batch.unschedulable[index], context))
    count_distress(state, speaking, kills, evictions)
    count_throttled(state, speaking, suffered_s)


def _fold_control(state: SlotState, control: Control, context: Context, effects: SlotEffects) -> None:
    body = control.body
    if isinstance(body, Declare):
        if (body.slots, body.clock) != (state.slots, state.clock):
            raise Refused("already_declared", f"The cluster has {state.slots} slots and clock {state.clock} for good")
    elif isinstance(body, Approve):
        effects.add(approve(state, body.container, body.decision_id, control.sent_s, context))
    else:
        if isinstance(body, Autopilot):
            state.stages[body.scope] = body.stage
        elif isinstance(body, SetPolicy):
            state.policy = body
        else:
            assert isinstance(body, Freeze)
            state.freezes[body.scope] = body.frozen
        resolve(state, context, effects)
    state.count("controls")
