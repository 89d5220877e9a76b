"""What the table and the page say in the same words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.budget.amounts import FORMATS
from engine.budget.budget import Budget
from engine.budget.lines import Line

NONE = "–"
CAPTION = (
    "Used: p50 and p95 of 5-minute means, max of samples, over the period. Wasted: request less p95. Idle: share of "
    "the request that was not used, on average. Engine: what it would request now; it cuts by half at a time at most. "
    "Of several replicas: p50 and p95 of the mean one, max of the largest, times their number. "
    "Sums of several containers are sums of their figures: the p95 of a sum is less than the sum of p95s."
)


def amount(value: float, resource: int) -> str:
    """An amount of a resource, or a dash."""
    return NONE if np.isnan(value) else FORMATS[resource](value)


def share(value: float) -> str:
    """A share in percent, or a dash."""
    return NONE if np.isnan(value) else f"{value:.0%}"


def usd(value: float) -> str:
    """USD a month to the cent, without the minus of a zero."""
    return f"{round(value, 2) + 0.0:,.2f}"


def total_text(total: Line, instance: str) -> str:
    """The sum of all in a sentence or two."""
    text = f"{containers_text(total.containers)} at the price of {instance}: "
    if total.usd["request"]:
        text += (
            f"{usd(total.usd['request'])} USD a month requested, {usd(total.usd['wasted'])} of it wasted; "
            f"the engine's requests would save {usd(total.usd['saving'])}."
        )
        if total.usd["unset"]:
            text += f" Requests where none is set would be {usd(total.usd['unset'])} more."
        return text
    return f"{text}the engine would request {usd(total.usd['wanted'])} USD a month."


def notes(budget: Budget) -> list[str]:
    """What is not known, and why."""
    unseen = np.logical_and(*np.isnan(budget.used.p50).T)
    silent = int((~unseen & np.isnan(budget.wanted).all(axis=1)).sum())
    unstated = int((~budget.stated).sum())
    unseen_usd = usd(float(budget.cost_usd(budget.request)[unseen].sum()))
    found: Sequence[tuple[bool, str]] = [
        (
            unstated == len(budget),
            "No sheet was given: requests and limits are not known, and nothing is said of them.",
        ),
        (0 < unstated < len(budget), f"{containers_text(unstated)} of the trace not in the sheet: requests not known."),
        (unseen.any(), f"{containers_text(int(unseen.sum()))} without any use seen, {unseen_usd} USD a month."),
        (silent > 0, f"{containers_text(silent)} of which the engine says nothing yet: it needs 3 buckets of 5 min."),
    ]
    return [text for holds, text in found if holds]


def containers_text(count: int) -> str:
    """Such as `3 containers`."""
    return f"{count:,} container{'s' if count != 1 else ''}"
