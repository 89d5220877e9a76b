"""What bounds a size besides the policy. Requests are 1 core and 1 GiB, limits twice that, uses half of it."""

from __future__ import annotations

import numpy as np
import pytest

from engine.core.constraints import believe_constraints
from engine.core.decide import Verdicts, approve
from engine.core.feedback import fold_outcome
from engine.core.state import SlotState
from engine.core.terms import COLUMNS
from engine.messages import ContainerSpec, Decision, LimitRange, Outcome, Policy, Size
from engine.units import GIB
from tests.core.decide.build import CONTEXT, NOW, close, foresee, slot_of, urgent

MIB = 2.0**20
T = NOW + 60.0


def told(slot: SlotState, policy: Policy | None = None, **terms: object) -> SlotState:
    """The slot after a roster that says the same sizes and these terms of all containers, with a policy's limits."""
    rows = np.arange(len(slot.containers))
    specs = [
        ContainerSpec(namespace="web", workload=f"w{row}", container="app", **terms)  # type: ignore[arg-type]
        for row in rows
    ]
    slot.placement.replicas[:] = [spec.replicas for spec in specs]
    believe_constraints(slot.placement, rows, specs, 1.0)
    for name in ("cpu_limit_kind", "cpu_limit_ratio", "keep_qos"):
        getattr(slot.placement, name)[:] = COLUMNS[name](policy or Policy())
    return slot


def only(verdicts: Verdicts) -> Decision:
    [decision] = verdicts.decisions
    return decision


def raising(cpu: float = 3.0, **kinds: object) -> SlotState:
    return slot_of(p95=(cpu, 0.9), peak=0.9, **kinds)  # type: ignore[arg-type]


def test_what_an_hpa_scales_on_is_left_alone() -> None:
    decision = only(close(told(slot_of(), scaled_by=["cpu"])))
    assert decision.target == Size(1.0, 2.0, 538 * MIB, 1076 * MIB)
    assert decision.evidence.cpu.reason == "scaled_by_hpa"
    assert "a HorizontalPodAutoscaler scales on it" in decision.text
    both = only(close(told(raising(), scaled_by=["cpu", "memory"])))
    assert (both.action, both.reason) == ("hold", "scaled_by_hpa")
    assert only(close(told(slot_of(p95=(0.97, 0.9), peak=0.9), scaled_by=["cpu"]))).reason == "scaled_by_hpa"


def test_distress_raises_the_limit_of_what_an_hpa_scales_and_not_its_request() -> None:
    decision = only(urgent(told(slot_of(), scaled_by=["memory"]), oom_kills=1))
    assert (decision.action, decision.target) == ("urgent_up", Size(1.0, 2.0, GIB, 3.5 * GIB))
    guaranteed = only(urgent(told(slot_of(limit=1.0), scaled_by=["memory"]), oom_kills=1))
    assert (guaranteed.action, guaranteed.reason) == ("hold", "scaled_by_hpa"), "its limit cannot rise alone"


def test_memory_is_not_cut_below_the_heap() -> None:
    decision = only(close(told(slot_of(), heap_bytes=768 * MIB)))
    assert decision.target == Size(0.5, 1.0, 768 * MIB, 1536 * MIB)
    assert "the limit goes from 2048 MiB to 1536 MiB, the runtime's flags allow a heap of as much" in decision.text
    held = only(close(told(slot_of(p95=(0.97, 0.5), peak=(0.97, 0.5)), heap_bytes=1.5 * GIB)))
    assert (held.action, held.reason) == ("hold", "at_runtime_hint"), "a request below the heap is not raised to it"
    assert "heap" in held.text


@pytest.mark.parametrize(
    ("left", "replicas", "cpu", "reason"),
    [
        (Size(cpu_request=9.0), 1, 3.0, "demand_above_request"),
        (Size(cpu_request=1.0), 1, 2.0, "at_quota"),
        (Size(cpu_request=1.0), 3, 1.333, "at_quota"),  # 333 m for each of the three
        (Size(cpu_request=9.0, cpu_limit=1.0), 1, 3.0, "demand_above_request"),  # 2 cores of limit and one more
        (Size(cpu_limit=0.5), 1, 2.5, "at_quota"),
    ],
)
def test_a_raise_is_as_large_as_the_quota_leaves(left: Size, replicas: int, cpu: float, reason: str) -> None:
    decision = only(close(told(raising(), quota_left=left, replicas=replicas)))
    assert (decision.target.cpu_request, decision.reason) == (cpu, reason)
    assert decision.target.cpu_limit is not None
    assert (decision.target.cpu_limit - 2.0) * replicas <= (left.cpu_limit or 99.0) + 1e-9


def test_an_empty_quota_holds_and_a_cut_needs_none() -> None:
    nothing = Size(0.0, 0.0, 0.0, 0.0)
    held = only(close(told(raising(), quota_left=nothing)))
    assert (held.action, held.reason, held.evidence.cpu.ceiling) == ("hold", "at_quota", 1.0)
    assert only(close(told(slot_of(), quota_left=nothing))).action == "resize_down"
    killed = only(urgent(told(slot_of(), quota_left=nothing), oom_kills=1))
    assert (killed.action, killed.reason) == ("hold", "at_quota")


