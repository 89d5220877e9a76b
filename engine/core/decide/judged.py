"""The change of each container that is being judged, and how those before it were: 25 bytes.

    published ─▶ WAITING ─outcome─▶ APPLIED ─┐
             └─────────────────────▶ SHADOW ─┴─4 h, or the next change─▶ NONE, a Judgement

A shadow was not commanded: it is judged by what would have been. The sizes before and after the change are
`DecideRows.before_request` and `pending_request`, which nothing else needs once no outcome is awaited.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, Final

import numpy as np

from engine.core.decide.money import monthly_usd, prices_of
from engine.core.decide.remembered import recalled
from engine.core.decide.state import ACTIONS, NEVER, ROLLBACK
from engine.core.rows import Array, Rows, column
from engine.units import BUCKET_S

if TYPE_CHECKING:
    from engine.core.context import Context
    from engine.core.state import SlotState
    from engine.messages import Action

NONE, WAITING, APPLIED, SHADOW = range(4)
_TURN: Final = 2**16
"""Buckets are remembered modulo this: 227 days, and a container is forgotten after 14."""


@dataclass(slots=True)
class JudgementRows(Rows):
    """At most one change a container; id 0 is none. Pairs are by resource."""

    id: Array = column(np.uint64)
    action: Array = column(np.int8)
    phase: Array = column(np.int8)
    began: Array = column(np.uint16)
    """Bucket in which it took effect, modulo 2**16: what comes after is looked at."""
    seen: Array = column(np.uint8)
    short: Array = column(np.uint8, 2)
    """Buckets looked at, and those of them with a peak above the request."""
    peak: Array = column(np.uint8, 2)
    """Highest peak in percent of the request, rounded up."""
    better: Array = column(np.float32)
    """USD a month that it cost less than staying, summed over the buckets seen."""
    judged: Array = column(np.uint16)
    right: Array = column(np.uint16)
    """All changes that were judged so far, and those of them that were right."""


def age_of(rows: JudgementRows, bucket: int) -> Array:
    """Buckets since each change took effect, int64 [n]; negative where it has not at that bucket."""
    turned = (bucket - rows.began.astype(np.int64) + _TURN // 2) % _TURN
    age: Array = turned - _TURN // 2
    return age


def expect(slot: SlotState, row: int, identity: str, action: Action) -> None:
    """A command was given: it is judged from its outcome on."""
    _begin(slot.judgement, row, int(identity, 16), ACTIONS.index(action), WAITING, 0)


def applied(slot: SlotState, row: int, time_s: float, context: Context) -> None:
    """The command awaited was applied at `time_s`: what it promised counts from now on.

    A rollback takes nothing from what is promised until it is judged itself: for that time the cut promised in vain.
    """
    rows = slot.judgement
    if rows.phase[row] != WAITING:
        return
    _begin(rows, row, int(rows.id[row]), int(rows.action[row]), APPLIED, _effective(time_s))
    if rows.action[row] != ROLLBACK:
        slot.account.promised[row] += promised_usd(slot, row, context)


def shadow(slot: SlotState, row: int, identity: str, action: Action, sizes: tuple[Array, Array], time_s: float) -> None:
    """A change was published and not commanded; `sizes` are the requests [2] before and after it.

    Where an outcome is still awaited there is no room for it. One that is overdue is awaited no more.
    """
    decide = slot.decide
    if decide.pending_id[row] and time_s < decide.pending_until_s[row]:
        return
    decide.pending_id[row], decide.pending_until_s[row] = 0, NEVER
    decide.before_request[row], decide.pending_request[row] = sizes
    _begin(slot.judgement, row, int(identity, 16), ACTIONS.index(action), SHADOW, _effective(time_s))


def promised_usd(slot: SlotState, row: int, context: Context) -> float:
    """USD a month that the change would save at present prices and replicas."""
    before, after = compared(slot, row)
    return cost_of(slot, row, before, context) - cost_of(slot, row, after, context)


def compared(slot: SlotState, rows: Array | int) -> tuple[Array, Array]:
    """Requests before and after the changes of these rows, float64 [..., 2]."""
    decide, now = slot.decide, slot.placement.request[rows]
    return recalled(decide.before_request[rows], now), recalled(decide.pending_request[rows], now)


def cost_of(slot: SlotState, row: int, request: Array, context: Context) -> float:
    """USD a month for a request [2] of all replicas."""
    prices = prices_of(slot, np.array([row]), context)
    return float(monthly_usd(request, slot.placement.replicas[row], prices.usd[0]))


def clear(rows: JudgementRows, row: int) -> None:
    """Nothing is being judged."""
    _begin(rows, row, 0, 0, NONE, 0)


def _begin(rows: JudgementRows, row: int, identity: int, action: int, phase: int, bucket: int) -> None:
    rows.id[row], rows.action[row], rows.phase[row] = np.uint64(identity), action, phase
    rows.began[row] = bucket % _TURN
    rows.seen[row], rows.short[row], rows.peak[row], rows.better[row] = 0, 0, 0, 0.0


def _effective(time_s: float) -> int:
    """The bucket in which a change falls that holds from `time_s` on; at a bucket's end, that bucket."""
    return ceil(time_s / BUCKET_S)
