"""Which type would carry a cluster's needs cheapest: nodes of each type, between a bound and a packing.

Packing containers on the fewest nodes is NP-hard. A packing by first fit, the largest first, is a number of nodes that
does suffice; no packing can do with less than the sum of needs over a node's capacity, of the resource that is
scarcest. The fewest nodes lie between the two, and the gap says how far the estimate can be off.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np

from engine.core.moves.costs import capacity_of, check_needs, fits, shares
from engine.core.moves.terms import Candidate
from engine.core.rows import Array

SLACK = 1e-9
"""Relative; sums of shares that should fill a node exactly may be this much above it."""


@dataclass(frozen=True, slots=True)
class NodeGroup:
    """`nodes` of a candidate suffice and at least `bound` are needed; USD an hour of so many nodes.

    `nodes` is None where `unfit` containers are larger than a node of the type.
    """

    candidate: int
    nodes: int | None
    bound: int
    usd_hour: float
    bound_usd_hour: float
    unfit: int

    @property
    def gap(self) -> float | None:
        """By how much of the bound the packing is above it: the most that the estimate can be too high."""
        return None if self.nodes is None else self.nodes / self.bound - 1


def node_groups(needs: Array, candidates: Sequence[Candidate]) -> list[NodeGroup]:
    """A node group of each candidate alone, the cheapest first, those that cannot carry everything last.

    `needs` float64 [containers, 2] in cores and bytes, at one time. Raises ValueError for needs that are not known.
    """
    needs = check_needs(needs)
    capacity = capacity_of(candidates)
    fit, share = fits(needs, capacity), shares(needs, capacity)
    groups = [_group(place, each.usd_hour, fit[:, place], share[:, place]) for place, each in enumerate(candidates)]
    return sorted(groups, key=lambda group: (group.nodes is None, group.usd_hour, group.candidate))


def _group(candidate: int, price: float, fit: Array, share: Array) -> NodeGroup:
    bound = max(1, ceil(float(share.sum(axis=0).max()) * (1 - SLACK)))
    unfit = int((~fit).sum())
    nodes = None if unfit else first_fit(share)
    return NodeGroup(candidate, nodes, bound, price * (bound if nodes is None else nodes), price * bound, unfit)


def first_fit(share: Array) -> int:
    """Nodes that first fit takes for shares of a node float64 [n, resources], by falling dominant share."""
    order = np.argsort(-share.max(axis=1), kind="stable")
    free = np.ones_like(share)  # as many nodes as containers always suffice
    used = 0
    for one in share[order]:
        node = int((free[: used + 1] >= one - SLACK).all(axis=1).argmax())
        free[node] -= one
        used = max(used, node + 1)
    return used
