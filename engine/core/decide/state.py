"""What the decision remembers of each container: about 0.4 kB."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, get_args

import numpy as np

from engine.core.rows import Array, Rows, column
from engine.messages import Action, Disposition

ACTIONS: Final[tuple[Action, ...]] = get_args(Action)
RESIZE_UP: Final = ACTIONS.index("resize_up")
RESIZE_DOWN: Final = ACTIONS.index("resize_down")
URGENT_UP: Final = ACTIONS.index("urgent_up")
ROLLBACK: Final = ACTIONS.index("rollback")
HOLD: Final = ACTIONS.index("hold")
MOVE: Final = ACTIONS.index("move")
DISPOSITIONS: Final[tuple[Disposition, ...]] = get_args(Disposition)
COMMANDED: Final = DISPOSITIONS.index("commanded")
RECOMMENDED: Final = DISPOSITIONS.index("recommended")

REASONS: Final = (
    "pending",
    "refused_lately",
    "not_enough_data",
    "no_forecast",
    "cooling_down",
    "unreliable_forecast",
    "at_ceiling",
    "at_floor",
    "within_band",
    "no_request_set",
    "below_floor",
    "demand_above_request",
    "above_ceiling",
    "demand_below_request",
    "oom_kill",
    "throttled",
    "crossing_cpu",
    "crossing_memory",
    "oom_kill_after_cut",
    "throttled_after_cut",
    "above_request",
    "outside_window",
    "restarts_used_up",
    "restart_not_allowed",
    "protected",
    "evicted_after_cut",
    "unschedulable_after_raise",
    "protected_system",
    "cheaper_machines",
    "moves_no_longer_pay",
    "machine_too_small",
    "scaled_by_hpa",
    "bounds_conflict",
    "at_limit_range",
    "at_node",
    "at_quota",
    "at_runtime_hint",
    "oom_killed_lately",
    "keeps_qos",
    "cpu_limit_policy",
    "leak",
    "rollout",
    "run_based",
    "waiting_for_run_end",
    "restart_pays",
    "moves_approved",
)
"""Reasons of decisions, stored by position: add at the end."""
REASON: Final = {name: code for code, name in enumerate(REASONS)}
_GIVEN_BEFORE: Final = {
    "scaled_by_hpa": "within_band",
    "bounds_conflict": "pending",
    "at_limit_range": "at_ceiling",
    "at_node": "at_ceiling",
    "at_quota": "at_ceiling",
    "at_runtime_hint": "at_floor",
    "oom_killed_lately": "at_floor",
    "keeps_qos": "at_ceiling",
    "outside_window": "cooling_down",
    "restarts_used_up": "cooling_down",
    "cpu_limit_policy": "oom_kill",
    "leak": "no_request_set",
    "rollout": "cooling_down",
    "run_based": "no_request_set",
    "waiting_for_run_end": "cooling_down",
}
PRECEDENCE: Final = np.array([REASON[_GIVEN_BEFORE.get(name, name)] - (name in _GIVEN_BEFORE) / 2 for name in REASONS])
"""By code: where two resources of a row do the same, the reason with the lower number is given."""

NEVER: Final = -np.inf
UNSET: Final = np.nan
PEAK_HOURS: Final = 24
MOST_MOVES: Final = 4
"""No policy has more moves a day planned."""
NO_SLOT: Final = 255
FOR_GOOD: Final = 254
NO_TYPE: Final = -1
RUNS: Final = 8


@dataclass(slots=True)
class DecideRows(Rows):
    """Sizes are per replica, by resource on the last axis (cores, bytes), NaN "not set"; times are event time in s.

    Sizes are read by `remembered.recalled`.
    """

    peaks: Array = column(np.uint16, 2, PEAK_HOURS)
    """Peak of each clock hour, in the code of `compact`; entries after `peaks_hour` are of an earlier day."""
    peaks_hour: Array = column(np.int32, fill=-1)

    waits: Array = column(np.int8)
    """What it waits for since the last hour ended: see `portions`."""

    published_action: Array = column(np.int8, fill=-1)
    published_reason: Array = column(np.int8, fill=-1)
    published_disposition: Array = column(np.int8, fill=-1)
    published_request: Array = column(np.float32, 2, fill=UNSET)
    """The decision that was published last."""

    pending_id: Array = column(np.uint64)
    pending_until_s: Array = column(np.float64, fill=NEVER)
    pending_request: Array = column(np.float32, 2, fill=UNSET)
    pending_limit: Array = column(np.float32, 2, fill=UNSET)
    """The command whose outcome is awaited; id 0 is none."""
    before_request: Array = column(np.float32, 2, fill=UNSET)
    before_limit: Array = column(np.float32, 2, fill=UNSET)
    """The size that it changes: by the time of its outcome a roster may have told the new one already."""
    blocked_until_s: Array = column(np.float64, fill=NEVER)
    """A command was refused or failed; the next waits."""

    offered_id: Array = column(np.uint64)
    offered_until_s: Array = column(np.float64, fill=NEVER)
    offered_limit: Array = column(np.float32, 2, fill=UNSET)
    """The recommendation that stands for approval, the decision that was published last; id 0 is none."""

    changed_s: Array = column(np.float64, fill=NEVER)
    cut_s: Array = column(np.float64, 2, fill=NEVER)
    cut_request: Array = column(np.float32, 2, fill=UNSET)
    cut_limit: Array = column(np.float32, 2, fill=UNSET)
    """The last cut of each resource: its time and the size before."""
    urgent_s: Array = column(np.float64, 2, fill=NEVER)
    """Last urgent decision that was published."""
    distress_s: Array = column(np.float64, 2, fill=NEVER)
    """Last sample with throttling (CPU) or an OOM kill (memory)."""
    distrust: Array = column(np.float64, 2)
    distrust_s: Array = column(np.float64, 2, fill=NEVER)
    """Points of distrust as of that time; they decay."""

    sampled: Array = column(np.int32, 2)
    above: Array = column(np.int32, 2)
    """Samples since the last close, and those of them above the request; counted where a risk is stated."""
    level: Array = column(np.float32, 2, fill=1.5)
    """Normal score of the maximum's quantile that is requested where a risk is stated; see `risk`."""

    restarts: Array = column(np.int16)
    restarts_day: Array = column(np.int32, fill=-1)
    """Changes that restarted it on that day of UTC (days since 1970)."""

    planned_bucket: Array = column(np.int32, fill=-1)
    """When moves were last planned, or first might have been; -1 never."""
    move_bucket: Array = column(np.int32, fill=-1)
    """When the plan was published that stands; -1 none does."""
    move_slot: Array = column(np.uint8, MOST_MOVES, fill=NO_SLOT)
    move_type: Array = column(np.int16, MOST_MOVES, fill=-1)
    """It: half hours of the day in their order, `FOR_GOOD` for a move that is not taken back, and node types."""
    moved: Array = column(np.int32, MOST_MOVES, fill=-1)
    """The last half hours since 1970 in which a plan that stood had a move."""
    move_approved: Array = column(np.bool_)
    """A person has approved the plan that stands; see `move_orders`, with the next two, which are node types."""
    pending_move: Array = column(np.int16, fill=NO_TYPE)
    """Of the command whose outcome is awaited, if it is a move."""
    moved_to: Array = column(np.int16, fill=NO_TYPE)
    """Machine of the plan that was reached, or need not be: it is not ordered before another one was."""

    oom_need: Array = column(np.uint16)
    """Memory limit that an OOM kill has shown to be needed; see `oom`. This and the next in that code, too."""
    runs: Array = column(np.uint16, 2, RUNS)
    """Peaks of the last runs of a job, the latest first; see `runs`."""

    automated: Array = column(np.bool_)
    """A command was applied at least once."""
    baseline_request: Array = column(np.float32, 2, fill=UNSET)
    """Request before the first command was applied."""
    realised_saving: Array = column(np.float32)
    recommended_saving: Array = column(np.float32)
    """USD a month; see `savings`."""
