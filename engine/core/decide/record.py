"""Whether a container's forecasts have shown enough for a cut to rest on them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.core.forecast import LEADS, Forecast
from engine.core.rows import Array

if TYPE_CHECKING:
    from engine.core.decide.parameters import SizingParameters

_FOUR_HOURS: Final = LEADS.index(48)
"""Cuts are judged by the record at this lead: the furthest that the size must last for."""


def lacks_of(known: Forecast, parameters: SizingParameters) -> tuple[Array, Array, Array]:
    """Too few buckets seen, too few forecasts scored, too few of their 95 % kept: bool [m, 2] each."""
    return (
        known.buckets_seen < parameters.buckets_to_cut,
        known.scored[..., _FOUR_HOURS] < parameters.forecasts_to_cut,
        known.coverage[..., _FOUR_HOURS] < parameters.coverage_to_cut,
    )
