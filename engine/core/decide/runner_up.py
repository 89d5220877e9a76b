"""The best alternative that was not taken: the usual rule (peak of a day and 15 %), or staying as it is."""

from __future__ import annotations

from typing import Final

import numpy as np

from engine.core.decide.facts import cost_of
from engine.core.decide.proposals import Proposals
from engine.core.decide.sizing import limits_for
from engine.core.decide.state import HOLD
from engine.core.placement import size_of
from engine.messages import RunnerUp

CENTS: Final = 4
"""Digits of USD."""


def runner_up(proposals: Proposals, i: int) -> RunnerUp:
    """The alternative to row i: staying, where the size changes and staying is the cheaper safe one, else the rule."""
    facts = proposals.facts
    request, rule = facts.request[i], np.where(np.isnan(facts.rule[i]), facts.request[i], facts.rule[i])
    target_usd = cost_of(facts, i, proposals.request[i])
    now_usd, rule_usd = cost_of(facts, i, request), cost_of(facts, i, rule)
    moves = proposals.action[i] != HOLD
    suffices = bool((request >= facts.demand[i])[~np.isnan(facts.demand[i])].all())
    if np.isnan(facts.rule[i]).all() or (moves and suffices and now_usd <= rule_usd):
        return RunnerUp(
            name="keep",
            size=size_of(request, facts.limit[i]),
            monthly_usd=round(now_usd, CENTS),
            why_not=_why_not_keep(moves, now_usd - target_usd),
        )
    return RunnerUp(
        name="day_peak_plus_15_percent",
        size=size_of(rule, limits_for(rule, request, facts.limit[i])),
        monthly_usd=round(rule_usd, CENTS),
        why_not=_why_not_rule(proposals, i, rule_usd - target_usd),
    )


def _why_not_keep(moves: bool, more_usd: float) -> str:
    if not moves:
        return "It is what is done: nothing is known yet that another size could be made from."
    if more_usd > 0:
        return f"It costs {more_usd:.2f} USD a month more, for what is not expected to be used."
    return "It would leave demand above the request."


def _why_not_rule(proposals: Proposals, i: int, more_usd: float) -> str:
    facts = proposals.facts
    if (facts.rule[i] < facts.highest_p95[i]).any():
        return "It looks back only: the forecast's p95 lies above it."
    if more_usd > 0:
        return f"It costs {more_usd:.2f} USD a month more, for a peak that the forecast does not expect again."
    if proposals.action[i] == HOLD:
        return "Nothing may change now: see the reason."
    return "It goes further down in one step than is allowed, or below what was used lately."
