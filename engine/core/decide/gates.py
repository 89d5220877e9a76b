"""May a size change now? Rules per resource in the order in which they act; the first that applies decides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from engine.core.decide.facts import Facts
from engine.core.decide.sizing import round_up
from engine.core.decide.state import REASON, REASONS, DecideRows
from engine.core.decide.trust import cool_down_s
from engine.core.forecast import LEADS
from engine.core.rows import Array

if TYPE_CHECKING:
    from engine.core.decide.parameters import SizingParameters

UP: Final = 1
DOWN: Final = -1
STAY: Final = 0
_FOUR_HOURS: Final = LEADS.index(48)
"""Cuts are judged by the record at this lead: the furthest that the size must last for."""


def judge(
    facts: Facts, decide: DecideRows, now_s: float, parameters: SizingParameters
) -> tuple[Array, Array]:
    """Direction int8 [m, 2] (UP, DOWN, STAY) and reason (index of REASONS) of each row's resources."""
    up, down = _wishes(facts, parameters)
    seen, scored = facts.forecast.buckets_seen, facts.forecast.scored[..., _FOUR_HOURS]
    coverage = facts.forecast.coverage[..., _FOUR_HOURS]
    young = (seen < parameters.buckets_to_cut) | (scored < parameters.forecasts_to_cut)
    cooling = now_s - decide.changed_s[facts.rows] < cool_down_s(facts.distrust, parameters)
    pending = (now_s < decide.pending_until_s[facts.rows])[:, None]
    blocked = (now_s < decide.blocked_until_s[facts.rows])[:, None]
    rules = [
        # There must be something to go by.
        ("not_enough_data", seen < parameters.buckets_to_decide, STAY),
        ("no_forecast", np.isnan(facts.demand), STAY),
        # One change at a time.
        ("pending", pending & (up | down), STAY),
        ("refused_lately", blocked & (up | down), STAY),
        # Raises protect, and wait for nothing else.
        ("no_request_set", up & np.isnan(facts.request), UP),
        ("below_floor", up & (facts.request < facts.floor), UP),
        ("demand_above_request", up, UP),
        # Cuts are for those who are sure and at rest.
        ("not_enough_data", down & young, STAY),
        ("unreliable_forecast", down & (coverage < parameters.coverage_to_cut), STAY),
        ("cooling_down", down & cooling[:, None], STAY),
        # What a cluster stands on is cut by a person's approval only: `may_command`.
        ("protected_system", down & facts.system[:, None], DOWN),
        ("above_ceiling", down & (facts.request > facts.ceiling), DOWN),
        ("demand_below_request", down, DOWN),
        # Nothing to do, and why.
        ("at_ceiling", facts.demand > facts.ceiling, STAY),
        ("at_floor", facts.demand < facts.floor, STAY),
        ("within_band", np.ones_like(up), STAY),
    ]
    conditions = [condition for _, condition, _ in rules]
    reason = np.select(conditions, [np.int8(REASON[name]) for name, _, _ in rules])
    return np.select(conditions, [np.int8(direction) for _, _, direction in rules]), reason


def _wishes(facts: Facts, parameters: SizingParameters) -> tuple[Array, Array]:
    """Whether each resource should be raised or cut: outside of the dead band, or of its bounds."""
    request, wanted = facts.request, facts.wanted
    out = (request < facts.floor) | (request > facts.ceiling)
    with np.errstate(invalid="ignore"):
        up = np.isnan(request) | (wanted > request * (1 + parameters.band_up)) | (out & (wanted > request))
        down = (wanted < request * (1 - parameters.band_down)) | (out & (wanted < request))
    return up & ~np.isnan(wanted), down


def stepped(facts: Facts, direction: Array, parameters: SizingParameters) -> Array:
    """Requests that follow: raises in full, cuts by the largest step at most, the rest as it is."""
    least = round_up(facts.request * (1 - parameters.largest_cut))
    cut = np.maximum(facts.wanted, least)
    cut = np.where(cut > facts.ceiling, facts.ceiling, cut)
    return np.where(direction == UP, facts.wanted, np.where(direction == DOWN, cut, facts.request))


def row_reason(direction: Array, reason: Array, seen: Array) -> Array:
    """One reason a row, int8 [m]: that of the resource that moves as the row does, else the earlier in REASONS.

    A resource without any sample does not speak unless both are without.
    """
    leading = np.where((direction == UP).any(axis=1), UP, np.where((direction == DOWN).any(axis=1), DOWN, STAY))
    speaks = (direction == leading[:, None]) & ((seen > 0) | (seen == 0).all(axis=1)[:, None])
    speaks |= ~speaks.any(axis=1)[:, None]
    earliest: Array = np.where(speaks, reason, np.int8(len(REASONS))).min(axis=1)
    return earliest
