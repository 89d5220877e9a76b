"""Was a change right? Looked at as buckets close, said after four hours or at the next change.

    A change was right if nothing was throttled or killed at its size, and if it cost less than staying, shortage
    priced in, or fitted: peaks came to four fifths of the request, above it no more often than the risk allows.

Prices are those of `shortage`; docs/decisions/0012-judgements.md says why.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from engine.core.account import count_in_hour
from engine.core.decide.judged import APPLIED, SHADOW, age_of, clear, cost_of, promised_usd
from engine.core.decide.money import monthly_usd, prices_of
from engine.core.decide.shortage import burden, odds, risk_of
from engine.core.decide.state import ACTIONS, ROLLBACK
from engine.core.decide.verdict import told
from engine.core.rows import Array
from engine.units import BUCKET_S

if TYPE_CHECKING:
    from engine.core.context import Context
    from engine.core.state import SlotState
    from engine.core.window import Closed
    from engine.messages import Judgement

BUCKETS: Final = 48
"""Four hours: the furthest lead of the forecasts that sizes rest on."""
WELL_USED: Final = 80
"""Percent of the request that the peak must reach for it to have fitted."""
_HIGHEST_PERCENT: Final = 255.0


def watch(slot: SlotState, closed: Closed, context: Context) -> list[Judgement]:
    """Takes a closed bucket in, and judges what has been looked at for four hours by its end."""
    rows = slot.judgement
    running = (rows.phase == APPLIED) | (rows.phase == SHADOW)
    if not running.any():
        return []
    age = age_of(rows, closed.bucket)
    seen = running & (age >= 1) & (age <= BUCKETS) & ~np.isnan(closed.peak).all(axis=1)
    _look(slot, np.flatnonzero(seen), closed, context)
    due = np.flatnonzero(running & (age >= BUCKETS))
    return [_judge(slot, row, float(closed.bucket * BUCKET_S), 1.0, False, context) for row in due.tolist()]


def replaced(slot: SlotState, row: int, by_rollback: bool, time_s: float, context: Context) -> list[Judgement]:
    """A new change of the container is published: the one before it is judged by the time that it had.

    A rollback proves it wrong; what it saved until then counts over the four hours that it was made for.
    """
    rows = slot.judgement
    if rows.phase[row] not in {APPLIED, SHADOW}:
        clear(rows, row)
        return []
    undone = by_rollback and bool(rows.phase[row] == APPLIED)
    stood = (time_s - float(slot.decide.changed_s[row])) / (BUCKETS * BUCKET_S) if undone else 1.0
    return [_judge(slot, row, time_s, min(max(stood, 0.0), 1.0), undone, context)]


def _look(slot: SlotState, rows: Array, closed: Closed, context: Context) -> None:
    """Adds the bucket for `rows` int [m]: how the request stood to the peak, and its cost against staying."""
    if not len(rows):
        return
    table, decide = slot.judgement, slot.decide
    before, after = decide.before_request[rows], decide.pending_request[rows]
    mean, peak = closed.mean[rows], closed.peak[rows]
    usd, replicas = prices_of(slot, rows, context).usd, slot.placement.replicas[rows]
    price = odds(risk_of(slot.placement, rows, context.sizing))
    better = monthly_usd(burden(before, mean, peak, price), replicas, usd)
    better -= monthly_usd(burden(after, mean, peak, price), replicas, usd)
    table.better[rows] += better.astype(np.float32)
    table.seen[rows] += np.uint8(1)
    with np.errstate(invalid="ignore", divide="ignore"):
        table.short[rows] += (peak > after).astype(np.uint8)
        percent = np.nan_to_num(np.ceil(np.round(100.0 * peak / after, 6)), posinf=_HIGHEST_PERCENT)
    table.peak[rows] = np.maximum(table.peak[rows], np.minimum(percent, _HIGHEST_PERCENT).astype(np.uint8))


def _judge(
    slot: SlotState, row: int, time_s: float, stood: float, undone: bool, context: Context
) -> Judgement:
    """Says it, counts it, and makes room. `stood` is the share of its time for which the change held."""
    rows, decide = slot.judgement, slot.decide
    action, was_applied = int(rows.action[row]), bool(rows.phase[row] == APPLIED)
    bucket = int(time_s // BUCKET_S)
    looked_s = float((bucket - int(age_of(rows, bucket)[row])) * BUCKET_S)
    began_s = float(decide.changed_s[row]) if was_applied else min(looked_s, time_s)
    harmed = was_applied and bool((decide.distress_s[row] >= looked_s).any())
    right = _is_right(slot, row, harmed or undone, risk_of(slot.placement, np.array([row]), context.sizing)[0])
    promised = promised_usd(slot, row, context)
    saved = 0.0
    if was_applied:
        now = cost_of(slot, row, slot.placement.request[row], context)
        saved = (cost_of(slot, row, decide.before_request[row], context) - now) * stood
    judgement = told(slot, row, (began_s, time_s), right, (promised, saved), harmed=harmed, undone=undone)
    if was_applied and action == ROLLBACK:
        slot.account.promised[row] += promised
    _count(slot, row, ACTIONS[action], right)
    clear(rows, row)
    return judgement


def _is_right(slot: SlotState, row: int, failed: bool, risk: Array) -> bool | None:
    """None where there is nothing to go by."""
    if failed:
        return False
    rows = slot.judgement
    return bool(rows.better[row] >= 0) or _fitted(slot, row, risk) if rows.seen[row] else None


def _fitted(slot: SlotState, row: int, risk: Array) -> bool:
    """Whether the requests that were changed were well used, and no more often too small than the stated risk [2]."""
    rows, before, after = slot.judgement, slot.decide.before_request[row], slot.decide.pending_request[row]
    changed = (before != after) & ~np.isnan(after)
    fits = (rows.peak[row] >= WELL_USED) & (rows.short[row] <= risk * rows.seen[row])
    return bool(changed.any() and fits[changed].all())


def _count(slot: SlotState, row: int, action: str, right: bool | None) -> None:
    if right is None:
        slot.count(f"unjudged_{action}")
        return
    slot.judgement.judged[row] += np.uint16(1)
    slot.judgement.right[row] += np.uint16(right)
    count_in_hour(slot.account.judged, row)
    slot.count(f"judged_{action}")
    if right:
        count_in_hour(slot.account.right, row)
        slot.count(f"right_{action}")
