"""Nodes in words: the finding, and the cells of their table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from engine.budget.amounts import FORMATS
from engine.budget.findings import WORST, Finding, Offender
from engine.budget.nodes import AtFault, NodeUse
from engine.budget.words import amount, containers_text, share

HEADS: Final = ("node", "what", "containers", "capacity", "requested", "of it", "used p95", "of it")
TEXTS: Final = 2
"""So many of them are text."""
_NAMES: Final = ("CPU", "memory")
_NAMED: Final = 3
_LEAST: Final = 0.1
"""Of the excess: who has less is not named."""


def node_findings(uses: Sequence[NodeUse]) -> list[Finding]:
    """Nodes near their capacity whose requests do not say so; also where there is none, if nodes are known."""
    if not uses:
        return []
    noisy = [use for use in uses if use.noisy]
    title = "Node near its capacity while requests say there is room (noisy neighbours)"
    worst = [Offender(f"{use.node}, {_NAMES[use.resource]}", _why(use)) for use in noisy[:WORST]]
    return [Finding("noisy_neighbours", title, len(noisy), worst)]


def cells(use: NodeUse) -> list[str]:
    """In the order of HEADS."""
    capacity, requested, used = (amount(value, use.resource) for value in (use.capacity, use.requested, use.used))
    shares = share(use.requested_share), share(use.used_share)
    return [use.node, _NAMES[use.resource], str(use.containers), capacity, requested, shares[0], used, shares[1]]


def _why(use: NodeUse) -> str:
    show = FORMATS[use.resource]
    text = f"{share(use.used_share)} of {show(use.capacity)} used (p95), {share(use.requested_share)} requested"
    named = [one for one in use.at_fault if one.share >= _LEAST][:_NAMED]
    return f"{text}; at fault: {', '.join(_fault(one, use.resource) for one in named)}"


def _fault(one: AtFault, resource: int) -> str:
    requests = "requests none" if np.isnan(one.request) else f"requests {amount(one.request, resource)}"
    system = ", system workload" if one.system else ""
    return f"{one.name} {share(one.share)} of the excess (uses {amount(one.used, resource)}, {requests}{system})"


def nodes_note(unplaced: int, uses: Sequence[NodeUse]) -> list[str]:
    """What the nodes are judged without: containers whose node is not known, such as those of several replicas."""
    notes = []
    if uses and unplaced:
        notes.append(
            f"{containers_text(unplaced)} on no known node (several replicas are on several): nodes are judged without "
            "what these request and use."
        )
    unknown = sorted({use.node for use in uses if np.isnan(use.capacity)})
    if unknown:
        more = f" and {len(unknown) - 3} more" if len(unknown) > 3 else ""
        notes.append(
            f"Nothing is said of the capacity of {', '.join(unknown[:3])}{more}: give node_cpu and node_memory, or a "
            "node_type that the catalogue has."
        )
    return notes
