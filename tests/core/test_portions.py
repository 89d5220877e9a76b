"""After the hour of a large cluster's slot: some rows with each message, and in the end the same as all at once."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine.codec import encode, roster_hash
from engine.core.context import Context
from engine.core.effects import Effects
from engine.core.partition import PartitionFold, Record
from engine.core.portions import ROWS
from engine.core.snapshot import pack
from engine.core.state import SlotState
from engine.identity import SPREAD, container_id, slot_key, slot_of
from engine.messages import AnyEvent, ContainerSpec, Control, Declare, Metrics, Roster, Size
from engine.units import BUCKET_S, GIB, HOUR_S

LARGE = 2 * SPREAD
SLOT = next(slot for slot in range(LARGE) if SlotState("shop", slot, LARGE).forecast_ahead == 0)
CONTAINERS = 2 * ROWS + 22
HOURS = 3
CONTEXT = Context()
SPECS = [
    ContainerSpec(
        namespace="web", workload=f"w{number}", container="app", node_type="m5.large",
        size=Size(cpu_request=0.1, memory_request=GIB),
    )
    for number in range(20_000) if slot_of("web", f"w{number}", LARGE) == SLOT
][:CONTAINERS]  # fmt: skip


class Run:
    """The same containers in a cluster of so many slots, all used ever more."""

    def __init__(self, slots: int, slot: int) -> None:
        self.fold, self.slot, self.key = PartitionFold(0, 1, CONTEXT), slot, slot_key("shop", slot)
        self.specs, self.offset = SPECS, -1
        self.apply(Control(cluster="shop", slot=slot, sent_s=0.0, body=Declare(slots=slots, clock="replay")))
        self.roster(0.0)

    @property
    def state(self) -> SlotState:
        return self.fold.slots[self.key]

    @property
    def waiting(self) -> int:
        return int((self.state.decide.waits > 0).sum())

    def apply(self, event: AnyEvent) -> Effects:
        self.offset += 1
        effects = self.fold.apply(Record(0, self.offset, self.key, encode(event), 0.0))
        assert effects.dead_letters == []
        return effects

    def roster(self, time_s: float) -> None:
        self.apply(Roster(**self._common(time_s, time_s), containers=self.specs))

    def scrape(self, time_s: float, late_s: float = 0.0) -> Effects:
        level = 0.02 * (1 + time_s // HOUR_S)
        cpu: list[float | None] = [level + 0.01 * (number % 7) for number in range(len(self.specs))]
        return self.apply(Metrics(**self._common(time_s, time_s + late_s), cpu_max=cpu, memory_max=[1e8] * len(cpu)))

    def _common(self, time_s: float, sent_s: float) -> dict[str, Any]:
        roster = roster_hash(self.specs)
        return {"cluster": "shop", "slot": self.slot, "sent_s": sent_s, "time_s": time_s, "roster": roster}

    def until(self, time_s: float, step_s: float = 300.0, from_s: float = 1.0) -> list[Effects]:
        return [self.scrape(at) for at in np.arange(from_s, time_s, step_s).tolist()]

    def until_it_waits(self) -> float:
        """Some hours, and then by scrapes of 15 s to the message with which rows begin to wait; its time."""
        self.until(HOURS * HOUR_S)
        time_s = HOURS * HOUR_S + 1.0
        while not self.waiting:
            self.scrape(time_s)
            time_s += 15.0
        return time_s - 15.0

    def forecast_last(self) -> int:
        return int((self.state.forecast.origin[:, 0] == HOURS * 12).sum())


def ids(effects: list[Effects]) -> set[str]:
    return {decision.id for each in effects for decision in each.decisions}


def test_each_message_forecasts_a_portion_until_all_have_one() -> None:
    run = Run(LARGE, SLOT)
    time_s, made = run.until_it_waits(), [run.forecast_last()]
    while run.waiting:
        time_s += 15.0
        run.scrape(time_s)
        made.append(run.forecast_last())
    assert made == [ROWS, 2 * ROWS, CONTAINERS]
    assert run.state.waiting == -1


def test_in_the_end_forecasts_and_decisions_are_those_of_all_at_once() -> None:
    by_portions, at_once = Run(LARGE, SLOT), Run(1, 0)
    said = [ids(run.until(HOURS * HOUR_S + 1200.0, step_s=60.0)) for run in (by_portions, at_once)]
    assert by_portions.waiting == 0
    for name, column in by_portions.state.forecast.arrays().items():
        np.testing.assert_array_equal(column, getattr(at_once.state.forecast, name), name)
    assert said[0] == said[1]
    assert len(said[0]) >= 2 * CONTAINERS


def test_the_rest_is_done_before_the_next_bucket_closes() -> None:
    run = Run(LARGE, SLOT)
    run.until_it_waits()
    assert run.waiting == CONTAINERS - ROWS
    closed, effects = run.state.closed, run.scrape((HOURS + 1) * HOUR_S - 12 * BUCKET_S + 600.0)
    assert (run.state.closed, run.waiting, run.forecast_last()) == (closed + 1, 0, CONTAINERS)
    assert len(ids([effects])) > ROWS


def test_who_takes_over_in_between_goes_on_with_the_rest() -> None:
    first = Run(LARGE, SLOT)
    time_s = first.until_it_waits()
    second = Run(LARGE, SLOT)
    second.fold.load(first.key, pack(first.state))
    second.offset = first.offset
    for later_s in (15.0, 30.0, 45.0):
        assert first.scrape(time_s + later_s) == second.scrape(time_s + later_s)
    assert pack(first.state) == pack(second.state)


def test_rows_that_come_and_go_in_between_do_not_mix_up_who_waits() -> None:
    run = Run(LARGE, SLOT)
    time_s = run.until_it_waits()
    run.specs = [*SPECS[::-1], ContainerSpec(namespace="web", workload=SPECS[0].workload, container="sidecar")]
    run.roster(time_s + 1.0)
    assert run.waiting == CONTAINERS - ROWS
    run.until(time_s + 60.0, step_s=15.0, from_s=time_s + 15.0)
    assert (run.waiting, run.forecast_last()) == (0, CONTAINERS)


def test_a_stale_message_leaves_them_waiting_and_one_that_closes_a_bucket_decides_nothing() -> None:
    run = Run(LARGE, SLOT)
    time_s = run.until_it_waits()
    run.scrape(time_s + 15.0, late_s=1000.0)
    assert run.waiting == CONTAINERS - ROWS
    effects = run.scrape(time_s + BUCKET_S, late_s=1000.0)
    assert (run.waiting, run.forecast_last()) == (0, CONTAINERS)
    assert effects.decisions == []
    assert effects.commands == []


@pytest.mark.parametrize("silent_s", [2.0 * BUCKET_S, HOUR_S, 30.0 * HOUR_S])
def test_after_a_silence_nothing_is_decided_on_what_was_before_it(silent_s: float) -> None:
    run = Run(LARGE, SLOT)
    time_s = run.until_it_waits()
    last = container_id("shop", "web", SPECS[-1].workload, "app")
    effects = run.scrape(time_s + silent_s)
    assert run.forecast_last() >= 2 * ROWS
    assert all(decision.time_s > HOURS * HOUR_S for decision in effects.decisions if decision.container == last)
