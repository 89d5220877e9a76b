"""CPU in compute units: the same work is learned alike wherever it runs, and requests are in cores of where it runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from engine.codec import encode
from engine.core.compute_units import in_cores, in_units
from engine.core.context import Context, TimeRules
from engine.core.decide.facts import Facts, gather
from engine.core.decide.move_needs import needs_of
from engine.core.decide.parameters import SizingParameters
from engine.core.effects import Effects
from engine.core.forecast import AMOUNTS, forecast
from engine.core.forecast.compact import decode
from engine.core.forecast.compact import encode as encode_amounts
from engine.core.rows import Array
from engine.core.snapshot import pack, unpack
from engine.core.state import SlotState
from engine.messages import ContainerSpec, Size
from engine.units import BUCKET_S, CPU, GIB
from tests.core.build import Log, autopilot, declare, metrics, roster
from tests.core.decide.build import BUCKET, NOW, slot_of
from tests.core.decide.build import CONTEXT as DECIDE

CONTEXT = Context(time=TimeRules(stagger_s=0.0), vcpu_performance={"slow": 0.8, "reference": 1.0, "double": 2.0})
BY_NOWCAST = replace(CONTEXT, sizing=SizingParameters(risk=(0.01, 0.01), cadence_s=300.0))
HOURS = 7
_EVERY_S = 150.0
CODE = 2.0**-8
"""What amounts may differ by where work that is alike but for rounding falls to another 16-bit code, or two of them."""


def spec(node_type: str | None, performance: float = 1.0) -> list[ContainerSpec]:
    """One container that requests a core of the reference's work, and may use two."""
    size = Size(1.0 / performance, 2.0 / performance, GIB, 2 * GIB)
    return [ContainerSpec(namespace="web", workload="w0", container="app", size=size, node_type=node_type)]


@cache
def work(seed: int, hours: int = HOURS) -> tuple[float, ...]:
    """In compute units, every 150 s: up and down within three hours, with noise."""
    random, times = np.random.default_rng(seed), np.arange(int(hours * 3600 / _EVERY_S))
    usual = random.uniform(0.1, 0.6) * (1.0 + 0.4 * np.sin(times * 2 * np.pi / 72))
    return tuple((usual * random.lognormal(0, 0.1, len(times))).tolist())


def fold(
    amounts: Iterable[float],
    on: Callable[[int], tuple[list[ContainerSpec], float]],
    context: Context = CONTEXT,
    stage: bool = False,
) -> tuple[Log, Effects]:
    """Folds `amounts` of work; `on` tells the roster at each sample and the performance of where it was measured."""
    log, effects, before = Log(context), Effects(), None
    log.add(declare())
    if stage:
        log.add(autopilot("full"))
    for number, amount in enumerate(amounts):
        time_s, (containers, performance) = 10.0 + number * _EVERY_S, on(number)
        if containers != before:
            effects.extend(log.add(roster(time_s, containers)))
            before = containers
        effects.extend(log.add(metrics(time_s, containers, [amount / performance], [GIB / 2])))
    return log, effects


def always(node_type: str | None, performance: float = 1.0) -> Callable[[int], tuple[list[ContainerSpec], float]]:
    containers = spec(node_type, performance)
    return lambda _: (containers, performance)


def learned(slot: SlotState) -> dict[str, Array]:
    """All amounts of CPU that are learned, in compute units, and the profile of the day in its own steps."""
    latest, window, nowcast = forecast(slot.forecast), slot.window, slot.nowcast
    amounts = {name: getattr(latest, name)[:, CPU] for name in ("p05", "p50", "p95", "p99", "mean", "maximum")}
    amounts |= {"last": window.last[:, CPU], "previous": window.previous[:, CPU]}
    amounts |= {"total": window.total[..., CPU] / 1e9, "peak": window.peak[..., CPU] / 1e9}
    amounts |= {name: getattr(nowcast, name)[:, CPU] for name in ("high", "total", "levels")}
    amounts |= {name: decode(getattr(nowcast, name)[:, CPU]) for name in ("recent", "days")}
    amounts |= {name: decode(getattr(slot.decide, name)[:, CPU]) for name in ("peaks", "runs")}
    means = decode(slot.forecast.recent[:, CPU]) * slot.forecast.unit[:, CPU, None]
    return {**amounts, "means": means, "profile": 1.06 ** nowcast.profile.astype(np.float64)}


