"""A namespace's sums by bucket in what caps are given in: cores, bytes, USD a month."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from engine.budget.history import Sums, sums
from engine.budget.ring import Seen
from engine.core.context import Context
from engine.core.decide.money import monthly_usd
from engine.core.rows import Array

DAY: Final = 288
LONGEST: Final = 28 * DAY
"""Buckets: what is further back says nothing of a budget of today."""


def price_of(seen: Seen, context: Context) -> Array:
    """USD [2] of a core-hour and a GiB-hour."""
    return np.array(context.prices.get(seen.spec.node_type or "", context.prices[context.default_node_type]))


@dataclass(frozen=True, slots=True)
class Measures:
    """At every bucket from `first` on, by CAPS: float64 [buckets, 3]."""

    first: int
    used: Array
    counted: Array


def measures_of(seen: Sequence[Seen], namespace: str, context: Context) -> Measures | None:
    """Of all that ran in it; None where nobody has a sample."""
    mine = [one for one in seen if one.spec.namespace == namespace and len(one.series.bucket)]
    amounts = sums(one.history for one in mine)
    if amounts is None:
        return None
    usd = sums((one.history for one in mine), [_usd_per_unit(price_of(one, context)) for one in mine])
    assert usd is not None
    used, counted = (_with_usd(amounts, usd, name)[-LONGEST:] for name in ("used", "counted"))
    return Measures(amounts.first + len(amounts.used) - len(used), used, counted)


def _usd_per_unit(price: Array) -> Array:
    """USD a month [2] of a core and of a byte."""
    return np.array([float(monthly_usd(unit, np.array(1.0), price)) for unit in np.eye(2)])


def _with_usd(amounts: Sums, usd: Sums, name: str) -> Array:
    return np.column_stack([getattr(amounts, name), getattr(usd, name).sum(axis=1)])
