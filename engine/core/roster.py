"""Folding a roster: which rows its containers have, what is believed of them, who is forgotten."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from engine.core.compute_units import believe_types
from engine.core.constraints import believe_constraints
from engine.core.context import Context
from engine.core.effects import Refused, SlotEffects
from engine.core.placement import believe
from engine.core.rows import Array
from engine.core.state import SlotState
from engine.core.terms import annotate, resolve
from engine.identity import container_id, slot_of
from engine.messages import ContainerSpec, Roster


def fold_roster(state: SlotState, roster: Roster, context: Context, effects: SlotEffects) -> None:
    """Takes over a roster. Raises Refused when a container stands in it twice, or belongs to another slot."""
    names = [container_id(state.cluster, s.namespace, s.workload, s.container) for s in roster.containers]
    known = {name: row for row, name in enumerate(state.containers)}
    _check(state, roster, names, known)
    fresh = [name for name in names if name not in known]
    state.add_rows(fresh)
    known |= {name: row for row, name in enumerate(fresh, start=len(known))}
    rows = [known[name] for name in names]
    index, specs = np.array(rows, dtype=np.int64), roster.containers
    types_before = state.placement.node_type[index]
    believe(state.placement, index, specs, _node_types(state, specs), roster.time_s)
    news = _annotate(state, index, specs) or bool(fresh)
    believe_types(state, index, types_before, context)
    believe_constraints(state.placement, index, specs, roster.time_s)
    state.tell(roster.roster, rows)
    _forget(state, context.time.forget_s)
    if news:  # else the terms are as they were: only controls change them besides
        resolve(state, context, effects)
    state.count("rosters")


def _check(state: SlotState, roster: Roster, names: list[str], known: Collection[str]) -> None:
    """Those that are `known` are in the slot since they were checked."""
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise Refused("duplicate_rows", f"Expected each container once, got `{twice}` twice - at `$.containers`")
    for position, (name, spec) in enumerate(zip(names, roster.containers, strict=True)):
        if name in known:
            continue
        slot = slot_of(spec.namespace, spec.workload, state.slots)
        if slot != state.slot:
            at = f"`$.containers[{position}]`"
            raise Refused("wrong_slot", f"Expected containers of slot {state.slot}, got one of slot {slot} - at {at}")


def _annotate(state: SlotState, index: Array, specs: list[ContainerSpec]) -> bool:
    """Remembers the policies of workloads, where there is one or was one; says whether any is another than before."""
    news = False
    annotated = (state.placement.annotation[index] >= 0).tolist()
    for row, spec, before in zip(index.tolist(), specs, annotated, strict=True):
        if before or spec.policy is not None:
            news |= annotate(state, row, spec.policy)
    return news


def _node_types(state: SlotState, specs: list[ContainerSpec]) -> list[int]:
    """Each one's place in the slot's `node_types`, to which new ones are added; -1 is none."""
    named = [spec.node_type for spec in specs]
    state.node_types += [name for name in dict.fromkeys(named) if name is not None and name not in state.node_types]
    places: dict[str | None, int] = {name: place for place, name in enumerate(state.node_types)}
    return [places.get(name, -1) for name in named]


def _forget(state: SlotState, forget_s: float) -> None:
    """Drops the rows that no kept roster names and that have had no sample for long."""
    named = np.zeros(len(state.containers), dtype=np.bool_)
    for rows in state.rosters.values():
        named[rows] = True
    recent = state.window.last_s.max(axis=1) >= state.watermark_s - forget_s
    keep = np.flatnonzero(named | recent)
    if len(keep) < len(state.containers):
        gone = set(state.containers) - {state.containers[row] for row in keep}
        state.keep_rows(keep)
        state.forecasters = {name: f for name, f in state.forecasters.items() if name not in gone}
