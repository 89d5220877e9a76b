"""The sentence for people, with the numbers that the decision rests on."""

from __future__ import annotations

from typing import Final

import numpy as np

from engine.core.decide.near import LEVELS
from engine.core.decide.notes import note_on_restart, notes_on
from engine.core.decide.proposals import Proposals
from engine.core.decide.state import REASONS
from engine.core.rows import Array
from engine.identity import split_node_type
from engine.units import CPU, RESOURCES

_NAMES: Final = {"cpu": "CPU", "memory": "memory"}
OPENINGS: Final = {
    "pending": "A command is under way",
    "refused_lately": "A command was refused, failed or left pods without a node lately; the next waits",
    "not_enough_data": "Not enough data yet to decide",
    "no_forecast": "There is no forecast yet",
    "cooling_down": "The size was changed lately; cuts wait",
    "unreliable_forecast": "Forecasts have missed too often for a cut",
    "at_ceiling": "More is wanted than the ceiling allows",
    "at_floor": "Less would do than the floor allows",
    "within_band": "The size fits",
    "no_request_set": "No request is set, and its present cost counts as 0",
    "below_floor": "The request is below the floor",
    "above_request": "A sample was above the request",
    "demand_above_request": "More is expected to be used than is requested",
    "above_ceiling": "The request is above the ceiling",
    "demand_below_request": "Less is expected to be used than is requested",
    "oom_kill": "OOM-killed",
    "throttled": "CPU is throttled by its limit",
    "crossing_cpu": "CPU is about to cross its limit",
    "crossing_memory": "Memory is about to cross its limit",
    "oom_kill_after_cut": "OOM-killed soon after a cut of memory, which is taken back",
    "outside_window": "A change would be due; by the policy it waits for its window",
    "restarts_used_up": "A change would be due; it would restart the container, and the policy allows no more today",
    "restart_not_allowed": "A change would restart the container: the policy leaves that to a person's approval",
    "protected": "Less would do; the container is protected, and a cut is left to a person's approval",
    "protected_system": "Less would do, but the cluster itself stands on it: cuts need consent",
    "throttled_after_cut": "Throttled soon after a cut of CPU, which is taken back",
    "evicted_after_cut": "Evicted for want of memory soon after a cut of memory, which is taken back",
    "unschedulable_after_raise": "Pods found no node with room soon after a raise, which is taken back",
    "cheaper_machines": "Other machines cost less",
    "machine_too_small": "The present machine is too small at some hours",
    "moves_no_longer_pay": "The moves that were recommended no longer pay",
    "scaled_by_hpa": "A HorizontalPodAutoscaler scales on it, so its size is left alone",
    "bounds_conflict": "The floor is above the ceiling, so no size keeps both",
    "at_limit_range": "The namespace's LimitRange bounds the size",
    "at_node": "No node is larger",
    "at_quota": "The namespace's quota leaves no more",
    "at_runtime_hint": "Less would do than the heap that the runtime's flags allow",
    "oom_killed_lately": "Less would do than an OOM kill within the week has shown to be needed",
    "keeps_qos": "Another size would change the QoS class",
    "cpu_limit_policy": "The CPU limit follows the policy",
    "leak": "Memory leaks: it is not cut, and raised before it reaches its limit",
    "rollout": "The pod template was changed lately; cuts wait",
    "run_based": "The last runs of the job need another size",
    "waiting_for_run_end": "The job runs; its size waits for the end of the run",
    "moves_approved": "A person has approved these moves",
    "restart_pays": "A change pays for its restart, and does not wait for the window",
}


def describe(proposals: Proposals, i: int, workload: str = "") -> str:
    """The text of row i: why, then per resource with data what is expected and what becomes of the size.

    `workload` is its name in the roster: of a DaemonSet it tells the node type.
    """
    facts, node_type = proposals.facts, split_node_type(workload)[1]
    parts = [_resource(proposals, i, resource) for resource in range(2) if facts.forecast.buckets_seen[i, resource]]
    where = f" (on {node_type})" if node_type else ""
    opening = f"{OPENINGS[REASONS[proposals.reason[i]]]}{where}"
    return "; ".join([opening, *note_on_restart(proposals.worth, i), *parts]) + "."


def _resource(proposals: Proposals, i: int, resource: int) -> str:
    facts, at = proposals.facts, (i, resource)
    near = f"p95 of the highest of the next {facts.near.until_s / 60:.0f} min"
    known = [
        f"{name} is {amount_text(amounts[at], resource)}"
        for name, amounts in (
            (near, facts.near.peaks[..., LEVELS.index(0.95)]),
            ("p95 of the next 4 h", facts.highest_p95),
            ("peak of the day", facts.day_peak),
        )
        if not np.isnan(amounts[at])
    ]
    sizes = [
        _change(name, before[at], after[at], resource)
        for name, before, after in (
            ("request", facts.request, proposals.request),
            ("limit", facts.limit, proposals.limit),
        )
        if name == "request" or not np.isnan(after[at])
    ]
    return f"{_NAMES[RESOURCES[resource]]}: {', '.join([*known, *sizes, *notes_on(proposals, i, resource)])}"


def _change(name: str, before: Array, after: Array, resource: int) -> str:
    if np.isnan(after):
        return f"no {name} is set"
    if before == after:
        return f"the {name} is {amount_text(after, resource)}"
    if np.isnan(before):
        return f"the {name} becomes {amount_text(after, resource)}"
    return f"the {name} goes from {amount_text(before, resource)} to {amount_text(after, resource)}"


def amount_text(amount: Array, resource: int) -> str:
    """Millicores or MiB, as people write them: "312 m", "128 MiB"."""
    return f"{float(amount) * 1000:.0f} m" if resource == CPU else f"{float(amount) / 2**20:.0f} MiB"
