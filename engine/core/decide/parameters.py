"""Constants of the decision, with their units. Pairs are by resource: CPU in cores, memory in bytes."""

from __future__ import annotations

from dataclasses import dataclass

from engine.core.moves.terms import SHARE

Pair = tuple[float, float]


@dataclass(frozen=True, slots=True)
class SizingParameters:
    """How sizes are chosen and how often they may change. Shares are of 1, times are event time in seconds."""

    margin: Pair = (1.0, 1.05)
    """Wanted request over the greater of forecast and peak."""
    peak_hours: tuple[int, int] = (2, 24)
    """Peaks of so many clock hours count, the present one included: CPU can wait a moment, memory cannot."""
    risk: Pair | None = None
    """Share of samples that may lie above the request: then sizes follow `risk`, and margin and peaks have no say."""
    cadence_s: float = 1800.0
    """How soon a size follows a stated risk again, where auto-pilot is full and changes are made in place.

    Every 5 or 30 minutes by the nowcast; at any longer time by the forecast of the next hour's maximum.
    """
    above_raise: float = 1.05
    """Where a risk is stated, a sample above the request raises it at once to this factor on the sample."""
    floor: Pair = (0.010, 16 * 2.0**20)
    """Nothing is sized below this."""
    forecast_age_buckets: int = 24
    """An older forecast is none."""

    band_up: float = 0.05
    band_down: float = 0.15
    """Dead band: a wanted request that lies within it changes nothing."""
    largest_cut: float = 0.5
    """Share of a request that one cut takes at most."""
    largest_cut_near: Pair = (1.0, 0.5)
    """The same by the nowcast: CPU that was cut too far is raised a sample later, memory is killed."""
    cool_down_s: float = 3600.0
    """Nothing is cut so soon after a change."""

    buckets_to_decide: int = 3
    buckets_to_cut: int = 24
    forecasts_to_cut: int = 3
    """Scored forecasts at 4 h that a cut needs."""
    coverage_to_cut: float = 0.5
    """A stated 95 % that covers less than this is no ground for a cut."""

    validity_s: float = 600.0
    """A command expires so long after the sample that it rests on."""
    outcome_grace_s: float = 60.0
    """An outcome is awaited so long after the command has expired."""
    refused_wait_s: float = 660.0
    """After a refusal the next roster is awaited: collectors send one every ten minutes."""
    failed_wait_s: float = 60.0
    republish: float = 0.05
    """A target that moved by more than this share is published again."""

    throttled_share: float = 0.25
    """A greater share of throttled CFS periods is urgent where a CPU limit is set."""
    throttled_raise: Pair = (1.25, 2.0)
    """Least and greatest factor on the limit of a throttled container."""
    urgent_raise: float = 1.2
    """Least factor on the limit, and on the peak, after an OOM kill or before a limit is crossed."""
    repeated_raise: float = 2.0
    repeated_s: float = 3600.0
    """Another OOM kill so soon, of a limit that was raised since, doubles it; no kill raises it by more."""
    oom_watch_s: float = 7 * 86_400.0
    """So long after an OOM kill, memory is not cut below what is known to be needed."""
    slope_s: float = 120.0
    """Two samples further apart have no slope: only their level counts."""
    crossing_from: float = 0.7
    """Share of the limit from which a slope is believed: below it, a steep slope is mostly noise."""
    crossing_level: float = 0.95
    """Share of the limit at which rising usage without a slope is about to cross."""
    urgent_cool_down_s: float = 120.0
    urgent_repeat_s: float = 3600.0
    """What is not commanded is not urgently said again so soon."""

    watch_s: float = 1800.0
    """An OOM kill or throttling so soon after a cut of that resource takes the cut back."""
    distrust_margin: float = 0.10
    """Added to the margin for each point of distrust."""
    distrust_half_life_s: float = 3 * 86_400.0
    distrust_most: float = 5.0
    near_miss: float = 0.05
    """A peak within this share below the limit is a near miss."""
    near_miss_points: float = 0.1
    """Of distrust, for a near miss; many together make one point at most."""
    near_miss_wait_s: float = 3600.0
    """What follows a point of distrust, or another near miss, so soon is the same one."""
    unschedulable_wait_s: float = 3600.0
    """After a raise for which there was no room nothing is changed so soon again."""

    limit_margin: float = 1.2
    """CPU limit over the forecast's p99 of the next 4 hours, where the policy sets limits by the forecast."""

    leak_horizon_s: float = 2 * 3600.0
    """Memory that leaks is raised when it would reach its limit within this time, ..."""
    leak_reach_s: float = 6 * 3600.0
    """... to what it will use in this time, at least `urgent_raise` and at most `repeated_raise` times the limit."""
    leak_told_s: float = 86_400.0
    """Times to the limit up to this long are told."""
    leak_rising: float = 0.9
    """Share of pairs of lows that must rise."""
    leak_scatter: float = 3.0
    """The rise must be this many times the lows' usual distance from their line."""
    leak_rise: float = 0.015
    """The rise must be at least this share of the level."""
    leak_reset: float = 0.02
    """Lows that fall by more than this share begin anew."""
    leak_new: float = 0.05
    """Share by which memory must be above all of the week before, where it was not killed within it."""

    rollout_watch_s: float = 1800.0
    """Nothing is cut so soon after a rollout."""

    run_gap_buckets: int = 3
    """A sample so many buckets after the last begins another run: ten minutes at least were without."""
    run_margin: Pair = (1.05, 1.15)
    """Request of a job over the peak of its last runs."""
    runs_to_cut: int = 3


@dataclass(frozen=True, slots=True)
class MoveParameters:
    """How moves between instance types are planned: for rows whose policy names families."""

    every_buckets: int = 72
    """A container is planned for once in so many buckets (6 h), at a time of its own."""
    buckets_to_plan: int = 864
    """Three days: what one has seen need not come again, and forecasts a day ahead have been scored twice."""
    quantile: float = 0.95
    """Of the forecast, taken as the need; a lower stated risk takes p99, a higher one p90."""
    over_highest: float = 1.25
    """No need is taken to be more than so many times the highest hour or bucket of two weeks."""
    moves_a_day: int = 2
    """Where the policy does not say how many: there and back."""
    model: str = SHARE
    restart_usd: float = 0.05
    """What a move costs, and how long the old machine is paid for beside the new: as in `trimtab plan`."""
    drain_hours: float = 1 / 12
    arrival_slots: int = 1
    """Half hours from the order of a machine until it serves."""
    hysteresis: float = 0.10
    """A plan must save more than this share of what is paid now, and beat the one that stands by as much."""
    simpler: float = 0.02
    """One type for good is taken rather than daily moves that save less than this share of its cost."""
    least_usd_month: float = 1.0
    """What saves less, over all replicas, is not worth a person's time."""
    for_good_days: float = 30.0
    """A move that is not taken back is paid off over so many days."""
