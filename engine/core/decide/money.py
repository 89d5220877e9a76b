"""What sizes cost: USD a month (730 h) for the requests of all replicas, at the price of the node's type."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from engine.core.decide.remembered import recalled
from engine.core.rows import Array
from engine.units import GIB, HOURS_PER_MONTH

if TYPE_CHECKING:
    from engine.core.context import Context
    from engine.core.state import SlotState

_PER_UNIT: Final = np.array([1.0, 1.0 / GIB])
"""Prices are per core-hour and per GiB-hour; amounts are in cores and bytes."""


@dataclass(frozen=True, slots=True)
class Prices:
    """`usd` float64 [m, 2] per core-hour and GiB-hour; the node types used; whether the row's own had no price."""

    usd: Array
    node_types: list[str]
    assumed: Array


def prices_of(slot: SlotState, rows: Array, context: Context) -> Prices:
    """Prices for the rows int [m]; the default type's where a row's is unknown or has no price."""
    known = [name if name in context.prices else "" for name in (*slot.node_types, "")]
    used = [name or context.default_node_type for name in known]
    table = np.array([context.prices[name] for name in used], dtype=np.float64)
    index = slot.placement.node_type[rows]  # -1, unknown, is the last
    assumed = np.array([not name for name in known], dtype=np.bool_)
    return Prices(table[index], [used[i] for i in index], assumed[index])


def monthly_usd(request: Array, replicas: Array, usd: Array) -> Array:
    """Cost of the requests [..., 2] of all replicas [...], float64 [...]; a request that is not set counts as 0.

    `usd` [..., 2] is the price of a core-hour and of a GiB-hour.
    """
    hourly = np.where(np.isnan(request), 0.0, request) * _PER_UNIT * usd
    cost: Array = (hourly[..., 0] + hourly[..., 1]) * replicas * HOURS_PER_MONTH
    return cost


def note_realised(slot: SlotState, rows: Array, prices: Prices) -> None:
    """Writes what auto-pilot and approvals have saved on these rows: the cost at the baseline less the present one."""
    placement, decide = slot.placement, slot.decide
    replicas = placement.replicas[rows]
    request = placement.request[rows]
    before = monthly_usd(recalled(decide.baseline_request[rows], request), replicas, prices.usd)
    now = monthly_usd(request, replicas, prices.usd)
    decide.realised_saving[rows] = np.where(decide.automated[rows], before - now, 0.0)


def savings(slot: SlotState) -> tuple[float, float]:
    """USD a month over all rows of the slot: (realised by applied commands, recommended and not commanded).

    Raises count against both. Sums go over the rows in order.
    """
    both = slot.decide.realised_saving, slot.decide.recommended_saving
    realised, recommended = (float(each.sum(dtype=np.float64)) for each in both)
    return realised, recommended
