"""The fast path, on every fresh batch: OOM kills, throttling, limits that are about to be crossed, cuts gone wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.core.compute_units import in_cores, performance_of
from engine.core.decide import risk
from engine.core.decide.cadence import by_window
from engine.core.decide.facts import Facts, bucket_at, gather
from engine.core.decide.fitting import changed, fit, why_held
from engine.core.decide.oom import killed_again, note_kill
from engine.core.decide.peaks import peaks_over
from engine.core.decide.permits import permits_at
from engine.core.decide.proposals import TRIGGERS, Proposals, Verdicts, dispositions, may_command, note_recommended
from engine.core.decide.publish import publish
from engine.core.decide.raising import raised
from engine.core.decide.restart_cost import worth_of
from engine.core.decide.state import HOLD, PEAK_HOURS, REASON, ROLLBACK, URGENT_UP
from engine.core.decide.trust import cut_lately, size_before_cut, take_back
from engine.core.rows import Array
from engine.units import BUCKET_S, CPU, MEMORY

if TYPE_CHECKING:
    from engine.core.context import Context
    from engine.core.decide.parameters import SizingParameters
    from engine.core.state import SlotState

NO_TRIGGER = 0
OOM_KILL, THROTTLED, CROSSING_CPU, CROSSING_MEMORY, OUTCOME, ABOVE_REQUEST, EVICTED = (
    TRIGGERS.index(name)
    for name in ("oom_kill", "throttled", "crossing_cpu", "crossing_memory", "outcome", "above_request", "evicted")
)


def decide_urgent(
    slot: SlotState,
    index: Array,
    time_s: float,
    throttled: Array,
    oom_kills: Array,
    context: Context,
    decision_follows: bool = False,
) -> Verdicts:
    """Decides at once for the rows `index` int [m] of a batch sampled at `time_s`, all of them fresh.

    Where the decision at the end of a window follows, what is above its request is left to that.

    `throttled` float [m] is the share of CFS periods throttled, `oom_kills` [m] a count, both since the scrape before.
    """
    trigger = triggers(slot, index, time_s, throttled, oom_kills, context.sizing)
    if not trigger.any():
        return Verdicts()
    followed = by_window(slot, index, context.sizing)[:, None] & (trigger == ABOVE_REQUEST)
    if decision_follows:
        trigger = np.where(followed, np.int8(NO_TRIGGER), trigger)
    repeated = killed_again(slot, index, time_s, context.sizing)
    _note_distress(slot, index, time_s, trigger, context.sizing)
    blamed = _blamed(slot, index, time_s, trigger, context.sizing)
    quiet = _quiet(slot, index, time_s, context) | (repeated & (trigger == OOM_KILL))
    quiet |= followed
    ready = blamed | ((trigger != NO_TRIGGER) & quiet)
    ready &= free(slot, index, time_s)[:, None]
    chosen = np.flatnonzero(ready.any(axis=1))
    if not len(chosen):
        return Verdicts()
    rows, active = index[chosen], np.where(ready, trigger, NO_TRIGGER)[chosen]
    bucket = bucket_at(time_s)
    facts = gather(slot, rows, bucket, time_s, context, np.full(len(rows), time_s))
    request, limit = raised(facts, active, throttled[chosen], repeated[chosen], context.sizing)
    return settle(slot, facts, active, blamed[chosen], request, limit, context)


def triggers(
    slot: SlotState, index: Array, time_s: float, throttled: Array, oom_kills: Array, parameters: SizingParameters
) -> Array:
    """What is wrong with each resource: int8 [m, 2], index of TRIGGERS, 0 nothing."""
    limit = slot.placement.limit[index]
    found = np.where(_above(slot, index, time_s, parameters), ABOVE_REQUEST, NO_TRIGGER)
    found = np.where(_crossing(slot, index, time_s, parameters), np.array([CROSSING_CPU, CROSSING_MEMORY]), found)
    short = (throttled > parameters.throttled_share) & ~np.isnan(limit[:, CPU])
    found[:, CPU] = np.where(short, THROTTLED, found[:, CPU])
    found[:, MEMORY] = np.where(oom_kills > 0, OOM_KILL, found[:, MEMORY])
    return found.astype(np.int8)


def _above(slot: SlotState, index: Array, time_s: float, parameters: SizingParameters) -> Array:
    """Usage above its request, where a risk is stated: bool [m, 2]."""
    by_risk = ~np.isnan(risk.stated(slot.placement, index, parameters))
    if not by_risk.any():
        return by_risk
    with np.errstate(invalid="ignore"):
        last = in_cores(slot.window.last[index], performance_of(slot.placement, index))
        above: Array = last > slot.placement.request[index]
    by_risk &= ~slot.placement.scaled[index]
    return by_risk & above & _current(slot.window.last_s[index], time_s)


def _current(last_s: Array, time_s: float) -> Array:
    """Whether a last sample is not from later, nor from a bucket ago."""
    current: Array = (last_s <= time_s) & (time_s - last_s < BUCKET_S)
    return current


def _crossing(slot: SlotState, index: Array, time_s: float, parameters: SizingParameters) -> Array:
    """Usage that rises and by its slope crosses its limit before the next bucket closes; bool [m, 2].

    The slope of two samples is believed only near the limit, above all that the day has seen under it, and only if
    they are close in time; else rising usage counts from `crossing_level` of the limit on, as with traces of one sample
    in five minutes.
    """
    window, limit = slot.window, slot.placement.limit[index]
    performance = performance_of(slot.placement, index)
    last, previous = (in_cores(each[index], performance) for each in (window.last, window.previous))
    last_s = window.last_s[index]
    gap_s = last_s - window.previous_s[index]
    remaining_s = float(bucket_at(time_s) * BUCKET_S) - last_s
    current = _current(last_s, time_s)
    with np.errstate(invalid="ignore", divide="ignore"):
        reaches = last + (last - previous) / gap_s * remaining_s
        near = (gap_s > 0) & (gap_s <= parameters.slope_s)
        rising = current & (last > previous)
        by_slope = rising & near & (last >= parameters.crossing_from * limit) & (reaches > limit)
        by_level = rising & ~near & (last >= parameters.crossing_level * limit)
    steep = np.flatnonzero(by_slope.any(axis=1))
    by_slope[steep] &= ~_seen(slot, index[steep], last[steep], limit[steep], time_s)
    crossing: Array = by_slope | by_level
    return crossing


def _seen(slot: SlotState, index: Array, last: Array, limit: Array, time_s: float) -> Array:
    """Whether the day has seen as much already, under the limit: then usage only goes up and down. bool [m, 2]."""
    peaks = peaks_over(slot.decide, index, bucket_at(time_s), PEAK_HOURS)
    peak = in_cores(peaks, performance_of(slot.placement, index))
    with np.errstate(invalid="ignore"):
        seen: Array = (last <= peak) & (peak < limit)
    return seen


def _note_distress(
    slot: SlotState, index: Array, time_s: float, trigger: Array, parameters: SizingParameters
) -> None:
    killed = index[trigger[:, MEMORY] == OOM_KILL]
    note_kill(slot.decide, killed, slot.placement.limit[killed, MEMORY], parameters)
    suffers = (trigger == OOM_KILL) | (trigger == THROTTLED)
    distress_s = slot.decide.distress_s
    distress_s[index] = np.where(suffers, np.maximum(distress_s[index], time_s), distress_s[index])


def _blamed(slot: SlotState, index: Array, time_s: float, trigger: Array, parameters: SizingParameters) -> Array:
    """Resources that suffer soon after a cut of theirs: bool [m, 2]."""
    suffers = (trigger == OOM_KILL) | (trigger == THROTTLED)
    blamed: Array = suffers & cut_lately(slot, index, time_s, parameters)
    return blamed


def free(slot: SlotState, index: Array, time_s: float) -> Array:
    """Rows that await no outcome and no roster: bool [m]."""
    decide = slot.decide
    free: Array = (time_s >= decide.pending_until_s[index]) & (time_s >= decide.blocked_until_s[index])
    return free


def _quiet(slot: SlotState, index: Array, time_s: float, context: Context) -> Array:
    """Resources of which nothing urgent was said lately; what is not commanded is repeated less often. bool [m, 2]."""
    parameters = context.sizing
    able = may_command(slot.placement, index, URGENT_UP) & ~permits_at(slot, index, time_s, context).held
    wait_s = np.where(able, parameters.urgent_cool_down_s, parameters.urgent_repeat_s)
    quiet: Array = time_s - slot.decide.urgent_s[index] >= wait_s[:, None]
    return quiet


def settle(
    slot: SlotState, facts: Facts, active: Array, blamed: Array, request: Array, limit: Array, context: Context
) -> Verdicts:
    """Publishes raises of the resources with an `active` trigger [m, 2].

    Resources that are `blamed` [m, 2] on a cut get their size from before it. `request` and `limit` [m, 2] are the
    raised sizes of the others. What a bound leaves as it is becomes a hold. Outside of its windows, unless it pays for
    the restart, or beyond its restarts, a container that cannot be resized in place is raised by approval only; a cut
    is taken back even then.
    """
    decide, rows = slot.decide, facts.rows
    before, limit_before = size_before_cut(facts, decide)
    before = np.where(facts.around.scaled, facts.request, before)
    fitted = fit(facts, np.where(blamed, before, request), np.where(blamed, limit_before, limit))
    moved = (changed(facts.request, fitted.request) | changed(facts.limit, fitted.limit)).any(axis=1)
    leading = np.where(blamed.any(axis=1, keepdims=True), blamed, active != NO_TRIGGER)
    trigger = np.where(leading, active, np.int8(len(TRIGGERS))).min(axis=1)
    permits = permits_at(slot, rows, facts.time_s, context)
    taken_back = blamed.any(axis=1)
    opens_s = np.where(moved & ~taken_back, permits.opens_s, np.nan)
    worth = worth_of(slot, facts, fitted.request, opens_s, context, active[:, MEMORY] == CROSSING_MEMORY)
    proposals = Proposals(
        facts=facts,
        action=np.where(~moved, HOLD, np.where(taken_back, ROLLBACK, URGENT_UP)),
        reason=np.where(moved, _reasons(trigger, blamed), why_held(facts, fitted, active != NO_TRIGGER)),
        trigger=trigger,
        request=fitted.request,
        limit=fitted.limit,
        reasons=np.where(active != NO_TRIGGER, fitted.held, np.int8(-1)),
        held=permits.without(worth.pays).held & ~taken_back,
        worth=worth,
    )
    decide.urgent_s[rows] = np.where(active != NO_TRIGGER, facts.time_s, decide.urgent_s[rows])
    take_back(decide, rows, blamed, facts.time_s, context.sizing)
    disposition = dispositions(slot.placement, proposals)
    note_recommended(slot.decide, proposals, disposition)
    return publish(slot, proposals, disposition, np.ones(len(rows), dtype=np.bool_), context)


def _reasons(trigger: Array, blamed: Array) -> Array:
    """Reason of each row, int8 [m]: that of its trigger, or of the cut that is to blame."""
    named = np.array([REASON.get(name, 0) for name in TRIGGERS], dtype=np.int8)
    memory = np.where(trigger == EVICTED, REASON["evicted_after_cut"], REASON["oom_kill_after_cut"])
    after_cut = np.where(blamed[:, MEMORY], memory, REASON["throttled_after_cut"])
    return np.where(blamed.any(axis=1), after_cut, named[trigger])
