"""A made-up run, small and seeded: two containers' days with decisions, for tests of everything after the run."""

from __future__ import annotations

import numpy as np
from msgspec.structs import replace

from engine.demo.trajectories import Trajectories
from engine.messages import Decision, Evidence, Judgement, MoveTarget, PlannedMove, Size

MI = float(2**20)
FIRST = 288 * 100
DAYS = 4
AUTOPILOT_BUCKET = FIRST + 2 * 288
NAMES = [f"shop/team-{team}/web-{number}/main" for number in range(3) for team in "ab"]


def trajectories(days: int = DAYS) -> Trajectories:
    """Sines with noise; forecasts that are a little off; requests that are cut in half when auto-pilot is on."""
    rng = np.random.default_rng(7)
    made = Trajectories.empty(NAMES, FIRST, FIRST + days * 288 - 1)
    phase = np.sin(2 * np.pi * made.buckets / 288)
    for row, name in enumerate(NAMES):
        cpu = (row + 1) * (0.5 + 0.3 * phase) * rng.lognormal(0, 0.08, len(phase))
        memory = (row + 1) * MI * (300 + 80 * phase + 5 * rng.standard_normal(len(phase)))
        made.mean[row] = np.stack([cpu, memory], axis=1)
        made.request[row] = 1.6 * made.mean[row].max(axis=0)
        if "/team-a/" in name:
            made.request[row, made.buckets >= AUTOPILOT_BUCKET] *= 0.6
    made.peak[:] = made.mean * 1.1
    made.limit[:] = made.request * 1.3
    _forecast(made)
    return made


def _forecast(made: Trajectories) -> None:
    for lead in range(made.quantiles.shape[3]):
        _, actual, _ = made.at_targets(lead)
        for position, factor in enumerate((0.8, 1.05, 1.25)):
            made.quantiles[:, :, :, lead, position] = actual * factor


def decision(
    container: str, bucket: int, action: str = "resize_down", saving: float = 12.5, trigger: str = "bucket_close"
) -> Decision:
    """One decision at a bucket's end."""
    time_s = bucket * 300.0
    return Decision(
        id=f"{container}-{action}-{bucket}",
        cluster="shop",
        slot=0,
        container=container,
        action=action,  # type: ignore[arg-type]
        reason="idle",
        text="Usage stays far below the request: <b> 40 % less is enough & safe.",
        time_s=time_s,
        sampled_s=time_s,
        valid_until_s=time_s + 900,
        current=Size(1.0, 2.0, 1024 * MI, 1280 * MI),
        target=Size(0.5, 1.5, 640 * MI, 800 * MI),
        monthly_saving_usd=saving,
        disposition="commanded" if "/team-a/" in container else "recommended",
        evidence=Evidence(trigger=trigger),
    )


def judgement(container: str, right: bool | None) -> Judgement:
    """What became of a decision."""
    return Judgement(
        id=f"{container}-resize_down-1", cluster="shop", slot=0, container=container, action="resize_down",
        time_s=300.0, judged_s=600.0, right=right,
    )  # fmt: skip


def decisions() -> list[Decision]:
    made = [decision(name, AUTOPILOT_BUCKET + 6 * row, saving=5.0 + row) for row, name in enumerate(NAMES)]
    made.append(decision(NAMES[0], AUTOPILOT_BUCKET + 300, "urgent_up", -3.0, "oom_kill"))
    made.append(decision(NAMES[2], AUTOPILOT_BUCKET + 200, "rollback", -2.0, "outcome"))
    made.append(decision(NAMES[3], AUTOPILOT_BUCKET + 80, "hold", 0.0))
    made.append(move(NAMES[1], AUTOPILOT_BUCKET + 90))
    return made


def move(container: str, bucket: int) -> Decision:
    """To r5.large at night."""
    base = decision(container, bucket, "move", 7.5)
    times = [PlannedMove(base.time_s + 3600, base.time_s + 5400, "r5.large")]
    target = MoveTarget("m5.large", "r5.large", base.time_s + 3600, base.time_s + 90_000, times, daily=True)
    return replace(
        base, text="Other machines cost less; r5.large.", target=base.current, disposition="recommended", move=target
    )
