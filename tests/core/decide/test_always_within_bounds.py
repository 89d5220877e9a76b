"""Whatever the facts: a target keeps all bounds and the QoS class, or nothing changes and the reason says why."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings

from engine.core.decide import Verdicts
from engine.core.decide.qos import BEST_EFFORT, class_of
from engine.core.decide.state import REASONS
from engine.core.forecast.compact import encode
from engine.core.rows import Array
from engine.core.state import SlotState
from engine.messages import Decision
from engine.units import STEP
from tests.core.decide.build import BUCKET, NOW, close, pairs
from tests.core.decide.test_properties import ROWS, SEEDS, amounts, both_paths, part_of, random_slot, said

STEPS = np.array(STEP)


def constrained_slot(seed: int) -> SlotState:
    """As `random_slot`, with quotas, LimitRanges, nodes, heaps, autoscalers, jobs, rollouts, kills and policies."""
    slot, rng = random_slot(seed), np.random.default_rng(seed + 1)
    place, decide = slot.placement, slot.decide

    def some(share: float, amount: Array) -> Array:
        return np.where(rng.random(amount.shape) < share, amount, np.nan)

    place.least[:] = np.ceil(some(0.3, pairs(rng.random((ROWS, 2)) * 2, ROWS) / STEPS))
    place.most[:] = np.floor(some(0.3, pairs(rng.random((ROWS, 2)) * 6, ROWS) / STEPS))
    place.node[:] = np.floor(some(0.3, pairs(rng.random((ROWS, 2)) * 6, ROWS) / STEPS))
    left = np.stack([pairs(rng.random((ROWS, 2)) * 4, ROWS) for _ in range(2)], axis=-1) / STEPS[:, None]
    place.quota[:] = np.floor(some(0.4, left * rng.integers(0, 2, (ROWS, 2, 2))))
    place.heap[:] = np.ceil(some(0.3, rng.random(ROWS) * 2048))
    place.scaled[:] = rng.random((ROWS, 2)) < 0.15
    place.by_run[:] = rng.random(ROWS) < 0.2
    place.cpu_limit_kind[:] = rng.integers(0, 4, ROWS)
    place.cpu_limit_ratio[:] = some(0.8, rng.random(ROWS) * 3)
    place.keep_qos[:] = rng.random(ROWS) < 0.7
    place.rollout_bucket[:] = rng.choice([-1, int(NOW // 300) - 3], ROWS)
    equal = rng.random(ROWS) < 0.3
    place.limit[equal] = place.request[equal]
    decide.oom_need[:] = encode(some(0.3, pairs(rng.random((ROWS, 2)) * 4, ROWS)[:, 1]))
    decide.distress_s[:] = NOW - rng.choice([100.0, 80_000.0, 1e6], (ROWS, 2))
    decide.runs[:] = rng.integers(0, 2, (ROWS, 2, 8)) * rng.integers(30_000, 33_000, (ROWS, 2, 8))
    return slot


def moved(before: Array, after: Array) -> Array:
    return np.asarray((before != after) & ~(np.isnan(before) & np.isnan(after)))


def check(slot: SlotState, decision: Decision) -> None:
    row, place = slot.containers.index(decision.container), slot.placement
    (request, limit), (wanted, capped) = amounts(decision.current), amounts(decision.target)
    resized, relimited = moved(request, wanted), moved(limit, capped)
    most, node = place.most[row] * STEPS, place.node[row] * STEPS
    floor = np.fmax(place.floor[row], place.least[row] * STEPS)
    sliver = STEPS * 1e-3
    assert not (resized & (wanted > np.fmin(np.fmin(place.ceiling[row], most), node) + sliver)).any()
    assert not (resized & (wanted < floor - sliver)).any()
    assert not (relimited & (capped > most + sliver)).any()
    assert not ((resized | relimited) & (capped < wanted)).any()
    more = np.stack([np.nan_to_num(wanted) - np.nan_to_num(request), np.nan_to_num(capped) - np.nan_to_num(limit)], -1)
    more *= place.replicas[row]
    assert not ((more > 0) & (more > (place.quota[row] + 1e-3 * place.replicas[row]) * STEPS[:, None])).any()
    heap = place.heap[row] * STEPS[1]
    assert not wanted[1] < np.minimum(heap, request[1])
    assert not capped[1] < np.minimum(heap, limit[1])
    assert not (resized & place.scaled[row]).any()
    if place.keep_qos[row] and (was := class_of(request[None], limit[None])[0]) != BEST_EFFORT:
        assert class_of(wanted[None], capped[None])[0] == was
    if decision.action == "hold":
        assert decision.current == decision.target
    else:
        assert resized.any() or relimited.any()
    if (np.fmin(np.fmin(place.ceiling[row], most), node) < floor).all():
        assert decision.action == "hold"


@settings(max_examples=300)
@given(SEEDS)
def test_targets_keep_every_bound_on_every_path(seed: int) -> None:
    slot = constrained_slot(seed)
    for verdicts in both_paths(slot, seed):
        for decision in verdicts.decisions:
            check(slot, decision)


@settings(max_examples=200)
@given(SEEDS)
def test_cuts_and_limits_that_follow_a_policy_keep_them_too(seed: int) -> None:
    """As above, where all that is known is old enough to be cut."""
    slot = constrained_slot(seed)
    forecast = slot.forecast
    forecast.buckets_seen[:], forecast.scored[:], forecast.covered[:] = 500, 50, 50
    forecast.last_bucket[:], slot.decide.changed_s[:] = BUCKET - 3, -np.inf
    for decision in close(slot).decisions:
        check(slot, decision)


@settings(max_examples=60)
@given(SEEDS)
def test_every_decision_has_evidence(seed: int) -> None:
    for verdicts in both_paths(constrained_slot(seed), seed):
        for decision in verdicts.decisions:
            assert decision.reason in REASONS
            assert decision.evidence.trigger
            assert decision.evidence.runner_up is not None
            assert decision.text.endswith(".")
            assert decision.evidence.memory.floor is not None


@settings(max_examples=60)
@given(SEEDS)
def test_the_order_of_rows_changes_nothing(seed: int) -> None:
    whole = constrained_slot(seed)
    shuffled = part_of(whole, np.random.default_rng(seed).permutation(ROWS))
    assert said(both_paths(whole, seed)) == said(both_paths(shuffled, seed))


@settings(max_examples=40)
@given(SEEDS)
def test_a_row_does_not_depend_on_its_neighbours(seed: int) -> None:
    whole = constrained_slot(seed)
    order = np.random.default_rng(seed).permutation(ROWS)
    parts = [part_of(whole, order[:5]), part_of(whole, order[5:])]
    apart: list[Verdicts] = [verdicts for part in parts for verdicts in both_paths(part, seed)]
    assert said(both_paths(whole, seed)) == said(apart)
