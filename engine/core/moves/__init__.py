"""Moves between instance types: which machine a service runs on, slot by slot, so that the next day costs least.

    needs, candidates ─▶ costs (what fits, what it costs) ─▶ dynamic program ─▶ plan, beside the best single type
    needs by time of day ─▶ the cheapest day that repeats: what live decisions recommend (`core/decide/moves.py`)
    needs of a cluster ─▶ node groups: nodes of each type, between a bound and a packing

Exact over slots × types × moves. Amounts are in cores and bytes, prices in USD an hour, times in slots and hours.
"""

from engine.core.moves.costs import fits, shares
from engine.core.moves.cycle import Day, cheapest_day
from engine.core.moves.infeasible import Infeasible, Why
from engine.core.moves.node_groups import NodeGroup, node_groups
from engine.core.moves.plan import MovePlan, Single, plan_moves
from engine.core.moves.schedule import Move
from engine.core.moves.terms import Candidate, NodeType, Offer, Terms

__all__ = [
    "Candidate",
    "Day",
    "Infeasible",
    "Move",
    "MovePlan",
    "NodeGroup",
    "NodeType",
    "Offer",
    "Single",
    "Terms",
    "Why",
    "cheapest_day",
    "fits",
    "node_groups",
    "plan_moves",
    "shares",
]
