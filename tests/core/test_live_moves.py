"""Moves from events: policies in rosters, forecasts learned from metrics, decisions that are the same on every fold."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from engine.codec import encode
from engine.core.context import Context
from engine.core.decide.move_needs import highest_seen, needs_of
from engine.core.moves import Candidate, NodeType
from engine.core.partition import PartitionFold
from engine.core.snapshot import pack, unpack
from engine.messages import ContainerSpec, Decision, Policy
from engine.units import GIB
from tests.core.build import CONTEXT, Log, declare, metrics, roster, specs

HOURS = 66
TYPES = {
    "m5.large": NodeType("m5", Candidate("m5.large", 2, 8 * GIB, 0.096)),
    "r5.large": NodeType("r5", Candidate("r5.large", 2, 16 * GIB, 0.126)),
}
MARKET = replace(CONTEXT, node_types=TYPES, moves=replace(CONTEXT.moves, buckets_to_plan=600))


def containers() -> list[ContainerSpec]:
    """Three with the same use: w0 may move, w1 has no families, w2 may not be moved on any day."""
    three = specs(3)
    policies = [Policy(families=["r5", "m5"]), Policy(moves_a_day=2), Policy(families=["m5", "r5"], moves_a_day=0)]
    return [replace_policy(spec, policy) for spec, policy in zip(three, policies, strict=True)]


def replace_policy(spec: ContainerSpec, policy: Policy) -> ContainerSpec:
    return ContainerSpec(
        namespace=spec.namespace, workload=spec.workload, container=spec.container, size=spec.size,
        node_type=spec.node_type, policy=policy,
    )  # fmt: skip


@cache
def folded() -> tuple[Log, list[Decision]]:
    """Every five minutes for 66 hours: memory at night, from 20:00 to 08:00."""
    log, random, some = Log(MARKET), np.random.default_rng(3), containers()
    log.add(declare())
    log.add(roster(0.0, some))
    decisions = []
    for number in range(HOURS * 12):
        time_s = 300.0 * number + 30.0
        hour = time_s % 86_400 / 3600
        night = np.clip(hour - 19, 0, 1) if hour > 12 else np.clip(8 - hour, 0, 1)
        noise = random.lognormal(0, 0.02, 2)
        cpu, memory = float((1.0 - 0.6 * night) * noise[0]), float((1.5 + 4.5 * night) * GIB * noise[1])
        decisions += log.add(metrics(time_s, some, [cpu] * 3, [memory] * 3)).decisions
    return log, decisions


def moves(decisions: list[Decision]) -> list[Decision]:
    return [decision for decision in decisions if decision.action == "move"]


def test_a_container_whose_policy_names_families_is_told_to_move_at_night() -> None:
    _, decisions = folded()
    assert moves(decisions)
    for decision in moves(decisions):
        assert decision.container == "shop/web/w0/app"
        assert decision.move is not None
        assert decision.move.daily
        hours = {each.to: each.at_s % 86_400 / 3600 for each in decision.move.moves}
        assert hours["r5.large"] == pytest.approx(19.0, abs=1.5)
        assert hours["m5.large"] == pytest.approx(8.0, abs=1.5)


def test_it_is_not_said_again_at_every_plan() -> None:
    _, decisions = folded()
    assert len(moves(decisions)) <= 2  # of the plans made every six hours


def test_no_move_is_commanded_and_sizes_are_decided_as_without() -> None:
    log, decisions = folded()
    assert all(decision.disposition == "recommended" for decision in moves(decisions))
    sizes = [d for d in decisions if d.action != "move" and d.container != "shop/web/w1/app"]
    alike = {"shop/web/w0/app", "shop/web/w2/app"}
    told = [[(d.action, d.time_s, d.target) for d in sizes if d.container == name] for name in sorted(alike)]
    assert told[0] == told[1]
    assert (log.slot.placement.families == [0, -1, 0]).all()
    assert log.slot.families == [["m5", "r5"]]
    assert (log.slot.placement.moves_a_day == [-1, 2, 0]).all()


def test_the_same_events_give_the_same_decisions_also_from_a_snapshot() -> None:
    log, decisions = folded()
    again = PartitionFold(0, 1, MARKET)
    found: list[Decision] = []
    for number, record in enumerate(log.records):
        if number == len(log.records) // 2 + 37:
            for key, state in again.slots.items():
                again.slots[key] = unpack(pack(state))
        found += again.apply(record).decisions
    assert [encode(decision) for decision in found] == [encode(decision) for decision in decisions]
    assert pack(log.slot) == pack(again.slots["shop/0"])


def test_no_need_is_far_above_all_that_was_seen() -> None:
    """By night about 6 GiB, and noise; a day ahead p95 says more where memory jumps."""
    slot = folded()[0].slot
    rows, bucket = np.array([0]), slot.closed
    highest = highest_seen(slot.forecast.take(rows), bucket)[0] / np.array([1.0, GIB])
    assert highest == pytest.approx([1.0, 6.0], rel=0.1)
    needs = needs_of(slot, rows, bucket, MARKET)[0] / np.array([1.0, GIB])
    assert (needs <= 1.25 * highest * (1 + 1e-6)).all()
    assert needs[:, 1].max() > 6.0
    assert needs[24:28, 1].max() < 3.0  # at noon, 1.5 GiB


def test_without_instance_types_nothing_is_planned() -> None:
    assert Context().node_types == {}