def test_what_was_applied_since_the_roster_is_taken_off_the_quota() -> None:
    slot = told(raising(), quota_left=Size(cpu_request=1.5, cpu_limit=9.0))
    decision = only(close(slot))
    applied = Outcome(
        cluster="shop", slot=0, sent_s=T, container=decision.container, command_id=decision.id, status="applied",
        time_s=T,
    )  # fmt: skip
    fold_outcome(slot, applied, CONTEXT)
    assert slot.placement.quota[0, 0].tolist() == [0.0, 6000.0]
    told(slot, quota_left=Size(cpu_request=1.5))
    assert slot.placement.quota[0, 0, 0] == 0.0, "a roster from before the change is not believed"


def test_no_request_is_larger_than_the_largest_node() -> None:
    decision = only(close(told(raising(), node_largest=Size(cpu_request=1.9))))
    assert (decision.target.cpu_request, decision.reason) == (1.9, "at_node")
    assert "no node has room for more" in decision.text
    decision = only(close(told(raising(), node_largest=Size(cpu_request=0.9))))
    assert (decision.action, decision.target.cpu_request, decision.reason) == ("resize_down", 0.9, "at_node")


def test_a_limit_range_bounds_requests_below_and_limits_above() -> None:
    bounds = LimitRange(min=Size(cpu_request=0.7), max=Size(memory_limit=2.5 * GIB))
    decision = only(close(told(slot_of(), limit_range=bounds)))
    assert (decision.target.cpu_request, decision.target.cpu_limit) == (0.7, 1.4)
    killed = only(urgent(told(slot_of(), limit_range=bounds), oom_kills=1))
    assert killed.target.memory_limit == 2.5 * GIB
    assert killed.text.endswith("the limit goes from 2048 MiB to 2560 MiB, the LimitRange allows no other.")
    assert killed.target.memory_request == 1792 * MIB


def test_a_memory_limit_is_not_put_below_what_is_used() -> None:
    """The limit of 2 GiB is above a new LimitRange, and 1.6 GiB are used."""
    slot = told(slot_of(p95=(0.97, 1.6), peak=(0.97, 1.6)), limit_range=LimitRange(max=Size(memory_limit=1.5 * GIB)))
    decision = only(close(slot))
    assert (decision.action, decision.reason) == ("hold", "at_limit_range")


def test_bounds_that_leave_no_size_hold() -> None:
    slot = told(raising(floor=(2.0, np.nan)), quota_left=Size(cpu_request=0.5))
    decision = only(close(slot))
    assert (decision.action, decision.reason) == ("hold", "bounds_conflict")
    assert (decision.evidence.cpu.floor, decision.evidence.cpu.ceiling) == (2.0, 1.5)
    urgently = only(urgent(slot, throttled=0.9))
    assert (urgently.action, urgently.reason) == ("hold", "bounds_conflict")


def test_a_rollback_keeps_bounds_that_have_come_since_the_cut() -> None:
    slot = told(slot_of(), node_largest=Size(memory_request=1.5 * GIB))
    decide = slot.decide
    decide.cut_s[:, 1], decide.cut_request[:, 1], decide.cut_limit[:, 1] = T - 1000, 3 * GIB, 6 * GIB
    decision = only(urgent(slot, oom_kills=1))
    assert (decision.action, decision.target.memory_request) == ("rollback", 1.5 * GIB)


def test_an_offer_that_no_longer_fits_is_not_commanded() -> None:
    slot = raising(stage="recommend")
    offer = only(close(slot))
    told(slot, quota_left=Size(cpu_request=0.1))
    answer = only(approve(slot, offer.container, offer.id, T, CONTEXT))
    assert (answer.action, answer.reason, answer.target) == ("hold", "out_of_bounds", offer.current)


def test_bounds_are_kept_in_steps_on_the_safe_side() -> None:
    some = LimitRange(min=Size(cpu_request=0.1004, memory_request=10.5 * MIB),
                      max=Size(cpu_limit=0.1004, memory_limit=10.5 * MIB))  # fmt: skip
    place = told(slot_of(), limit_range=some, node_largest=Size(cpu_request=0.3, memory_request=2.0**50)).placement
    assert place.least.tolist() == [[101, 11]]
    assert place.most.tolist() == [[100, 10]]
    assert place.node.tolist() == [[300, 2.0**24]]


def test_a_rollout_holds_cuts_for_half_an_hour_and_keeps_history() -> None:
    slot = told(slot_of(), template="a")
    assert only(close(slot)).action == "resize_down", "the first template that is told is no rollout"
    slot = told(slot_of(), template="a")
    rolled_out = ContainerSpec(namespace="web", workload="w0", container="app", template="b")
    believe_constraints(slot.placement, np.array([0]), [rolled_out], NOW - 60)
    decision = only(close(slot))
    assert (decision.action, decision.reason) == ("hold", "rollout")
    assert decision.evidence.buckets_seen == 100
    slot.window.last[:, 0] = 0.8
    slot.decide.published_reason[:] = -1
    assert "since the rollout more is used than was expected" in only(close(slot)).text
    foresee(slot, (3.0, 0.9))
    assert only(close(slot)).action == "resize_up", "raises do not wait"
    slot.decide.pending_until_s[:] = -np.inf
    foresee(slot, 0.5)
    assert only(close(slot, 400 + 6)).action == "resize_down"


def test_the_text_of_a_daemon_set_tells_the_node_type() -> None:
    slot = slot_of()
    slot.containers[0] = "shop/web/agent@m5.large/app"
    assert only(close(slot)).text.startswith("Less is expected to be used than is requested (on m5.large); CPU")
