"""CPU in compute units: what is learned of CPU is kept in cores of a reference type, so that it outlives a move.

    sample, cores of the type it was measured on  ── x performance ─▶  state: vCPUs of the reference type
    state  ── / performance of the present type ─▶  cores that requests, limits, bounds and people speak of

A type that the context does not know, or none, counts as the reference: its performance is exactly 1.
docs/decisions/0016-compute-units.md says why.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine.core.recount import recount_cpu
from engine.core.rows import Array
from engine.units import CPU

if TYPE_CHECKING:
    from engine.core.batch import Batch
    from engine.core.context import Context
    from engine.core.placement import PlacementRows
    from engine.core.state import SlotState


@dataclass(frozen=True, slots=True)
class Machines:
    """What rows run on: `kind` int [m], index of the slot's `names`, -1 unknown; `performance` float64 [m]."""

    kind: Array
    performance: Array
    names: Sequence[str]

    def name(self, i: int) -> str:
        return self.names[self.kind[i]] if self.kind[i] >= 0 else ""


def machines_of(slot: SlotState, rows: Array) -> Machines:
    """Of the rows int [m]."""
    return Machines(slot.placement.node_type[rows], performance_of(slot.placement, rows), slot.node_types)


def performance_of(placement: PlacementRows, rows: Array) -> Array:
    """Work of a core of each row's type, in cores of the reference: float64 [m]."""
    performance: Array = placement.vcpu_performance[rows].astype(np.float64)
    return performance


def in_cores(units: Array, performance: Array) -> Array:
    """Amounts [m, 2, ...], of CPU in compute units, with CPU in cores of a type of `performance` [m]."""
    if (performance == 1.0).all():
        return units
    cores = units.copy()
    cores[:, CPU] /= _along(cores, performance)
    return cores


def in_units(cores: Array, performance: Array) -> Array:
    """Amounts [m, 2, ...], of CPU in cores of a type of `performance` [m], with CPU in compute units."""
    if (performance == 1.0).all():
        return cores
    units = cores.copy()
    units[:, CPU] *= _along(units, performance)
    return units


def _along(amounts: Array, performance: Array) -> Array:
    """[m] in the shape that goes with amounts [m, 2, ...] of one resource."""
    along: Array = performance.reshape(-1, *(1,) * (amounts.ndim - 2))
    return along


def measured(slot: SlotState, rows: Array, batch: Batch, context: Context) -> tuple[Array, Array]:
    """The batch's values [m, 2] with CPU in compute units, and in cores of the type that each row runs on now."""
    present = performance_of(slot.placement, rows)
    if batch.measured_on is None:
        return in_units(batch.value, present), batch.value
    there = _there(slot, batch.measured_on, present, context)
    units = in_units(batch.value, there)
    return units, np.where((there == present)[:, None], batch.value, in_cores(units, present))


def _there(slot: SlotState, names: Sequence[str | None], present: Array, context: Context) -> Array:
    """Performance of the types on which rows were measured, where that is stated: float64 [m]."""
    known = context.vcpu_performance
    slot.count("samples_of_unknown_type", sum(name is not None and name not in known for name in names))
    stated = np.array([np.nan if name is None else known.get(name, 1.0) for name in names], dtype=np.float32)
    return np.where(np.isnan(stated), present, stated.astype(np.float64))


def believe_types(slot: SlotState, rows: Array, before: Array, context: Context) -> None:
    """A roster was folded: performance of the types that the rows int [m] now have; `before` [m] are those until then.

    The same type with another performance is news of the catalogue, or a row from before it was asked: then what is
    learned was counted otherwise, and is converted.
    """
    table = np.array([*(context.vcpu_performance.get(name, 1.0) for name in slot.node_types), 1.0], dtype=np.float32)
    placement = slot.placement
    kind, was = placement.node_type[rows], placement.vcpu_performance[rows]
    now = table[kind]  # -1, unknown, is the last
    placement.vcpu_performance[rows] = now
    again = (kind == before) & (now != was)
    if again.any():
        recount_cpu(slot, rows[again], now[again].astype(np.float64) / was[again])
