"""What holds whatever the sizes, forecasts and stages are."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import json

from engine.core.decide import Verdicts, decide_at_close, decide_urgent, observe_peaks
from engine.core.decide.peaks import peaks_over
from engine.core.feedback import fold_outcome
from engine.core.forecast.compact import MISSING
from engine.core.rows import Array
from engine.core.state import TABLES, SlotState
from engine.messages import Decision, Outcome, Size, Window
from tests.core.decide.build import BUCKET, CONTEXT, NOW, close, foresee, pairs, slot_of

ROWS = 12
SEEDS = st.integers(0, 2**32 - 1)
STEP = np.array([0.001, 2.0**20])


def random_slot(seed: int) -> SlotState:
    """Rows of every kind: sizes set or not, with and without bounds, young and old, all stages."""
    rng = np.random.default_rng(seed)
    request = np.exp(rng.normal(0, 1.5, (ROWS, 2)))
    slot = slot_of(ROWS, request=request, peak=np.exp(rng.normal(0, 1, (ROWS, 2))))
    place, decide, forecast = slot.placement, slot.decide, slot.forecast
    place.limit[:] = place.request * rng.choice([1.0, 1.0, 1.7, np.nan], (ROWS, 2))
    place.request[rng.random((ROWS, 2)) < 0.1] = np.nan
    place.floor[:] = pairs(np.where(rng.random((ROWS, 2)) < 0.3, rng.random((ROWS, 2)), np.nan), ROWS)
    place.ceiling[:] = pairs(np.where(rng.random((ROWS, 2)) < 0.3, rng.random((ROWS, 2)) * 4, np.nan), ROWS)
    place.stage[:], place.frozen[:] = rng.integers(0, 4, ROWS), rng.random(ROWS) < 0.1
    place.replicas[:] = rng.integers(1, 9, ROWS)
    foresee(slot, np.exp(rng.normal(0, 1, (ROWS, 2))))
    forecast.pending[rng.random((ROWS, 2)) < 0.1] = MISSING
    forecast.buckets_seen[:] = rng.choice([0, 2, 3, 23, 24, 500], (ROWS, 2))
    forecast.scored[:] = rng.choice([0, 2, 3, 50], (ROWS, 2))[..., None]
    forecast.covered[:] = (forecast.scored * rng.choice([0.4, 0.6, 1.0], (ROWS, 2))[..., None]).astype(np.int32)
    decide.changed_s[:] = NOW - rng.choice([60.0, 4000.0, 90_000.0], ROWS)
    decide.cut_s[:] = np.where(rng.random((ROWS, 2)) < 0.3, NOW - 1000, -np.inf)
    decide.cut_request[:], decide.cut_limit[:] = place.request * 1.5, place.limit * 1.5
    decide.pending_until_s[rng.random(ROWS) < 0.1] = NOW + 500
    place.system[:] = rng.random(ROWS) < 0.1
    return slot


def with_terms(slot: SlotState, seed: int) -> SlotState:
    """The same with a policy: windows that are open (the first) or not, restarts, protected containers, risks."""
    rng, place = np.random.default_rng(seed), slot.placement
    hours = (("09:00", "10:00"), ("10:00", "11:00"))
    slot.window_sets = [[Window(from_=begin, to=end, time_zone="UTC")] for begin, end in hours]
    place.windows[:] = rng.integers(-1, 2, ROWS)
    for column in (place.in_place, place.cuts_in_windows, place.restart_allowed):
        column[:] = rng.random(ROWS) < 0.5
    place.protected[:] = rng.integers(-1, 2, ROWS)
    place.restarts_a_day[:], slot.decide.restarts[:] = rng.integers(-1, 3, ROWS), rng.integers(0, 3, ROWS)
    slot.decide.restarts_day[:] = rng.integers(0, 2, ROWS)
    place.risk[:] = np.where(rng.random((ROWS, 2)) < 0.3, 0.01, np.nan)
    return slot


@settings(max_examples=60)
@given(SEEDS)
def test_commands_are_within_the_users_terms(seed: int) -> None:
    slot = with_terms(random_slot(seed), seed)
    place, made = slot.placement, np.where(slot.decide.restarts_day == int(NOW // 86_400), slot.decide.restarts, 0)
    for command in (command for verdicts in both_paths(slot, seed) for command in verdicts.commands):
        row = slot.containers.index(command.container)
        is_open = place.windows[row] != 1
        if command.action == "resize_down":
            assert place.protected[row] == 0 or (place.protected[row] < 0 and not place.system[row])
            assert is_open or not place.cuts_in_windows[row]
        if not place.in_place[row]:
            assert place.restart_allowed[row]
        if not place.in_place[row] and command.action != "rollback":
            assert is_open
            assert place.restarts_a_day[row] < 0 or made[row] < place.restarts_a_day[row]


def urgent_of(slot: SlotState, index: Array, seed: int) -> Verdicts:
    """Distress that belongs to the containers, in whatever order they come."""
    rng = np.random.default_rng(seed)
    throttled, kills = rng.random(ROWS), rng.integers(0, 2, ROWS)
    number = np.array([int(name.split("/w")[-1].split("/")[0]) for name in slot.containers])[index]
    return decide_urgent(slot, index, NOW + 90.0, throttled[number], kills[number], CONTEXT)


def both_paths(slot: SlotState, seed: int) -> list[Verdicts]:
    return [urgent_of(slot, np.arange(len(slot.containers)), seed), close(slot)]


def amounts(size: Size) -> tuple[Array, Array]:
    """Requests and limits [2], NaN where not set."""
    values = [np.nan if value is None else value for value in (getattr(size, f) for f in Size.__struct_fields__)]
    return np.array(values)[[0, 2]], np.array(values)[[1, 3]]


@settings(max_examples=60)
@given(SEEDS)
def test_bounds_hold_and_limits_are_never_below_requests(seed: int) -> None:
    slot = random_slot(seed)
    for verdicts in both_paths(slot, seed):
        for decision in verdicts.decisions:
            row = slot.containers.index(decision.container)
            (before, limit_before), (request, limit) = amounts(decision.current), amounts(decision.target)
            moved = (request != before) & ~np.isnan(request)
            rollback = np.bool_(decision.action == "rollback")
            ceiling, floor = slot.placement.ceiling[row], slot.placement.floor[row]
            assert not (moved & (request > ceiling)).any()
            assert not (moved & (request < np.where(floor > ceiling, ceiling, floor))).any()
            assert not (moved & (limit < request)).any()
            assert (np.isnan(limit) == np.isnan(limit_before)).all(), "limits are neither set nor taken away"
            equal = moved & (limit_before == before) & ~rollback
            assert (limit[equal] == request[equal]).all(), "guaranteed stays guaranteed"
            grid = request[moved] / STEP[moved]
            own = (request[moved] == ceiling[moved]) | rollback
            assert (own | (np.abs(grid - np.rint(grid)) < 1e-6)).all()


@settings(max_examples=60)
@given(SEEDS)
def test_never_a_cut_without_confidence_or_by_more_than_half(seed: int) -> None:
    slot = random_slot(seed)
    seen, scored = slot.forecast.buckets_seen, slot.forecast.scored[..., -1]
    for decision in close(slot).decisions:
        row = slot.containers.index(decision.container)
        before, after = amounts(decision.current)[0], amounts(decision.target)[0]
        cut = after < before
        assert not (cut & ((seen[row] < 24) | (scored[row] < 3))).any()
        sliver = 1e-9 * before  # of sizes that are no whole steps
        assert not (cut & (after < before / 2 - sliver) & (after != slot.placement.ceiling[row])).any()


@settings(max_examples=40)
@given(SEEDS, st.booleans())
def test_a_row_does_not_depend_on_its_neighbours(seed: int, terms: bool) -> None:
    whole = with_terms(random_slot(seed), seed) if terms else random_slot(seed)
    order = np.random.default_rng(seed).permutation(ROWS)
    parts = [part_of(whole, order[:5]), part_of(whole, order[5:])]
    together = said(both_paths(whole, seed))
    apart = said([verdicts for part in parts for verdicts in both_paths(part, seed)])
    assert together == apart
    for n, old in enumerate(np.concatenate([order[:5], order[5:]])):
        part, row = (parts[0], n) if n < 5 else (parts[1], n - 5)
        for name, array in whole.decide.arrays().items():
            np.testing.assert_array_equal(array[old], getattr(part.decide, name)[row], err_msg=name)


def part_of(slot: SlotState, rows: Array) -> SlotState:
    """A slot of these rows alone, in this order."""
    plain = {f.name: getattr(slot, f.name) for f in fields(slot) if f.init and f.name not in TABLES}
    tables = {name: getattr(slot, name).take(rows) for name in TABLES}
    return SlotState(**(plain | {"containers": [slot.containers[row] for row in rows]}), **tables)


def said(verdicts: list[Verdicts]) -> list[bytes]:
    return sorted(json.encode(message) for each in verdicts for message in (*each.decisions, *each.commands))


@settings(max_examples=40)
@given(SEEDS)
def test_same_state_same_bytes(seed: int) -> None:
    one, other = random_slot(seed), random_slot(seed)
    assert said(both_paths(one, seed)) == said(both_paths(other, seed))


@settings(max_examples=40)
@given(SEEDS)
def test_commands_are_decisions_that_auto_pilot_lets_run(seed: int) -> None:
    slot = random_slot(seed)
    for verdicts in both_paths(slot, seed):
        commanded = [d for d in verdicts.decisions if d.disposition == "commanded"]
        assert [d.id for d in commanded] == [c.id for c in verdicts.commands]
        for decision in commanded:
            row = slot.containers.index(decision.container)
            assert not slot.placement.frozen[row]
            assert decision.stage == "full" or (decision.stage == "up_only" and decision.action != "resize_down")
            assert decision.target != decision.current


@settings(max_examples=30)
@given(SEEDS)
def test_stale_rows_are_never_commanded(seed: int) -> None:
    slot = random_slot(seed)
    fresh = np.random.default_rng(seed).random(ROWS) < 0.5
    verdicts = decide_at_close(slot, BUCKET, np.ones(ROWS, dtype=np.bool_), fresh, CONTEXT)
    allowed = {slot.containers[row] for row in np.flatnonzero(fresh)}
    assert {decision.container for decision in verdicts.decisions} <= allowed


@settings(max_examples=30)
@given(SEEDS, st.floats(1.0, 3.0))
def test_more_demand_is_never_a_smaller_request(seed: int, factor: float) -> None:
    less, more = random_slot(seed), random_slot(seed)
    more.forecast.unit *= factor
    observe_peaks(more.decide, BUCKET, peaks_over(more.decide, np.arange(ROWS), BUCKET, 24) * factor)
    small, large = targets(close(less), less), targets(close(more), more)
    assert not (large < small).any()


def targets(verdicts: Verdicts, slot: SlotState) -> Array:
    """Requests [n, 2] after these decisions; a container that nothing is said of keeps what it has."""
    request = slot.placement.request.copy()
    for decision in verdicts.decisions:
        request[slot.containers.index(decision.container)] = amounts(decision.target)[0]
    return request


@settings(max_examples=30)
@given(SEEDS)
def test_constant_input_comes_to_rest(seed: int) -> None:
    """Every command is applied; after ten hours of the same use nothing is said any more."""
    slot = random_slot(seed)
    slot.forecast.scored[:], slot.forecast.covered[:], slot.forecast.buckets_seen[:] = 50, 50, 500
    peak = slot.window.last.copy()
    ids, late = set(), []
    for bucket in range(BUCKET, BUCKET + 12 * 20):
        slot.forecast.origin[:], slot.window.last_s[:] = bucket - 4, bucket * 300.0
        observe_peaks(slot.decide, bucket, peak)
        verdicts = close(slot, bucket)
        for decision in verdicts.decisions:
            assert decision.id not in ids
            ids.add(decision.id)
            late += [decision] if bucket > BUCKET + 12 * 14 else []
        for command in verdicts.commands:
            time_s = bucket * 300.0 + 65.0
            applied = Outcome(
                cluster="shop", slot=0, sent_s=time_s, container=command.container, command_id=command.id,
                status="applied", time_s=time_s,
            )  # fmt: skip
            assert not fold_outcome(slot, applied, CONTEXT).decisions
    assert late == []


@settings(max_examples=30)
@given(SEEDS)
def test_every_decision_has_evidence_and_can_be_read_again(seed: int) -> None:
    slot = random_slot(seed)
    for verdicts in both_paths(slot, seed):
        for decision in verdicts.decisions:
            assert json.decode(json.encode(decision), type=Decision) == decision
            assert decision.evidence.runner_up is not None
            assert decision.evidence.runner_up.why_not.endswith(".")
            assert decision.evidence.trigger
            assert decision.text.endswith(".")
