"""The evidence of a decision, rounded to digits that mean something (0.1 m, 1 byte, 1e-4)."""

from __future__ import annotations

from math import isnan
from typing import Final

from engine.core.decide.facts import Facts
from engine.core.decide.proposals import TRIGGERS, Proposals
from engine.core.decide.restart_cost import Worth
from engine.core.decide.state import REASONS
from engine.core.forecast import LEADS
from engine.messages import Evidence, LeadForecast, NextPeak, ResourceEvidence, RestartEvidence, RunnerUp
from engine.units import BUCKET_S, CPU, MEMORY

_DIGITS: Final = (4, 0)
"""Of amounts, by resource."""
_SHARE_DIGITS: Final = 4
_FOUR_HOURS: Final = LEADS.index(48)


def evidence_of(proposals: Proposals, i: int, runner_up: RunnerUp) -> Evidence:
    """Evidence for row i of the proposals."""
    facts, performance = proposals.facts, float(proposals.facts.machines.performance[i])
    rated = performance != 1
    return Evidence(
        cpu=_resource(proposals, i, CPU),
        memory=_resource(proposals, i, MEMORY),
        trigger=TRIGGERS[proposals.trigger[i]],
        runner_up=runner_up,
        buckets_seen=int(facts.forecast.buckets_seen[i].max()),
        price_node_type=facts.prices.node_types[i],
        price_assumed=bool(facts.prices.assumed[i]),
        restart=_restart(proposals.worth, i),
        cpu_node_type=facts.machines.name(i) if rated else "",
        cpu_performance=round(performance, _SHARE_DIGITS) if rated else None,
    )


def _restart(worth: Worth | None, i: int) -> RestartEvidence | None:
    if worth is None or isnan(worth.saved_usd[i]):
        return None
    saved, cost, opens_s = (float(each[i]) for each in (worth.saved_usd, worth.cost_usd, worth.opens_s))
    return RestartEvidence(saved, cost, opens_s, bool(worth.killed[i]))


def _resource(proposals: Proposals, i: int, resource: int) -> ResourceEvidence:
    facts, code = proposals.facts, int(proposals.reasons[i, resource])
    f, at = facts.forecast, (i, resource)
    digits = _DIGITS[resource]
    quantiles = zip(LEADS, *(quantile[at].tolist() for quantile in (f.p05, f.p50, f.p95)), strict=True)
    return ResourceEvidence(
        forecast=[
            LeadForecast(lead * BUCKET_S, round(p05, digits), round(p50, digits), round(p95, digits))
            for lead, p05, p50, p95 in quantiles
            if not isnan(p95)
        ],
        recent_peak=_rounded(facts.recent_peak[at], digits),
        day_peak=_rounded(facts.day_peak[at], digits),
        last=_rounded(facts.last[at], digits),
        wape=_rounded(f.wape[i, resource, _FOUR_HOURS], _SHARE_DIGITS),
        coverage=_rounded(f.coverage[i, resource, _FOUR_HOURS], _SHARE_DIGITS),
        reason=REASONS[code] if code >= 0 else "",
        floor=_rounded(facts.floor[at], digits),
        ceiling=_rounded(facts.ceiling[at], digits),
        time_to_limit_s=_rounded(facts.around.time_to_limit_s[i], 0) if resource == MEMORY else None,
        next_peak=_next_peak(facts, at, digits),
        runs=[round(peak, digits) for peak in facts.around.runs[at].tolist() if not isnan(peak)],
    )


def _next_peak(facts: Facts, at: tuple[int, int], digits: int) -> NextPeak | None:
    near = facts.near
    if isnan(near.request[at]):
        return None
    p50, p95, p99 = (round(float(amount), digits) for amount in near.peaks[at])
    return NextPeak(int(near.until_s), p50, p95, p99, round(float(near.risk[at]), 6))


def _rounded(value: float, digits: int) -> float | None:
    return None if isnan(value) else round(float(value), digits)
