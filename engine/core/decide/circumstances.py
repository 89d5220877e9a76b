"""What else is known of the rows that are decided on: their owner's terms, leaks, runs, rollouts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine.core.compute_units import in_cores, performance_of
from engine.core.decide.leaks import time_to_limit
from engine.core.decide.rollout import lately_rolled_out, shift_since
from engine.core.decide.runs import demand_of_runs, is_running, peaks_of_runs
from engine.core.forecast import Forecast
from engine.core.forecast.compact import MISSING
from engine.core.forecast.recall import recent_means
from engine.core.forecast.state import HOUR
from engine.core.rows import Array
from engine.units import MEMORY

if TYPE_CHECKING:
    from engine.core.decide.parameters import SizingParameters
    from engine.core.state import SlotState


@dataclass(frozen=True, slots=True)
class Circumstances:
    """Row i of each array is row `rows[i]` of the facts. Amounts float64 in cores and bytes, NaN "none"."""

    scaled: Array
    """An HPA scales on it: bool [m, 2]."""
    keep_qos: Array
    cpu_limit_kind: Array
    cpu_limit_ratio: Array
    low: Array
    """Lowest use of the last hour [m, 2]."""
    time_to_limit_s: Array
    """Of memory that leaks [m]."""
    leak_request: Array
    """Request [m, 2] that goes with the limit which a leak needs soon."""
    by_run: Array
    running: Array
    """A job, and one that runs now: bool [m]."""
    runs: Array
    """Peaks of a job's last runs [m, 2, 8]."""
    rolled_out: Array
    """Lately: bool [m]."""
    shift: Array
    """Of usage since a rollout: -1, 0, 1, int8 [m, 2]."""

    def demand(self, usual: Array, parameters: SizingParameters) -> Array:
        """Wanted requests [m, 2]: the `usual` ones, but of jobs by their runs, and of leaks what they need."""
        by_run = np.where(self.by_run[:, None], demand_of_runs(self.runs, parameters), usual)
        return np.fmax(by_run, self.leak_request)


def circumstances_of(
    slot: SlotState, rows: Array, bucket: int, time_s: float, latest: Forecast, parameters: SizingParameters
) -> Circumstances:
    """Circumstances of the rows int [m] as of a bucket; `latest` is their forecast."""
    placement, performance = slot.placement, performance_of(slot.placement, rows)
    last, previous = (in_cores(each[rows], performance) for each in (slot.window.last, slot.window.previous))
    rolled_out = lately_rolled_out(placement, rows, time_s, parameters)
    limit = placement.limit[rows, MEMORY]
    at = slot.forecast_bucket(bucket)
    recent = recent_means(slot.forecast, rows, at)
    killed = slot.decide.oom_need[rows] != MISSING
    left_s, slope = time_to_limit(slot.forecast, rows, at, recent, limit, killed, parameters)
    lowest = in_cores(np.fmin.reduce(recent[..., : HOUR + 1], axis=-1), performance)
    return Circumstances(
        scaled=placement.scaled[rows],
        keep_qos=placement.keep_qos[rows],
        cpu_limit_kind=placement.cpu_limit_kind[rows],
        cpu_limit_ratio=placement.cpu_limit_ratio[rows].astype(np.float64),
        low=np.fmin(lowest, np.fmin(last, previous)),
        time_to_limit_s=left_s,
        leak_request=_leak_request(slot, rows, left_s, slope, parameters),
        by_run=placement.by_run[rows],
        running=is_running(slot, rows, bucket, parameters),
        runs=in_cores(peaks_of_runs(slot.decide, rows), performance),
        rolled_out=rolled_out,
        shift=shift_since(rolled_out, latest, last),
    )


def _leak_request(
    slot: SlotState, rows: Array, left_s: Array, slope: Array, parameters: SizingParameters
) -> Array:
    """Requests [m, 2] in the present ratio to the limit that a leak needs, where it would soon reach the present."""
    placement = slot.placement
    request, limit = placement.request[rows, MEMORY], placement.limit[rows, MEMORY]
    needed = slot.window.last[rows, MEMORY] + slope * parameters.leak_reach_s
    aim = np.clip(needed, limit * parameters.urgent_raise, limit * parameters.repeated_raise)
    wanted = np.full((len(rows), 2), np.nan)
    with np.errstate(invalid="ignore", divide="ignore"):
        wanted[:, MEMORY] = np.where(left_s < parameters.leak_horizon_s, aim * (request / limit), np.nan)
    return wanted
