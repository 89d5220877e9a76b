"""What follows from an outcome: the belief in a container's size, what was saved, and cuts that went wrong.

A cut is also taken back by the fast path (`decide.urgent`) when the container suffers afterwards; here it is when it
has suffered already between the change and the outcome's arrival.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from engine.core.constraints import spend_quota
from engine.core.decide.facts import bucket_at, gather
from engine.core.decide.judged import applied
from engine.core.decide.money import note_realised, prices_of
from engine.core.decide.move_orders import follow
from engine.core.decide.permits import note_restart
from engine.core.decide.proposals import TRIGGERS, Verdicts
from engine.core.decide.remembered import recalled
from engine.core.decide.state import NEVER
from engine.core.decide.trust import remember_cut
from engine.core.decide.urgent import settle
from engine.core.effects import Refused
from engine.core.placement import limits_of, requests_of
from engine.core.rows import Array
from engine.messages import Outcome, Size

if TYPE_CHECKING:
    from engine.core.context import Context
    from engine.core.state import SlotState

TOLD_SIZE: Final = ("drifted", "unchanged")
"""Refusals whose `size` is news: it is believed."""


def fold_outcome(slot: SlotState, outcome: Outcome, context: Context) -> Verdicts:
    """Takes in what an executor saw. Returns a rollback where the container has suffered since the change.

    Raises Refused for a container that is not in the slot.
    """
    if outcome.container not in slot.containers:
        raise Refused("unknown_container", f"Expected a container of the slot, got `{outcome.container}`")
    row = slot.containers.index(outcome.container)
    decide = slot.decide
    awaited = decide.pending_id[row] != 0 and f"{int(decide.pending_id[row]):016x}" == outcome.command_id
    slot.count(f"outcomes_{outcome.status}")
    if awaited:
        follow(decide, row, outcome)
    if outcome.status == "applied":
        size = _applied_size(slot, row, outcome.size, bool(awaited))
        before = _size_before(slot, row, bool(awaited))
        _forget_pending(slot, row, bool(awaited))
        if awaited and outcome.time_s >= slot.placement.outcome_s[row]:
            applied(slot, row, outcome.time_s, context)
        return _apply(slot, row, before, size, outcome.time_s, context)
    if awaited:
        _forget_pending(slot, row, awaited=True)
        _refuse(slot, row, outcome, context)
    return Verdicts()


def _size_before(slot: SlotState, row: int, awaited: bool) -> tuple[Array, Array]:
    """What held before: a roster that was made between the change and its outcome must not hide what was changed."""
    request, limit = slot.placement.request[row].copy(), slot.placement.limit[row].copy()
    if awaited:
        return recalled(slot.decide.before_request[row], request), recalled(slot.decide.before_limit[row], limit)
    return request, limit


def _applied_size(slot: SlotState, row: int, size: Size | None, awaited: bool) -> tuple[Array, Array]:
    """What now holds: as the executor says, else as it was commanded, else as it was believed."""
    request, limit = slot.placement.request[row].copy(), slot.placement.limit[row].copy()
    if size is not None:
        return np.array(requests_of(size)), np.array(limits_of(size))
    if awaited:
        known = slot.placement.floor[row], slot.placement.ceiling[row]
        pending = slot.decide.pending_request[row], slot.decide.pending_limit[row]
        return recalled(pending[0], *known, request), recalled(pending[1], *known, limit)
    return request, limit


def _forget_pending(slot: SlotState, row: int, awaited: bool) -> None:
    if awaited:
        slot.decide.pending_id[row] = 0
        slot.decide.pending_until_s[row] = NEVER


def _refuse(slot: SlotState, row: int, outcome: Outcome, context: Context) -> None:
    """The next command waits for the roster, unless the refusal itself tells the size or another one would pass."""
    parameters = context.sizing
    if outcome.reason in TOLD_SIZE and outcome.size is not None:
        _believe(slot, row, np.array(requests_of(outcome.size)), np.array(limits_of(outcome.size)), outcome.time_s)
    elif outcome.status == "failed":
        slot.decide.blocked_until_s[row] = outcome.time_s + parameters.failed_wait_s
    elif outcome.reason != "expired":
        slot.decide.blocked_until_s[row] = outcome.time_s + parameters.refused_wait_s


def _believe(slot: SlotState, row: int, request: Array, limit: Array, time_s: float) -> None:
    if time_s >= slot.placement.outcome_s[row]:
        slot.placement.request[row], slot.placement.limit[row] = request, limit
        slot.placement.outcome_s[row] = time_s
        slot.placement.assumed[row] = False


def _apply(
    slot: SlotState, row: int, before: tuple[Array, Array], size: tuple[Array, Array], time_s: float, context: Context
) -> Verdicts:
    """A command was applied: belief, baseline, cool-down, cuts. One that is older than the last changes nothing."""
    placement, decide = slot.placement, slot.decide
    if time_s < placement.outcome_s[row]:
        return Verdicts()
    if not decide.automated[row]:
        decide.baseline_request[row], decide.automated[row] = before[0], True
    spend_quota(placement, row, before, size)
    _believe(slot, row, *size, time_s)
    note_restart(slot, row, time_s)
    decide.changed_s[row] = max(decide.changed_s[row], time_s)
    decide.offered_id[row] = 0
    remember_cut(decide, row, time_s, before, _signs(before, size))
    rows = np.array([row])
    note_realised(slot, rows, prices_of(slot, rows, context))
    return _roll_back(slot, rows, time_s, context)


def _signs(before: tuple[Array, Array], after: tuple[Array, Array]) -> Array:
    """Whether each resource was raised (1), cut (-1: request or limit is lower) or neither (0), int [2]."""
    lower = (after[0] < before[0]) | (after[1] < before[1])
    higher = (after[0] > before[0]) | (after[1] > before[1])
    return np.where(lower, -1, np.where(higher, 1, 0))


def _roll_back(slot: SlotState, rows: Array, time_s: float, context: Context) -> Verdicts:
    """Rollback of what was cut at `time_s` where a sample taken since then already shows distress.

    Such a sample is no older than the command's validity, which is less than the time that a cut is watched.
    """
    decide = slot.decide
    suffered_s = decide.distress_s[rows]
    blamed = (suffered_s > time_s) & (decide.cut_s[rows] == time_s)
    if not blamed.any():
        return Verdicts()
    now_s = float(suffered_s.max())
    facts = gather(slot, rows, bucket_at(now_s), now_s, context)
    trigger = np.where(blamed, np.int8(TRIGGERS.index("outcome")), np.int8(0))
    return settle(slot, facts, trigger, blamed, facts.request, facts.limit, context)
