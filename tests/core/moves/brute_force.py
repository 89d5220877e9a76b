"""Every plan there is, priced by walking through its slots: shares nothing with the dynamic program but the terms."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np

from engine.core.moves import Candidate, MovePlan, Terms
from engine.core.rows import Array

Orders = tuple[tuple[int, int], ...]
"""Slot at whose start it is ordered, and which candidate."""


def usd_hour(need: Array, one: Candidate, terms: Terms) -> float:
    part = max(need[0] / one.cores, need[1] / one.memory_bytes)
    return one.usd_hour * (part if terms.model == "share" else 1.0)


def walked(needs: Array, candidates: list[Candidate], start: int, terms: Terms, orders: Orders) -> float:
    """USD of a plan, infinite if it breaks a rule."""
    now, coming, usd, left = start, None, 0.0, list(orders)
    for slot in range(len(needs) + 1):
        if coming is None and left and left[0][0] == slot:
            coming = (slot + terms.arrival, left.pop(0)[1])
        if coming is not None and coming[0] == slot:
            if coming[1] == now:
                return np.inf
            usd += terms.restart_usd + terms.drain_hours * usd_hour(needs[max(slot - 1, 0)], candidates[now], terms)
            now, coming = coming[1], None
            if left and left[0][0] == slot and terms.arrival > 0:
                coming = (slot + terms.arrival, left.pop(0)[1])
        if slot < len(needs):
            one = candidates[now]
            if needs[slot, 0] > one.cores or needs[slot, 1] > one.memory_bytes:
                return np.inf
            usd += usd_hour(needs[slot], one, terms) * terms.slot_hours
    if left or coming is not None or (terms.back and now != start):
        return np.inf
    return usd


def all_orders(slots: int, candidates: int, moves: int) -> Iterator[Orders]:
    yield ()
    if moves:
        for first, target in product(range(slots + 1), range(candidates)):
            for rest in all_orders(slots, candidates, moves - 1):
                if not rest or rest[0][0] > first:
                    yield ((first, target), *rest)


def cheapest(needs: Array, candidates: list[Candidate], start: int, terms: Terms) -> float:
    """USD of the cheapest plan; infinite where there is none."""
    plans = all_orders(len(needs), len(candidates), terms.moves)
    return min(walked(needs, candidates, start, terms, orders) for orders in plans)


def orders_of(plan: MovePlan) -> Orders:
    return tuple((move.ordered, move.target) for move in plan.moves)
