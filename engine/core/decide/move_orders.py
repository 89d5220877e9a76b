"""Plans of moves that a person has approved, as commands: each when its machine is to be ordered.

    approved plan ─▶ the machine for now ─▶ commanded ─outcome─▶ applied: until the next one
                                                         └─────▶ failed, or forbidden: the approval is used up

A refusal that passes (expired, frozen, a disruption budget) is tried again when the next half hour begins.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from msgspec.structs import replace

from engine.core.decide.calendar import BUCKETS, SLOT_S, first_of, machine_at, stands
from engine.core.decide.facts import bucket_at, gather
from engine.core.decide.judged import clear
from engine.core.decide.move_messages import order_decision, proposals_of
from engine.core.decide.moves import most_moves
from engine.core.decide.proposals import Proposals, Verdicts, dispositions
from engine.core.decide.publish import command_of, decision_of, make_room
from engine.core.decide.state import ACTIONS, FOR_GOOD, HOLD, MOVE, NO_TYPE
from engine.core.decide.urgent import free
from engine.core.rows import Array
from engine.identity import decision_id
from engine.messages import Decision, Outcome
from engine.units import BUCKET_S

if TYPE_CHECKING:
    from engine.core.context import Context
    from engine.core.decide.state import DecideRows
    from engine.core.state import SlotState

FORBIDDEN: Final = ("policy_forbids", "needs_restart")
"""Refusals that are a person's word, which stands above the approval."""


def is_plan(slot: SlotState, row: int, wanted_id: str) -> bool:
    """Whether this is the decision by which the plan was told that stands for the row."""
    moved_s = float(slot.decide.move_bucket[row]) * BUCKET_S
    return moved_s >= 0 and wanted_id == decision_id(slot.containers[row], ACTIONS[MOVE], moved_s)


def approve_plan(slot: SlotState, row: int, wanted_id: str, time_s: float, context: Context) -> Verdicts:
    """The plan that stands is followed from its next move on; one for good at once, if it may be."""
    decide = slot.decide
    decide.move_approved[row] = True
    for_good = stands(decide, row)[0][0] == FOR_GOOD
    decide.moved_to[row] = NO_TYPE if for_good else _wanted(slot, row, time_s, context)
    verdicts = Verdicts([_consent(slot, row, wanted_id, time_s, context)])
    verdicts.extend(_order(slot, row, time_s, context))
    return verdicts


def order_moves(slot: SlotState, rows: Array, bucket: int, context: Context) -> Verdicts:
    """Commands for those of the rows int [m] whose approved plan wants another machine, when a half hour has begun."""
    verdicts = Verdicts()
    if bucket % BUCKETS:
        return verdicts
    for row in rows[slot.decide.move_approved[rows]].tolist():
        verdicts.extend(_order(slot, row, float(bucket * BUCKET_S), context))
    return verdicts


def follow(decide: DecideRows, row: int, outcome: Outcome) -> None:
    """Takes in the outcome that the row awaits, if it is that of a move."""
    kind = int(decide.pending_move[row])
    if kind == NO_TYPE:
        return
    decide.pending_move[row] = NO_TYPE
    if outcome.status == "applied":
        decide.moved_to[row] = kind
    elif outcome.status == "failed" or outcome.reason in FORBIDDEN:
        decide.move_approved[row] = False


def _order(slot: SlotState, row: int, time_s: float, context: Context) -> Verdicts:
    """Nothing where it runs on that machine, has been there, or may not be commanded now."""
    decide, kind = slot.decide, _wanted(slot, row, time_s, context)
    if kind == slot.placement.node_type[row]:
        decide.moved_to[row] = kind
    waits = slot.placement.frozen[row] or not free(slot, np.array([row]), time_s)[0]
    if waits or kind in (NO_TYPE, decide.moved_to[row]):
        return Verdicts()
    proposals = _proposed(slot, row, MOVE, time_s, context)
    decision = order_decision(slot, proposals, slot.node_types[kind], context)
    if decision.valid_until_s < time_s:
        return Verdicts()
    judgements = make_room(slot, proposals, 0, context)
    command = command_of(slot, proposals, 0, decision, context)
    clear(slot.judgement, row)  # a move promises no size that could be judged
    decide.pending_move[row] = kind
    moved = replace(command, approved=True, may_restart=True, move_to=slot.node_types[kind])
    return Verdicts([decision], [moved], judgements)


def _wanted(slot: SlotState, row: int, time_s: float, context: Context) -> int:
    """Node type that is to be ordered by now; NO_TYPE before the plan's first, and where the policy forbids it now."""
    arrival, most = context.moves.arrival_slots, most_moves(slot, row, context)
    if slot.placement.families[row] < 0 or len(stands(slot.decide, row)) > most:
        return NO_TYPE
    half_hour = int(time_s // SLOT_S) + arrival
    begun = half_hour >= first_of(slot.decide, row, arrival, most)
    return machine_at(slot.decide, row, half_hour) if begun else NO_TYPE


def _consent(slot: SlotState, row: int, wanted_id: str, time_s: float, context: Context) -> Decision:
    proposals = _proposed(slot, row, HOLD, time_s, context)
    decision = decision_of(slot, proposals, dispositions(slot.placement, proposals), 0, context)
    text = f"The plan of decision {wanted_id} is approved: its moves are commanded as they come due."
    return replace(decision, id=decision_id(decision.container, f"approve/{wanted_id}", time_s), text=text)


def _proposed(slot: SlotState, row: int, action: int, time_s: float, context: Context) -> Proposals:
    facts = gather(slot, np.array([row]), bucket_at(time_s), time_s, context)
    return proposals_of(facts, action, "moves_approved", "approval")