def assert_alike(found: SlotState, wanted: SlotState, relative: float = CODE) -> None:
    theirs = learned(wanted)
    for name, amounts in learned(found).items():
        # a step of the profile is 6 %, and what rounds otherwise moves by one
        slack = 0.13 if name == "profile" else relative
        np.testing.assert_allclose(amounts, theirs[name], rtol=slack, atol=1e-6, err_msg=name)


def facts_of(log: Log, context: Context = CONTEXT) -> Facts:
    slot = log.slot
    return gather(slot, np.array([0]), slot.closed, float(slot.closed * BUCKET_S), context)


@given(
    arrays(np.float64, (3, 2, 4), elements=st.floats(0, 1e12)),
    arrays(np.float32, 3, elements=st.floats(0.125, 8, width=32)),
)
def test_units_go_there_and_back(amounts: Array, performance: Array) -> None:
    there = in_units(amounts, performance.astype(np.float64))
    np.testing.assert_allclose(in_cores(there, performance.astype(np.float64)), amounts, rtol=1e-15, atol=1e-300)
    np.testing.assert_array_equal(there[:, 1], amounts[:, 1], "memory has no compute units")


def test_the_reference_is_left_alone() -> None:
    amounts = np.random.default_rng(0).random((5, 2))
    assert in_units(amounts, np.ones(5)) is amounts
    assert in_cores(amounts, np.ones(5)) is amounts


@settings(max_examples=10)
@given(seed=st.integers(0, 2**16), performance=st.sampled_from([0.8, 2.0]), by_nowcast=st.booleans())
def test_the_same_work_on_two_types_is_learned_alike_and_requested_in_cores_of_each(
    seed: int, performance: float, by_nowcast: bool
) -> None:
    context = BY_NOWCAST if by_nowcast else CONTEXT
    name = {0.8: "slow", 2.0: "double"}[performance]
    one, said = fold(work(seed), always("reference"), context, stage=True)
    other, also_said = fold(work(seed), always(name, performance), context, stage=True)
    assert_alike(other.slot, one.slot)
    facts, others = facts_of(one, context), facts_of(other, context)
    for field in ("demand", "highest_p95", "recent_peak", "day_peak", "last"):
        wanted, found = getattr(facts, field)[0], getattr(others, field)[0]
        np.testing.assert_allclose(found * [performance, 1.0], wanted, rtol=CODE, err_msg=field)
    if performance == 2.0:  # exact in binary, so that even rounding to codes is the same
        assert [d.action for d in also_said.decisions] == [d.action for d in said.decisions]
        for decision, reference in zip(also_said.decisions, said.decisions, strict=True):
            assert decision.target.cpu_request is not None
            assert reference.target.cpu_request is not None
            assert decision.target.cpu_request * 2 == pytest.approx(reference.target.cpu_request, abs=0.0021)
            assert decision.target.memory_request == reference.target.memory_request


@pytest.mark.parametrize("node_type", [None, "m7i.large", "reference"])
@pytest.mark.parametrize("context", [CONTEXT, BY_NOWCAST], ids=["by forecast", "by nowcast"])
def test_what_the_catalogue_does_not_know_is_decided_as_without_it(node_type: str | None, context: Context) -> None:
    with_it, said = fold(work(1), always(node_type), context, stage=True)
    without, also_said = fold(work(1), always(node_type), replace(context, vcpu_performance={}), stage=True)
    assert said.decisions
    assert [encode(each) for each in said.said] == [encode(each) for each in also_said.said]
    assert [encode(each) for each in said.commands] == [encode(each) for each in also_said.commands]
    assert pack(with_it.slot) == pack(without.slot)


