"""What a text says besides of one resource: what bounds it, leaks, runs, rollouts, whose cores are meant."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from engine.core.decide.proposals import Proposals
from engine.core.decide.restart_cost import Worth
from engine.core.decide.state import REASONS
from engine.core.windows import day_and_clock
from engine.units import CPU, MEMORY

_NOTES: Final = {
    "scaled_by_hpa": "a HorizontalPodAutoscaler scales on it",
    "bounds_conflict": "its floor is above its ceiling",
    "at_limit_range": "the LimitRange allows no other",
    "at_node": "no node has room for more",
    "at_quota": "the quota leaves no more",
    "at_runtime_hint": "the runtime's flags allow a heap of as much",
    "oom_killed_lately": "an OOM kill has shown that as much is needed",
    "keeps_qos": "its QoS class is kept",
}
_SHIFTS: Final = {
    1: "since the rollout more is used than was expected",
    -1: "since the rollout less is used than was expected",
}


def notes_on(proposals: Proposals, i: int, resource: int) -> Iterator[str]:
    """Phrases on a resource of row i, in the order in which they are said."""
    around = proposals.facts.around
    yield from (_NOTES[name] for name in dict.fromkeys(_bounding(proposals, (i, resource))) if name in _NOTES)
    if around.by_run[i] and (runs := int((~np.isnan(around.runs[i, resource])).sum())):
        yield f"by its last {runs} runs" if runs > 1 else "by its last run"
    if resource == MEMORY and not np.isnan(around.time_to_limit_s[i]):
        yield f"at this rate its limit is reached in {time_text(float(around.time_to_limit_s[i]))}"
    if shift := _SHIFTS.get(int(around.shift[i, resource])):
        yield shift
    machines = proposals.facts.machines
    if resource == CPU and (performance := float(machines.performance[i])) != 1:
        yield f"in cores of {machines.name(i)}, each {performance:.3g} of one of the reference type"


def _bounding(proposals: Proposals, at: tuple[int, int]) -> Iterator[str]:
    """Reasons of what holds a resource, or has shortened its move."""
    facts, bounds = proposals.facts, proposals.facts.bounds
    request, limit = proposals.request[at], proposals.limit[at]
    if proposals.reasons[at] >= 0:
        yield REASONS[proposals.reasons[at]]
    if request != facts.request[at] and request == facts.floor[at]:
        yield REASONS[bounds.floor_reason[at]]
    if request != facts.request[at] and request == facts.ceiling[at]:
        yield REASONS[bounds.ceiling_reason[at]]
    if limit != facts.limit[at] and limit == bounds.limit_ceiling[at]:
        yield REASONS[bounds.limit_reason[at]]


def note_on_restart(worth: Worth | None, i: int) -> Iterator[str]:
    """What row i saves until its window opens, and what its restart costs, where that was weighed."""
    if worth is None or np.isnan(worth.saved_usd[i]):
        return
    saves = "it saves" if worth.pays[i] else "it would save"
    window = day_and_clock(float(worth.opens_s[i]))
    spared = " beside that of an OOM kill which is expected before" if worth.killed[i] else ""
    saved, cost = (usd_text(float(usd[i])) for usd in (worth.saved_usd, worth.cost_usd))
    yield f"{saves} {saved} until the window at {window}, a restart costs {cost}{spared}"


def usd_text(usd: float) -> str:
    """In cents, small amounts to two digits that mean something: "1.20 USD", "0.0021 USD"."""
    return f"{usd:.2f} USD" if abs(usd) >= 0.1 or not usd else f"{usd:.4f} USD"


def time_text(seconds: float) -> str:
    """Minutes or hours, as people write them: "40 min", "3.5 h"."""
    return f"{seconds / 3600:.1f} h" if seconds >= 5400 else f"{seconds / 60:.0f} min"
