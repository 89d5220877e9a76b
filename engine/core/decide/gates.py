"""May a size change now? Rules per resource in the order in which they act; the first that applies decides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from engine.core.decide.cpu_limits import limit_wishes
from engine.core.decide.facts import Facts
from engine.core.decide.fitting import first_reason
from engine.core.decide.permits import Permits
from engine.core.decide.record import lacks_of
from engine.core.decide.state import REASON, DecideRows
from engine.core.decide.trust import cool_downs_s
from engine.core.rows import Array
from engine.core.steps import round_up
from engine.units import MEMORY

if TYPE_CHECKING:
    from engine.core.decide.parameters import SizingParameters

UP: Final = 1
DOWN: Final = -1
STAY: Final = 0


def judge(
    facts: Facts, decide: DecideRows, now_s: float, permits: Permits, parameters: SizingParameters
) -> tuple[Array, Array]:
    """Direction int8 [m, 2] (UP, DOWN, STAY) and reason (index of REASONS) of each row's resources."""
    around, by_run = facts.around, facts.around.by_run[:, None]
    up, down = _wishes(facts, parameters)
    more, less = limit_wishes(facts, parameters)
    any_wish = up | down | more | less
    unknown, young, unreliable = _ignorance(facts, parameters)
    wait_s = np.where(facts.near.decides, *(each[:, None] for each in cool_downs_s(facts.distrust, parameters)))
    cooling = (now_s - decide.changed_s[facts.rows])[:, None] < wait_s
    pending = (now_s < decide.pending_until_s[facts.rows])[:, None]
    blocked = (now_s < decide.blocked_until_s[facts.rows])[:, None]
    rules = [
        # Two controllers on one resource would chase each other.
        ("scaled_by_hpa", around.scaled, STAY),
        # There must be something to go by.
        ("not_enough_data", unknown, STAY),
        ("no_forecast", np.isnan(facts.demand), STAY),
        # One change at a time.
        ("bounds_conflict", facts.bounds.conflict & any_wish, STAY),
        ("pending", pending & any_wish, STAY),
        ("refused_lately", blocked & any_wish, STAY),
        # What restarts the container waits for its time.
        ("outside_window", permits.change_waits[:, None] & any_wish, STAY),
        ("restarts_used_up", permits.used_up[:, None] & any_wish, STAY),
        ("waiting_for_run_end", around.running[:, None] & any_wish, STAY),
        # Raises protect, and wait for nothing else.
        ("run_based", up & by_run, UP),
        ("leak", up & (facts.demand == around.leak_request), UP),
        ("no_request_set", up & np.isnan(facts.request), UP),
        ("below_floor", up & (facts.request < facts.floor), UP),
        ("demand_above_request", up, UP),
        # Cuts are for those who are sure and at rest.
        ("not_enough_data", (down | less) & young, STAY),
        ("unreliable_forecast", (down | less) & unreliable, STAY),
        ("leak", down & _leaking(facts), STAY),
        ("rollout", (down | less) & around.rolled_out[:, None], STAY),
        ("cooling_down", (down | less) & cooling, STAY),
        ("outside_window", (down | less) & permits.cut_waits[:, None], STAY),
        ("run_based", down & by_run, DOWN),
        ("above_ceiling", down & (facts.request > facts.ceiling), DOWN),
        ("demand_below_request", down, DOWN),
        # The request stays, its limit follows the policy.
        ("cpu_limit_policy", more, UP),
        ("cpu_limit_policy", less, DOWN),
        # Nothing to do, and why.
        ("at_ceiling", facts.demand > facts.ceiling, STAY),
        ("at_floor", facts.demand < facts.floor, STAY),
        ("within_band", np.ones_like(up), STAY),
    ]
    conditions = [condition for _, condition, _ in rules]
    reason = np.select(conditions, [np.int8(REASON[name]) for name, _, _ in rules])
    direction = np.select(conditions, [np.int8(direction) for _, _, direction in rules])
    return direction, _of_bounds(facts, direction, reason)


