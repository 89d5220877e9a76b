"""Pods that their node put out, or that found no node: evidence on the fast path, beside kills and throttling.

    evicted for want of memory   distress of memory as an OOM kill is: soon after a cut of memory it takes the cut back
    unschedulable                soon after a raise the raise is the cause: the size before it comes back, and for an
                                 hour nothing is changed again

Both are taken back outside of a policy's windows too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.core.decide.facts import Facts, bucket_at, gather
from engine.core.decide.fitting import FITS, first_reason, fit
from engine.core.decide.judged import APPLIED
from engine.core.decide.proposals import TRIGGERS, Proposals, Verdicts, dispositions, note_recommended
from engine.core.decide.publish import publish
from engine.core.decide.remembered import recalled
from engine.core.decide.state import HOLD, REASON, ROLLBACK
from engine.core.decide.trust import cut_lately
from engine.core.decide.urgent import free, settle
from engine.core.rows import Array
from engine.units import MEMORY

if TYPE_CHECKING:
    from engine.core.context import Context
    from engine.core.decide.parameters import SizingParameters
    from engine.core.state import SlotState

_EVICTED, _UNSCHEDULABLE = TRIGGERS.index("evicted"), TRIGGERS.index("unschedulable")


def decide_displaced(
    slot: SlotState, index: Array, time_s: float, evictions: Array, unschedulable: Array, context: Context
) -> Verdicts:
    """Decides at once for the rows `index` int [m] of a batch sampled at `time_s`, all of them fresh.

    `evictions` and `unschedulable` [m] count pods since the scrape before.
    """
    slot.count("evictions", int(evictions.sum()))
    slot.count("unschedulable", int(unschedulable.sum()))
    verdicts = Verdicts()
    if evictions.any():
        verdicts.extend(_evicted(slot, index[evictions > 0], time_s, context))
    if unschedulable.any():
        verdicts.extend(_unschedulable(slot, index[unschedulable > 0], time_s, context))
    return verdicts


def _evicted(slot: SlotState, rows: Array, time_s: float, context: Context) -> Verdicts:
    distress_s = slot.decide.distress_s
    distress_s[rows, MEMORY] = np.maximum(distress_s[rows, MEMORY], time_s)
    blamed = cut_lately(slot, rows, time_s, context.sizing)
    blamed &= np.array([False, True]) & free(slot, rows, time_s)[:, None]
    chosen = blamed.any(axis=1)
    if not chosen.any():
        return Verdicts()
    facts = _facts(slot, rows[chosen], time_s, context)
    active = np.where(blamed[chosen], np.int8(_EVICTED), np.int8(0))
    return settle(slot, facts, active, blamed[chosen], facts.request, facts.limit, context)


def _unschedulable(slot: SlotState, rows: Array, time_s: float, context: Context) -> Verdicts:
    rows = rows[_raised_lately(slot, rows, time_s, context.sizing) & free(slot, rows, time_s)]
    if not len(rows):
        return Verdicts()
    facts = _facts(slot, rows, time_s, context)
    request, limit = _size_before_raise(slot, facts)
    lower = request < facts.request  # where a pod finds room is a matter of requests
    fitted = fit(facts, request, limit)
    moved = (lower & (fitted.held == FITS)).any(axis=1)
    why = np.where(fitted.held == FITS, np.int8(REASON["at_floor"]), fitted.held)
    proposals = Proposals(
        facts=facts,
        action=np.where(moved, ROLLBACK, HOLD),
        reason=np.where(moved, np.int8(REASON["unschedulable_after_raise"]), first_reason(why, lower)),
        trigger=np.full(len(rows), _UNSCHEDULABLE, dtype=np.int8),
        request=fitted.request,
        limit=fitted.limit,
        reasons=fitted.held,
    )
    disposition = dispositions(slot.placement, proposals)
    note_recommended(slot.decide, proposals, disposition)
    verdicts = publish(slot, proposals, disposition, np.ones(len(rows), dtype=np.bool_), context)
    slot.decide.blocked_until_s[rows] = time_s + context.sizing.unschedulable_wait_s
    return verdicts


def _raised_lately(slot: SlotState, rows: Array, time_s: float, parameters: SizingParameters) -> Array:
    """Whether the last change applied raised a request so shortly before that it is to blame: bool [m]."""
    decide, age = slot.decide, time_s - slot.decide.changed_s[rows]
    request = slot.placement.request[rows]
    ours, before = (recalled(each[rows], request) for each in (decide.pending_request, decide.before_request))
    known = slot.judgement.phase[rows] == APPLIED  # only then are the columns those of the last change
    known &= ((request == ours) | (np.isnan(request) & np.isnan(ours))).all(axis=1)  # nobody changed it since
    more = (before < request).any(axis=1)
    lately: Array = known & more & (age >= 0) & (age <= parameters.watch_s)
    return lately


def _size_before_raise(slot: SlotState, facts: Facts) -> tuple[Array, Array]:
    """Requests and limits [m, 2]: of what was raised, as before the raise within the floor; the rest as it is."""
    decide, rows = slot.decide, facts.rows
    floored = np.maximum(recalled(decide.before_request[rows], facts.request), facts.floor)
    floored = np.where(facts.around.scaled, facts.request, floored)
    raised = floored < facts.request
    request = np.where(raised, floored, facts.request)
    before = np.fmin(np.fmax(recalled(decide.before_limit[rows], facts.limit), request), facts.limit)
    return request, np.where(raised & ~np.isnan(facts.limit), before, facts.limit)


def _facts(slot: SlotState, rows: Array, time_s: float, context: Context) -> Facts:
    return gather(slot, rows, bucket_at(time_s), time_s, context, np.full(len(rows), time_s))