@settings(max_examples=6)
@given(seed=st.integers(0, 2**16), at=st.integers(10, int(HOURS * 3600 / _EVERY_S) - 10))
def test_a_move_in_mid_stream_keeps_the_history(seed: int, at: int) -> None:
    here, there = spec("reference"), spec("double", 2.0)
    moved, _ = fold(work(seed), lambda number: (here, 1.0) if number < at else (there, 2.0))
    stayed, _ = fold(work(seed), always("reference"))
    assert_alike(moved.slot, stayed.slot, 1e-6)
    np.testing.assert_allclose(facts_of(moved).demand * [2.0, 1.0], facts_of(stayed).demand, rtol=1e-6)


def test_the_request_follows_the_move_at_once() -> None:
    """To `double`, where half a core does the work of one of the reference: half is wanted, from the roster on."""
    log, _ = fold(work(3), always("reference"))
    before = facts_of(log)
    log.add(roster(HOURS * 3600.0, spec("double", 2.0)))
    after = facts_of(log)
    np.testing.assert_allclose(after.demand[0] * [2.0, 1.0], before.demand[0], rtol=1e-12)
    assert after.wanted[0, CPU] == pytest.approx(before.wanted[0, CPU] / 2, abs=0.001)


def test_same_events_same_decisions_from_a_snapshot_in_the_middle() -> None:
    here, there = spec("slow", 0.8), spec("double", 2.0)
    log, said = fold(work(4), lambda number: (here, 0.8) if number < 90 else (there, 2.0), stage=True)
    again, found = Log(CONTEXT), Effects()
    for number, record in enumerate(log.records):
        if number == 100:
            again.fold.slots = {key: unpack(pack(state)) for key, state in again.fold.slots.items()}
        found.extend(again.fold.apply(record))
    assert [encode(each) for each in found.said] == [encode(each) for each in said.said]
    assert pack(again.slot) == pack(log.slot)


def test_what_the_catalogue_learns_later_converts_what_is_known() -> None:
    """As after an upgrade: half of the time the type counted as the reference."""
    amounts = work(5)
    half, on = len(amounts) // 2, always("slow", 0.8)
    log, _ = fold(amounts[:half], on, replace(CONTEXT, vcpu_performance={}))
    log.fold.context = CONTEXT
    containers = on(0)[0]
    for number, amount in enumerate(amounts[half:], half):
        time_s = 10.0 + number * _EVERY_S
        if number == half:
            log.add(roster(time_s, containers))
        log.add(metrics(time_s, containers, [amount / 0.8], [GIB / 2]))
    from_the_start, _ = fold(amounts, on)
    assert_alike(log.slot, from_the_start.slot, 4 * CODE)


def test_a_sample_of_a_replica_elsewhere_counts_as_measured_there() -> None:
    log, containers = Log(CONTEXT), spec("reference")
    log.add(declare())
    log.add(roster(0.0, containers))
    log.add(metrics(60.0, containers, [0.5], [GIB], measured_on=["double"]))
    assert log.slot.window.last[0].tolist() == [1.0, GIB]
    log.add(metrics(75.0, containers, [0.5], [GIB], measured_on=[None]))
    assert log.slot.window.last[0].tolist() == [0.5, GIB]
    log.add(metrics(90.0, containers, [0.5], [GIB], measured_on=["m9z.large"]))
    assert log.slot.window.last[0].tolist() == [0.5, GIB]
    assert log.slot.counters["samples_of_unknown_type"] == 1


