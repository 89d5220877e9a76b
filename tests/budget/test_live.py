"""The budget of a cluster's log: records as a collector and the engine write them, figures worked by hand."""

from __future__ import annotations

import numpy as np
import pytest
from msgspec.structs import replace

from engine.budget.live import ClusterLog
from engine.budget.report import report
from engine.budget.sources import Material, from_log
from engine.codec import encode
from engine.errors import UserError
from engine.messages import AnyEvent, ContainerSpec, Decision, Judgement, Metrics, Size
from engine.units import GIB
from tests.budget.made import CONTEXT
from tests.core.build import CLUSTER, declare, metrics, roster, specs

DAY = 288
T = 1_000_000_200.0
"""The end of a bucket; a sample at it is of the next."""
WEB = ContainerSpec(
    namespace="shop", workload="web", container="app", replicas=3, size=Size(1.0, None, GIB, GIB), node_type="m5.large"
)
JOB = ContainerSpec(namespace="ops", workload="job", container="app", node_type="unheard.of")


def log_of(*events: AnyEvent, buckets: int = DAY) -> ClusterLog:
    log = ClusterLog(CLUSTER, buckets)
    for event in events:
        log.take_event(f"{event.cluster}/{event.slot}", encode(event))
    return log


def material(log: ClusterLog) -> Material:
    return from_log(log, CONTEXT)


def decision(container: str, action: str, reason: str, target: Size) -> Decision:
    return Decision(
        id="1", cluster=CLUSTER, slot=0, container=f"{CLUSTER}/{container}", action=action, reason=reason,  # type: ignore[arg-type]
        text="", time_s=T, sampled_s=T, valid_until_s=T, current=Size(), target=target,
    )  # fmt: skip


def with_sums(message: Metrics, cpu: list[float], memory: list[float], replicas: list[int]) -> Metrics:
    return replace(message, cpu_sum=cpu, memory_sum=memory, replicas=replicas)


def test_usage_of_the_mean_replica_peaks_of_the_largest_and_money_of_all() -> None:
    both = [WEB, JOB]
    log = log_of(
        declare(),
        roster(T, both),
        with_sums(metrics(T + 30, both, [0.9, 0.25], [GIB, GIB]), [1.5, 0.25], [1.5 * GIB, GIB], [3, 1]),
        with_sums(metrics(T + 60, both, [0.6, 0.25], [GIB, GIB]), [1.5, 0.25], [1.5 * GIB, GIB], [3, 1]),
    )
    budget = material(log).budget
    assert budget.names == ["shop/web/app", "ops/job/app"]
    np.testing.assert_allclose(budget.used.p50, [[0.5, 0.5 * GIB], [0.25, GIB]])
    np.testing.assert_allclose(budget.used.peak, [[0.9, GIB], [0.25, GIB]], rtol=1e-6)
    assert budget.replicas.tolist() == [3, 1]
    # 3 replicas of a core at 29.20 and a GiB at 3.65 a month; a type without a price is paid as the default.
    assert budget.cost_usd(budget.request) == pytest.approx([3 * (29.2 + 3.65), 0.0])
    found = report(material(log), CONTEXT, "container")
    assert [(one.name, one.count) for one in found.findings][:3] == [
        ("no_cpu_request", 1), ("no_memory_request", 1), ("no_memory_limit", 1),
    ]  # fmt: skip
    waste = next(one for one in found.findings if one.name == "request_far_above_use")
    assert waste.count == 0, "twice its use is not far above"
    [web] = [line for line in found.lines if line.namespace == "shop"]
    np.testing.assert_allclose(web.amount["request"], [3.0, 3 * GIB])
    np.testing.assert_allclose(web.amount["p95"], [1.5, 1.5 * GIB])
    assert (web.containers, web.replicas) == (1, 3)


def test_without_sums_each_replica_is_as_the_largest() -> None:
    budget = material(log_of(roster(T, [WEB]), metrics(T + 30, [WEB], [0.5], [GIB]))).budget
    np.testing.assert_allclose(budget.used.p50, [[0.5, GIB]])


def test_what_the_engine_wants_is_its_last_decision() -> None:
    log = log_of(roster(T, [WEB, JOB]), metrics(T + 30, [WEB, JOB], [0.5, 0.5], [GIB, GIB]))
    for name, said in [
        ("shop/web/app", decision("shop/web/app", "resize_down", "demand_below_request", Size(0.7, None, GIB))),
        ("shop/web/app", decision("shop/web/app", "resize_down", "demand_below_request", Size(0.6, None, GIB))),
        ("ops/job/app", decision("ops/job/app", "hold", "not_enough_data", Size(0.1, None, GIB))),
    ]:
        log.take_decision(f"{CLUSTER}/{name}", encode(said))
    judged = Judgement(
        id="1", cluster=CLUSTER, slot=0, container="x", action="resize_down", time_s=T, judged_s=T + 1
    )  # fmt: skip
    moved = decision("shop/web/app", "move", "cheaper_machines", Size(1.0, None, GIB))
    for other in (judged, moved):
        log.take_decision(f"{CLUSTER}/shop/web/app", encode(other))
    log.take_decision(f"{CLUSTER}/shop/web/app", b"{}")
    log.take_decision("mill/shop/web/app", encode(decision("x", "hold", "within_band", Size(9.0))))
    budget = material(log).budget
    np.testing.assert_allclose(budget.wanted, [[0.6, GIB], [np.nan, np.nan]])
    assert budget.saving_usd == pytest.approx([3 * 0.4 * 29.2, 0.0])


