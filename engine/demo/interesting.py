"""Which containers a reader should see: a few, each for its own reason."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from engine.demo.accuracy import wapes
from engine.demo.standing import in_order, is_piloted, was_applied
from engine.demo.trajectories import LEAD_4H, P50, Trajectories
from engine.messages import Decision, Outcome
from engine.units import CPU


@dataclass(frozen=True, slots=True)
class Shown:
    """A container and the sentence that says why it is shown."""

    container: str
    why: str


def choose(
    decisions: Iterable[Decision], outcomes: Mapping[str, Outcome], trajectories: Trajectories, scope: str
) -> list[Shown]:
    """The largest saving, an urgent raise, a rollback, the worst forecast, one not piloted; each at most once."""
    ordered = in_order(decisions)
    applied = [d for d in ordered if was_applied(d, outcomes)]
    waiting = [d for d in ordered if not is_piloted(d.container, scope) and d.action == "resize_down"]
    found = [
        *_largest_saving(applied, "The largest saving that was carried out: {saving} a month."),
        *_latest(applied, _is_kill, "Killed for want of memory, and raised at once (the fast path)."),
        *_latest(applied, _is_urgent, "Raised at once, before its bucket closed (the fast path)."),
        *_latest(applied, lambda d: d.action == "rollback", "Cut too far, noticed, and rolled back at once."),
        *_worst_forecast(trajectories),
        *_largest_saving(waiting, "Not piloted: what would have been saved is {saving} a month."),
    ]
    known = set(trajectories.containers)
    shown: dict[str, Shown] = {}
    for choice in found:
        if choice.container in known:
            shown.setdefault(choice.container, choice)
    return list(shown.values())


def _is_kill(decision: Decision) -> bool:
    return decision.evidence.trigger == "oom_kill" and decision.action == "urgent_up"


def _is_urgent(decision: Decision) -> bool:
    return decision.evidence.trigger != "oom_kill" and decision.action == "urgent_up"


def _largest_saving(decisions: list[Decision], why: str) -> list[Shown]:
    if not decisions:
        return []
    best = max(decisions, key=lambda d: d.monthly_saving_usd)
    return [Shown(best.container, why.format(saving=f"${best.monthly_saving_usd:,.2f}"))]


def _latest(decisions: list[Decision], wanted: Callable[[Decision], bool], why: str) -> list[Shown]:
    matching = [d for d in decisions if wanted(d)]
    return [Shown(matching[-1].container, why)] if matching else []


def _worst_forecast(trajectories: Trajectories) -> list[Shown]:
    quantiles, actual, _ = trajectories.at_targets(LEAD_4H)
    errors = wapes(quantiles[:, :, CPU, P50], actual[:, :, CPU])
    if np.isnan(errors).all():
        return []
    worst = int(np.nanargmax(errors))
    return [Shown(trajectories.containers[worst], f"The worst forecast: WAPE {errors[worst]:.2f} at 4 h (CPU).")]
