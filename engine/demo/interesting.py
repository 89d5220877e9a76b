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
    decisions: Iterable[Decision],
    outcomes: Mapping[str, Outcome],
    trajectories: Trajectories,
    scope: str,
    since_s: float = 0.0,
) -> list[Shown]:
    """The largest saving, urgent raises, a rollback, a move, the worst forecast, one not piloted; each container once.

    Urgent raises that nobody carried out are worth showing from `since_s` on, where the figures begin.
    """
    told_of = [d for d in in_order(decisions) if d.action != "hold"]
    changes = [d for d in told_of if d.move is None]
    visible = [d for d in changes if d.time_s >= since_s]
    applied = [d for d in changes if was_applied(d, outcomes)]
    told = "; auto-pilot was off, so that was only said (the fast path)."
    groups = [
        _most_saved(applied),
        _latest(applied, lambda d: d.action == "rollback", "Cut too far, noticed, and rolled back at once."),
        _latest(applied, _is_kill, "Killed for want of memory, and raised at once (the fast path).")
        or _latest(visible, _is_kill, f"Killed for want of memory{told}"),
        _latest(applied, _is_urgent, "Raised at once, before its bucket closed (the fast path).")
        or _latest(visible, _is_urgent, f"Urgent before its bucket closed{told}"),
        _latest(told_of, lambda d: d.move is not None, "Told to move: other machines cost less at some hours."),
        _worst_forecast(trajectories),
        _most_missed([d for d in changes if not is_piloted(d.container, scope)]),
    ]
    known = set(trajectories.containers)
    shown: dict[str, Shown] = {}
    for group in groups:
        choice = next((each for each in group if each.container in known and each.container not in shown), None)
        if choice is not None:
            shown[choice.container] = choice
    return list(shown.values())


def _is_kill(decision: Decision) -> bool:
    return decision.evidence.trigger == "oom_kill" and decision.action == "urgent_up"


def _is_urgent(decision: Decision) -> bool:
    return decision.evidence.trigger != "oom_kill" and decision.action == "urgent_up"


def _most_saved(applied: list[Decision]) -> list[Shown]:
    """Each step says what it saves over the one before, so that the steps of a container add up."""
    saved: dict[str, float] = {}
    for decision in applied:
        saved[decision.container] = saved.get(decision.container, 0.0) + decision.monthly_saving_usd
    return _greatest(saved, "The largest saving that was carried out: ${saving:,.2f} a month.")


def _most_missed(changes: list[Decision]) -> list[Shown]:
    """By what each container was told last."""
    missed = {decision.container: decision.monthly_saving_usd for decision in changes}
    return _greatest(missed, "Not piloted: ${saving:,.2f} a month would be saved by what it was told last.")


def _greatest(savings: Mapping[str, float], why: str) -> list[Shown]:
    if not savings:
        return []
    container = max(savings, key=lambda name: savings[name])
    return [Shown(container, why.format(saving=savings[container]))]


def _latest(decisions: list[Decision], wanted: Callable[[Decision], bool], why: str) -> list[Shown]:
    """The latest first, so that one which is shown already for another reason makes room for the next."""
    return [Shown(d.container, why) for d in reversed(decisions) if wanted(d)]


def _worst_forecast(trajectories: Trajectories) -> list[Shown]:
    quantiles, actual, _ = trajectories.at_targets(LEAD_4H)
    errors = wapes(quantiles[:, :, CPU, P50], actual[:, :, CPU])
    if np.isnan(errors).all():
        return []
    worst = int(np.nanargmax(errors))
    return [Shown(trajectories.containers[worst], f"The worst forecast: WAPE {errors[worst]:.2f} at 4 h (CPU).")]
