"""Moves between instance types, in live decisions: for containers whose policy names families, every six hours.

    due rows ─▶ p95 of the next 24 h, by half hour ─▶ the cheapest day that repeats ─▶ said once, when it changes

A plan is recommended, and followed once a person has approved it (`move_orders`); never by auto-pilot.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from zlib import crc32

import numpy as np

from engine.core.decide.calendar import note_moved, remember, set_plan, stands
from engine.core.decide.facts import gather
from engine.core.decide.move_choice import choose
from engine.core.decide.move_messages import first_moves, move_decision, withdrawal
from engine.core.decide.move_needs import is_trusted, needs_of
from engine.core.decide.move_types import Choice, Market, Verdict
from engine.core.decide.state import FOR_GOOD, MOST_MOVES
from engine.core.rows import Array
from engine.units import BUCKET_S

if TYPE_CHECKING:
    from engine.core.context import Context
    from engine.core.decide.parameters import MoveParameters
    from engine.core.state import SlotState
    from engine.messages import Decision


def decide_moves(slot: SlotState, rows: Array, bucket: int, context: Context) -> list[Decision]:
    """Decisions on the rows int [m] that are due, and trusted as for cuts; a bucket has just closed for them."""
    due = due_rows(slot, rows, bucket, context.moves)
    if not len(due):
        return []
    needs = needs_of(slot, due, bucket, context)
    needs[~is_trusted(slot, due, context)] = np.nan
    return [
        d for row, need in zip(due.tolist(), needs, strict=True) for d in plan_row(slot, row, bucket, need, context)
    ]


def due_rows(slot: SlotState, rows: Array, bucket: int, parameters: MoveParameters) -> Array:
    """Rows with families whose time has come, int [k]: spread by a hash of the container, in event time."""
    mine = rows[slot.placement.families[rows] >= 0]
    if not len(mine):
        return mine
    every, planned = parameters.every_buckets, slot.decide.planned_bucket
    phase = np.array([crc32(slot.containers[row].encode()) % every for row in mine.tolist()])
    last = planned[mine]
    planned[mine[last < 0]] = bucket
    due: Array = mine[(last >= 0) & ((bucket + phase) // every > (last + phase) // every)]
    return due


def plan_row(slot: SlotState, row: int, bucket: int, needs: Array, context: Context) -> list[Decision]:
    """Plans for one row and its needs [48, 2] by half hour of the day, NaN unknown: a move, a withdrawal or nothing."""
    note_moved(slot.decide, row, bucket)
    slot.decide.planned_bucket[row] = bucket
    most = most_moves(slot, row, context)
    market = market_of(slot, row, context)
    if market is None or not most or np.isnan(needs).any():
        return []
    places = {each.name: place for place, each in enumerate(market.candidates)}
    standing = [(at, places.get(slot.node_types[kind], -1)) for at, kind in stands(slot.decide, row)]
    replicas = int(slot.placement.replicas[row])
    choice = choose(needs, market, standing, most, replicas, context.moves)
    if choice is None or choice.verdict is Verdict.NOTHING:
        return []
    return _follow(slot, row, bucket, choice, most, context)


def most_moves(slot: SlotState, row: int, context: Context) -> int:
    """Moves that the row may have in any 24 h."""
    stated = int(slot.placement.moves_a_day[row])
    return min(MOST_MOVES, context.moves.moves_a_day if stated < 0 else stated)


def _follow(slot: SlotState, row: int, bucket: int, choice: Choice, most: int, context: Context) -> list[Decision]:
    facts = gather(slot, np.array([row]), bucket, float(bucket * BUCKET_S), context)
    if choice.verdict is Verdict.MOVE:
        moves = first_moves(slot.decide, row, bucket, choice, most, context.moves)
        _stand(slot, row, bucket, choice, moves)
        return [move_decision(slot, facts, choice, moves, most, context)]
    set_plan(slot.decide, row, bucket, [])
    return [withdrawal(slot, facts, choice, context)] if choice.verdict is Verdict.WITHDRAW else []


def market_of(slot: SlotState, row: int, context: Context) -> Market | None:
    """What the row may run on, the cheapest types first; None where that is not known of its own type."""
    kind = int(slot.placement.node_type[row])
    own = context.node_types.get(slot.node_types[kind]) if kind >= 0 else None
    if own is None:
        return None
    families = slot.families[slot.placement.families[row]]
    found = [each.candidate for each in context.node_types.values() if each.family in families]
    found.sort(key=lambda each: (each.usd_hour, each.name))
    if not found:
        return None
    candidates = found if own.candidate in found else [*found, own.candidate]
    performance = np.array([context.vcpu_performance.get(each.name, 1.0) for each in candidates])
    in_units = [replace(each, cores=each.cores * by) for each, by in zip(candidates, performance.tolist(), strict=True)]
    unrated = frozenset(each.name for each in candidates) - context.vcpu_performance.keys()
    return Market(in_units, candidates.index(own.candidate), np.arange(len(found)), performance, unrated)


def _stand(slot: SlotState, row: int, bucket: int, choice: Choice, moves: list[tuple[int, int]]) -> None:
    """The choice is the plan that stands; a move that is not taken back counts as made when it is due."""
    plan = [(at, _node_type(slot, choice.market.candidates[place].name)) for at, place in choice.plan()]
    set_plan(slot.decide, row, bucket, plan)
    if plan[0][0] == FOR_GOOD:
        remember(slot.decide, row, [moves[0][0]])


def _node_type(slot: SlotState, name: str) -> int:
    if name not in slot.node_types:
        slot.node_types.append(name)
    return slot.node_types.index(name)
