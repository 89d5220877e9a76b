"""Budgets of namespaces in words: findings, and the cells of their table."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import Final

import numpy as np

from engine.budget.amounts import FORMATS
from engine.budget.findings import WORST, Finding, Offender
from engine.budget.namespaces import Standing
from engine.budget.trend import LEAST_DAYS
from engine.budget.words import NONE, share, usd
from engine.policy.namespace_budget import CAPS

HEADS: Final = (
    "namespace", "owner", "what", "cap", "requested", "used p95", "counted", "of cap", "a day", "next 24 h", "exceeded",
)  # fmt: skip
TEXTS: Final = 3
"""So many of them are text."""
CAPTION: Final = (
    "Counted is held against the cap: the larger of requested and used of each container, mean of the last hour. "
    "A day: robust trend of its daily means, from 4 days on. Next 24 h: highest p95 of the engine's forecast of it. "
    "Exceeded: when the trend reaches the cap, and between which days by about 90 %; said up to twice the days seen."
)
_WHAT: Final = ("CPU", "memory", "USD/month")


def budget_findings(standings: Sequence[Standing]) -> list[Finding]:
    """What is exceeded, and what will be, the soonest first; both also where nothing is, if there are budgets."""
    if not standings:
        return []
    over = sorted((one for one in standings if one.exceeded), key=lambda one: -_share_now(one))
    soon = [(days, one) for one in standings if (days := one.within_days) is not None]
    soon.sort(key=lambda each: each[0][1])
    return [
        _finding("budget_exceeded", "Namespace budget exceeded", [Offender(_name(one), _over(one)) for one in over]),
        _finding(
            "budget_will_be_exceeded",
            "Namespace budget will be exceeded",
            [Offender(_name(one), _soon(one, days)) for days, one in soon],
        ),
    ]


def trend_note(standings: Sequence[Standing]) -> list[str]:
    """Why there is no trend, where there is none at all."""
    if not standings or any(one.trend for one in standings):
        return []
    return [f"There is no trend of namespaces yet: it wants {LEAST_DAYS} whole days (live: --last 7d)."]


def cells(one: Standing) -> list[str]:
    """In the order of HEADS."""
    line = one.trend
    sign = {1: "+", 0: "", -1: "-"}[int(np.sign(line.slope))] if line else ""
    growth = sign + _text(one, abs(line.slope)) if line else NONE
    amounts = [_text(one, value) for value in (one.cap, one.requested, one.used, one.counted)]
    when = "now" if one.exceeded else NONE if (days := one.within_days) is None else _days(days)
    what = _WHAT[CAPS.index(one.cap_name)]
    return [one.namespace, one.owner or NONE, what, *amounts, share(one.share), growth, _text(one, one.day_p95), when]


def _share_now(one: Standing) -> float:
    return float(np.fmax(one.counted, one.requested)) / one.cap


def _finding(name: str, title: str, offenders: Sequence[Offender]) -> Finding:
    return Finding(name, title, len(offenders), offenders[:WORST])


def _name(one: Standing) -> str:
    return f"{one.namespace}, {_WHAT[CAPS.index(one.cap_name)]}" + (f" ({one.owner})" if one.owner else "")


def _over(one: Standing) -> str:
    amount = float(np.fmax(one.counted, one.requested))
    return f"{_text(one, amount)} of {_text(one, one.cap)}, {share(amount / one.cap)}"


def _soon(one: Standing, days: tuple[float, float, float]) -> str:
    grows = f", grows by {_text(one, one.trend.slope)} a day" if one.trend and one.trend.slope > 0 else ""
    day = f", up to {_text(one, one.day_p50)} expected within 24 hours" if one.day_p50 > one.cap else ""
    return f"{_text(one, one.counted)} of {_text(one, one.cap)}, {share(one.share)}{grows}{day}: exceeded {_days(days)}"


def _days(days: tuple[float, float, float]) -> str:
    """Such as `in 10 days (7 to 25)`."""
    earliest, expected, latest = days
    if expected <= 1:
        return "within a day"
    until = f"to {np.ceil(latest):.0f}" if latest < inf else "or later, if ever"
    return f"in {expected:.0f} days ({np.floor(earliest):.0f} {until})"


def _text(one: Standing, value: float) -> str:
    if np.isnan(value):
        return NONE
    place = CAPS.index(one.cap_name)
    return FORMATS[place](value) if place < len(FORMATS) else usd(value)
