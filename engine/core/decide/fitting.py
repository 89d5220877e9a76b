"""The last word on sizes, on every path: what is proposed keeps all bounds and the QoS class, or does not change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from engine.core.decide.qos import changes_class, keep_class
from engine.core.decide.state import PRECEDENCE, REASON
from engine.core.rows import Array
from engine.units import CPU

if TYPE_CHECKING:
    from engine.core.decide.facts import Facts

FITS: Final = np.int8(-1)


@dataclass(frozen=True, slots=True)
class Fitted:
    """Sizes float64 [m, 2]; `held` int8 [m, 2]: why a resource had to stay as it is (index of REASONS), or FITS."""

    request: Array
    limit: Array
    held: Array


def changed(before: Array, after: Array) -> Array:
    """Whether amounts differ; two that are not set are equal."""
    differ: Array = (before != after) & ~(np.isnan(before) & np.isnan(after))
    return differ


def fit(facts: Facts, request: Array, limit: Array) -> Fitted:
    """What can be kept of proposed sizes [m, 2]. A resource that cannot is left as it is, with the reason."""
    ceiling = facts.bounds.limit_ceiling
    moved = changed(facts.request, request) | changed(facts.limit, limit)
    limit = np.where(moved & (limit > ceiling), ceiling, limit)
    request, limit = keep_class(facts, request, limit)
    held = _held(facts, request, limit)
    kept = held == FITS
    request, limit = np.where(kept, request, facts.request), np.where(kept, limit, facts.limit)
    undone = changes_class(facts, request, limit)[:, None]
    held = np.where(undone & kept, np.int8(REASON["keeps_qos"]), held)
    return Fitted(np.where(undone, facts.request, request), np.where(undone, facts.limit, limit), held)


def why_held(facts: Facts, fitted: Fitted, wanted: Array) -> Array:
    """Why rows are left as they are, int8 [m]: of what is `wanted` bool [m, 2], what kept it, or what it is at."""
    bounds = facts.bounds
    at_limit = (facts.limit >= bounds.limit_ceiling) & ~np.isnan(facts.limit)
    ceiling = np.where(at_limit, bounds.limit_reason, bounds.ceiling_reason)
    ceiling = np.where(facts.around.scaled & ~at_limit, np.int8(REASON["scaled_by_hpa"]), ceiling)
    why = np.where(fitted.held == FITS, ceiling, fitted.held)
    return first_reason(why, wanted)


def first_reason(why: Array, speaks: Array) -> Array:
    """Of reasons [m, 2] that of the resource which `speaks` bool [m, 2], int8 [m]: of two the first by PRECEDENCE."""
    first = np.where(speaks, PRECEDENCE[why], np.inf).argmin(axis=1)[:, None]
    given: Array = np.take_along_axis(why, first, axis=1)[:, 0]
    return given


def _held(facts: Facts, request: Array, limit: Array) -> Array:
    """Why each resource cannot take this size, the first that applies."""
    bounds = facts.bounds
    resized, relimited = changed(facts.request, request), changed(facts.limit, limit)
    cases: list[tuple[Array, Array | np.int8]] = [
        ((resized | relimited) & bounds.conflict, np.int8(REASON["bounds_conflict"])),
        (resized & (request > facts.ceiling), bounds.ceiling_reason),
        (resized & (request < facts.floor), bounds.floor_reason),
        (relimited & (limit > bounds.limit_ceiling), bounds.limit_reason),
        ((resized | relimited) & (limit < request), bounds.limit_reason),
        (relimited & (limit < bounds.limit_floor), np.int8(REASON["at_runtime_hint"])),
        (relimited & _kills(facts, limit), bounds.limit_reason),
    ]
    reasons: list[Any] = [reason for _, reason in cases]
    return np.select([case for case, _ in cases], reasons, FITS)


def _kills(facts: Facts, limit: Array) -> Array:
    """Whether a bound on limits would put the limit of memory below what is used: bool [m, 2]."""
    used = np.fmax(facts.last, facts.recent_peak)
    below: Array = (limit < facts.limit) & (limit < used) & (limit >= facts.bounds.limit_ceiling)
    below[:, CPU] = False
    return below
