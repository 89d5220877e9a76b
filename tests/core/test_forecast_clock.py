"""In a large cluster each slot forecasts at a time of its own within the hour; what it knows is as in a small one."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.codec import encode, roster_hash
from engine.core.context import Context
from engine.core.decide.facts import gather
from engine.core.decide.runs import is_running
from engine.core.partition import PartitionFold, Record
from engine.core.state import SlotState
from engine.identity import SPREAD, slot_key, slot_of
from engine.messages import AnyEvent, ContainerSpec, Control, Declare, Metrics, Roster, Size
from engine.units import BUCKET_S, GIB, HOUR_S

LARGE = 2 * SPREAD
HOURS = 30
CONTEXT = Context()


def folded(slots: int, slot: int) -> tuple[SlotState, list[int]]:
    """A job's container that uses the same at each hour of a day; and the buckets at whose close it was forecast."""
    workload = next(f"w{n}" for n in range(1000) if slot_of("web", f"w{n}", slots) == slot)
    size = Size(cpu_request=1.0, memory_request=GIB)
    specs = [
        ContainerSpec(namespace="web", workload=workload, container="app", size=size, node_type="m5.large",
                      workload_kind="Job")
    ]  # fmt: skip
    fold, key, made, origin = PartitionFold(0, 1, CONTEXT), slot_key("shop", slot), [], -1

    def apply(event: AnyEvent, offset: int) -> None:
        effects = fold.apply(Record(0, offset, key, encode(event), 0.0))
        assert effects.dead_letters == []

    declare = Control(cluster="shop", slot=slot, sent_s=0.0, body=Declare(slots=slots, clock="replay"))
    apply(declare, 0)
    for number in range(HOURS * HOUR_S // BUCKET_S):
        time_s = float(number * BUCKET_S + 1)
        common: dict[str, Any] = {"cluster": "shop", "slot": slot, "sent_s": time_s, "time_s": time_s}
        common["roster"] = roster_hash(specs)
        if number % 2 == 0:
            apply(Roster(**common, containers=specs), 2 * number + 1)
        apply(Metrics(**common, cpu_max=[0.2 + 0.1 * (number // 12 % 24)], memory_max=[1e8]), 2 * number + 2)
        state = fold.slots[key]
        if (now := int(state.forecast.origin.max())) > origin:
            made.append(state.closed)
            origin = now
    return fold.slots[key], made


def test_slots_of_a_large_cluster_forecast_all_over_the_hour_and_a_small_one_on_it() -> None:
    phases = [SlotState("shop", slot, LARGE).forecast_ahead for slot in range(LARGE)]
    assert len(set(phases)) > SPREAD // 2
    assert {SlotState("shop", slot, SPREAD).forecast_ahead for slot in range(SPREAD)} == {0}
    slot = phases.index(5)
    _, made = folded(LARGE, slot)
    assert len(made) > HOURS - 2
    assert {(bucket + 5) % 12 for bucket in made[1:]} == {0}, "but for the first, which waits for no hour"
    _, made = folded(1, 0)
    assert {bucket % 12 for bucket in made[1:]} == {0}


def test_what_is_known_of_a_container_does_not_depend_on_the_clock() -> None:
    phases = [SlotState("shop", slot, LARGE).forecast_ahead for slot in range(LARGE)]
    found = []
    for slots, slot in ((1, 0), (LARGE, phases.index(7))):
        state, _ = folded(slots, slot)
        rows = np.array([0])
        facts = gather(state, rows, state.closed, float(state.closed * BUCKET_S), CONTEXT)
        assert is_running(state, rows, state.closed, CONTEXT.sizing).all()
        assert not is_running(state, rows, state.closed + 12, CONTEXT.sizing).any(), "no sample came for an hour"
        assert facts.forecast.buckets_seen[0, 0] == state.closed
        found.append((facts.forecast.p50[0], facts.around.low[0], facts.day_peak[0]))
        later = gather(state, rows, state.closed + 600, float((state.closed + 600) * BUCKET_S), CONTEXT)
        assert np.isnan(later.forecast.p50).all(), "a forecast that is too old says nothing"
    (on_it, low, peak), (beside, other_low, other_peak) = found
    assert not np.isnan(beside).any()
    np.testing.assert_allclose(beside[1], on_it[1], rtol=0.02)
    np.testing.assert_array_equal(other_low, low)
    np.testing.assert_array_equal(other_peak, peak)