def _ignorance(facts: Facts, parameters: SizingParameters) -> tuple[Array, Array, Array]:
    """Too little seen to decide, and to cut; forecasts that do not cover: bool [m, 2].

    Jobs go by their runs, and the nowcast has no use for records at four hours.
    """
    few, unscored, uncovered = lacks_of(facts.forecast, parameters)
    by_run, runs = facts.around.by_run[:, None], (~np.isnan(facts.around.runs)).sum(axis=-1)
    unknown = np.where(by_run, runs == 0, facts.forecast.buckets_seen < parameters.buckets_to_decide)
    young = np.where(by_run, runs < parameters.runs_to_cut, few | (~facts.near.decides & unscored))
    return unknown, young, ~(by_run | facts.near.decides) & uncovered


def _leaking(facts: Facts) -> Array:
    """Memory that will reach its limit within a day, if nothing changes: bool [m, 2]."""
    leaking = np.zeros_like(facts.request, dtype=np.bool_)
    leaking[:, MEMORY] = ~np.isnan(facts.around.time_to_limit_s)
    return leaking


def _of_bounds(facts: Facts, direction: Array, reason: Array) -> Array:
    """Which bound it is that holds or shortens a move; the policy's own ceiling shortens a raise without a word."""
    bounds = facts.bounds
    ceiling = np.isin(reason, (REASON["at_ceiling"], REASON["above_ceiling"]))
    ceiling |= (direction == UP) & (facts.demand > facts.ceiling)
    ceiling &= bounds.ceiling_reason != REASON["at_ceiling"]
    reason = np.where(ceiling, bounds.ceiling_reason, reason)
    chosen: Array = np.where(reason == REASON["at_floor"], bounds.floor_reason, reason)
    return chosen


def _wishes(facts: Facts, parameters: SizingParameters) -> tuple[Array, Array]:
    """Whether each resource should be raised or cut: outside of the dead band, or of its bounds."""
    request, wanted = facts.request, facts.wanted
    out = (request < facts.floor) | (request > facts.ceiling)
    with np.errstate(invalid="ignore"):
        # The nowcast's own cost of a change is its dead band.
        highest = request * np.where(facts.near.decides, 1.0, 1 + parameters.band_up)
        lowest = request * np.where(facts.near.decides, 1.0, 1 - parameters.band_down)
        same = facts.near.decides & (facts.demand == request)  # whatever it comes to in whole steps
        up = np.isnan(request) | (wanted > highest) & ~same | (out & (wanted > request))
        down = (wanted < lowest) & ~same | (out & (wanted < request))
    return up & ~np.isnan(wanted), down


def stepped(facts: Facts, direction: Array, reason: Array, parameters: SizingParameters) -> Array:
    """Requests that follow: raises in full, cuts by the largest step at most, the rest as it is."""
    direction = np.where(reason == REASON["cpu_limit_policy"], np.int8(STAY), direction)
    most = np.where(facts.near.decides, np.array(parameters.largest_cut_near), parameters.largest_cut)
    least = round_up(facts.request * (1 - most))
    cut = np.maximum(facts.wanted, least)
    cut = np.where(cut > facts.ceiling, facts.ceiling, cut)
    return np.where(direction == UP, facts.wanted, np.where(direction == DOWN, cut, facts.request))


def row_reason(direction: Array, reason: Array, seen: Array) -> Array:
    """One reason a row, int8 [m]: that of the resource that moves as the row does, of two the first by PRECEDENCE.

    A resource without any sample does not speak unless both are without.
    """
    leading = np.where((direction == UP).any(axis=1), UP, np.where((direction == DOWN).any(axis=1), DOWN, STAY))
    speaks = (direction == leading[:, None]) & ((seen > 0) | (seen == 0).all(axis=1)[:, None])
    speaks |= ~speaks.any(axis=1)[:, None]
    return first_reason(reason, speaks)