def test_only_the_last_buckets_count_and_old_ones_make_room() -> None:
    log = log_of(
        roster(T, [WEB]), *(metrics(T + 300.0 * n, [WEB], [float(n)], [GIB]) for n in range(5)), buckets=2
    )  # fmt: skip
    log.take_event(f"{CLUSTER}/0", encode(metrics(T, [WEB], [9.0], [GIB])))
    [one] = material(log).seen
    np.testing.assert_allclose(one.series.mean[:, 0], [3.0, 4.0])


def test_slots_that_stand_still_do_not_reach_into_the_past() -> None:
    there = replace(roster(T, [JOB]), slot=1)
    log = log_of(
        roster(T, [WEB]), there, replace(metrics(T, [JOB], [1.0], [GIB]), slot=1),
        metrics(T + 30_000, [WEB], [1.0], [GIB]), buckets=3,
    )  # fmt: skip
    assert [(one.series.series_id, len(one.series.bucket)) for one in log.seen()] == [
        ("shop/web/app", 1), ("ops/job/app", 0),
    ]  # fmt: skip


def test_those_that_have_gone_are_in_no_budget_and_are_said() -> None:
    log = log_of(
        roster(T, [WEB, JOB]), metrics(T + 30, [WEB, JOB], [0.5, 0.5], [GIB, GIB]), roster(T + 60, [WEB])
    )  # fmt: skip
    found = material(log)
    assert found.budget.names == ["shop/web/app"]
    assert [one.runs for one in found.seen] == [True, False]
    assert any(note.startswith("1 more ran within that time") for note in found.notes)


def test_what_a_collector_requested_then_is_remembered() -> None:
    larger = replace(WEB, size=Size(2.0), replicas=2)
    log = log_of(
        roster(T, [WEB]), metrics(T, [WEB], [0.5], [GIB]), roster(T + 300, [larger]),
        metrics(T + 300, [larger], [0.5], [GIB]),
    )  # fmt: skip
    [one] = log.seen()
    np.testing.assert_allclose(one.history.requested, [[3.0, 3 * GIB], [4.0, np.nan]])
    np.testing.assert_allclose(one.history.used, [[1.5, 3 * GIB], [1.0, 2 * GIB]])


def test_what_cannot_be_used_is_counted_and_what_is_of_others_is_not() -> None:
    log = log_of(metrics(T, [JOB], [1.0]), roster(T, [WEB]), metrics(T, [JOB], [1.0]), metrics(T, [WEB], [1e9]))
    assert log.unused == 2, "what came before the first roster is of before the time that is read"
    log.take_event(f"{CLUSTER}/0", b"not JSON")
    log.take_event("mill/0", encode(replace(roster(T, [JOB]), cluster="mill")))
    log.take_event(f"{CLUSTER}/0", encode(metrics(T, [WEB], [1.0, 2.0])))
    assert [one.series.series_id for one in log.seen()] == ["shop/web/app"]


def test_a_log_without_rosters() -> None:
    with pytest.raises(UserError, match="There is no roster of cluster shop"):
        material(log_of(declare()))


def test_many_containers_of_a_slot() -> None:
    many = specs(20)
    log = log_of(roster(T, many), *(metrics(T + 60 * n, many, [0.1 * n] * 20, [GIB] * 20) for n in range(5)))
    np.testing.assert_allclose(material(log).budget.used.p50[:, 0], np.full(20, 0.2), rtol=1e-6)


def test_the_node_of_a_single_replica_comes_with_the_roster() -> None:
    alone = replace(WEB, replicas=1, node="n1")
    found = material(log_of(roster(T, [alone, JOB]), metrics(T, [alone, JOB], [1.9, 0.1], [GIB, GIB])))
    shown = report(found, CONTEXT, "container")
    assert [(use.node, use.capacity, use.containers) for use in shown.nodes] == [("n1", 2.0, 1), ("n1", 8 * GIB, 1)]
    noisy = next(one for one in shown.findings if one.name == "noisy_neighbours")
    assert noisy.worst[0].why.startswith("95% of 2.00 used (p95), 50% requested; at fault: shop/web/app 100%")
    assert any(note.startswith("1 container on no known node") for note in shown.notes)