def test_where_it_was_measured_is_a_column_like_the_others() -> None:
    log, containers = Log(CONTEXT), spec("reference")
    log.add(declare())
    log.add(roster(0.0, containers))
    (letter,) = log.add(metrics(60.0, containers, [0.5], measured_on=["double", "slow"])).dead_letters
    assert letter.reason == "column_length"
    assert letter.detail == "Expected 1 rows as in the roster, got 2 - at `$.measured_on`"
    assert np.isnan(log.slot.window.last[0, CPU])


def test_hours_are_told_in_cores() -> None:
    _, effects = fold([0.5] * 60, always("double", 2.0))
    told = effects.aggregates[0]
    assert told.cpu.used == pytest.approx(0.25)
    assert told.cpu.requested == pytest.approx(0.5)


def test_all_facts_are_in_cores() -> None:
    """Whatever is known of CPU: on a type that does twice the work of the reference, it is half as many cores."""

    def known(performance: float) -> Facts:
        slot = slot_of(1, peak=0.7)
        slot.placement.vcpu_performance[:] = performance
        slot.window.previous[:] = [[0.4, GIB]]
        slot.decide.runs[:] = encode_amounts(np.array([[0.5], [2.0**29]]))
        return gather(slot, np.array([0]), BUCKET, NOW, DECIDE)

    reference, double, half = known(1.0), known(2.0), np.array([[0.5, 1.0]])
    for field in ("demand", "highest_p95", "recent_peak", "day_peak", "last"):
        np.testing.assert_array_equal(getattr(double, field), getattr(reference, field) * half, field)
    for field in AMOUNTS:
        amounts = getattr(reference.forecast, field)
        factor = half.reshape(1, 2, *(1,) * (amounts.ndim - 2))
        np.testing.assert_array_equal(getattr(double.forecast, field), amounts * factor, field)
    np.testing.assert_array_equal(double.around.low, reference.around.low * half)
    np.testing.assert_array_equal(double.around.runs, reference.around.runs * half[..., None])
    assert reference.around.runs[0, CPU, 0] == 0.5
    assert reference.around.low[0, CPU] == 0.4


def test_urgent_triggers_compare_in_cores() -> None:
    """Requested is a core, and two are the limit: 1.5 units are 1.5 cores of the reference, and 0.75 of `double`."""

    def triggers(name: str, cores: Iterable[float]) -> list[list[str]]:
        log, containers = Log(BY_NOWCAST), spec(name)
        for event in (declare(), autopilot("full"), roster(0.0, containers)):
            log.add(event)
        # too far apart for a slope: levels alone count
        said = [log.add(metrics(10.0 + n * 140, containers, [each], [GIB / 2])) for n, each in enumerate(cores)]
        return [[decision.evidence.trigger for decision in each.decisions] for each in said]

    assert triggers("reference", [0.5, 1.5])[1] == ["above_request"]
    assert triggers("double", [0.25, 0.75, 1.9])[1:] == [[], ["crossing_cpu"]]


def test_needs_of_a_move_are_in_units_and_so_is_the_floor() -> None:
    slots = [fold(work(7), always(name, by))[0].slot for name, by in (("reference", 1.0), ("double", 2.0))]
    one, other = (needs_of(slot, np.array([0]), slot.closed, CONTEXT) for slot in slots)
    np.testing.assert_allclose(one, other, rtol=1e-6)
    slots[1].placement.floor[0, CPU] = 2.0
    assert (needs_of(slots[1], np.array([0]), slots[1].closed, CONTEXT)[..., CPU] == 4.0).all()


def test_a_decision_says_whose_cores_are_meant() -> None:
    decision = fold(work(6), always("slow", 0.8))[1].decisions[-1]
    assert (decision.evidence.cpu_node_type, decision.evidence.cpu_performance) == ("slow", 0.8)
    assert "in cores of slow, each 0.8 of one of the reference type" in decision.text
    decision = fold(work(6), always("reference"))[1].decisions[-1]
    assert b"cpu_node_type" not in encode(decision)
    assert b"cpu_performance" not in encode(decision)
    assert "cores of" not in decision.text
