"""Namespaces against their caps, worked by hand."""

from __future__ import annotations

import numpy as np
import pytest

from engine.backtest.buckets import Bucketed
from engine.budget.history import History, sums
from engine.budget.measures import DAY
from engine.budget.namespace_words import budget_findings, cells
from engine.budget.namespaces import Standing, standings
from engine.budget.ring import Seen
from engine.core.rows import Array
from engine.messages import ContainerSpec, Size
from engine.policy.namespace_budget import NamespaceBudget
from engine.units import GIB
from tests.budget.made import CONTEXT

FIRST = 4_000_032


def seen(
    name: str, used: Array, request: float | None = None, *, runs: bool = True, replicas: int = 1, first: int = FIRST
) -> Seen:
    """A container `name` that uses `used` cores [k] in all, and a GiB; requested per replica in cores."""
    namespace, workload = name.split("/")
    size = Size(request, None, GIB)
    spec = ContainerSpec(namespace=namespace, workload=workload, container="app", size=size, replicas=replicas)
    bucket = np.arange(first, first + len(used))
    both = np.column_stack([used, np.full(len(used), GIB)])
    requested = np.tile([np.nan if request is None else request * replicas, GIB * replicas], (len(used), 1))
    series = Bucketed(f"{name}/app", bucket, both, both, np.ones(2), np.zeros(2, np.int64))
    return Seen(spec, runs, series, History(bucket, requested, both, runs))


def standing(found: list[Standing], cap_name: str) -> Standing:
    return next(one for one in found if one.cap_name == cap_name)


def test_what_is_counted_is_the_larger_of_requested_and_used() -> None:
    day = np.ones(DAY)
    some = [seen("shop/a", 2 * day, 1.0, replicas=3), seen("shop/b", 0.5 * day), seen("ops/c", 9 * day, 9.0)]
    budget = NamespaceBudget(namespace="shop", owner="anna", cpu=4.0, memory=5 * GIB, monthly_usd=200.0)
    cpu, memory, usd = standings(some, [budget], CONTEXT)
    assert (cpu.requested, cpu.used, cpu.counted) == pytest.approx((3.0, 2.5, 3.5))
    assert (memory.requested, memory.used, memory.counted) == pytest.approx((4 * GIB, 2 * GIB, 4 * GIB))
    # A core is 29.20 USD a month, a GiB 3.65.
    assert usd.requested == pytest.approx(3 * 29.2 + 4 * 3.65)
    assert usd.counted == pytest.approx(3.5 * 29.2 + 4 * 3.65)
    assert (cpu.share, cpu.exceeded, cpu.trend, cpu.within_days) == (0.875, False, None, None)
    assert cpu.day_p50 == pytest.approx(3.5, rel=0.01), "a level that has been the same for a day"
    assert cells(cpu)[:8] == ["shop", "anna", "CPU", "4.00", "3.00", "2.50", "3.50", "88%"]


def test_a_sum_that_grows_by_a_core_a_day_reaches_its_cap() -> None:
    use = np.repeat(np.arange(1.0, 7.0), DAY)  # 1 core on the first day, 6 on the sixth
    found = standings([seen("shop/a", use, 0.5)], [NamespaceBudget(namespace="shop", cpu=10.0)], CONTEXT)
    cpu = standing(found, "cpu")
    assert cpu.trend is not None
    assert (cpu.trend.days, cpu.trend.slope, cpu.trend.level) == pytest.approx((6, 1.0, 6.5))
    assert cpu.within_days == pytest.approx((3.5, 3.5, 3.5))
    over, soon = budget_findings(found)
    assert (over.count, soon.count) == (0, 1)
    assert soon.worst[0].name == "shop, CPU"
    assert soon.worst[0].why == "6.00 of 10.00, 60%, grows by 1.00 a day: exceeded in 4 days (3 to 4)"


def test_those_who_have_gone_count_in_the_past_but_are_not_requested_now() -> None:
    old = seen("shop/old", np.ones(3 * DAY), 5.0, runs=False)
    new = seen("shop/new", np.ones(2 * DAY), 5.0, first=FIRST + 3 * DAY)
    cpu = standing(standings([old, new], [NamespaceBudget(namespace="shop", cpu=6.0)], CONTEXT), "cpu")
    assert cpu.requested == 5.0
    assert cpu.trend is not None
    assert cpu.trend.slope == pytest.approx(0.0), "one has taken the other's place"


def test_what_is_requested_now_exceeds_at_once() -> None:
    found = standings([seen("shop/a", np.ones(10), 5.0)], [NamespaceBudget(namespace="shop", cpu=4.0)], CONTEXT)
    over, soon = budget_findings(found)
    assert (over.count, soon.count) == (1, 0)
    assert over.worst[0].why == "5.00 of 4.00, 125%"
    assert cells(found[0])[-1] == "now"


def test_a_namespace_in_which_nothing_runs() -> None:
    [cpu] = standings([], [NamespaceBudget(namespace="shop", cpu=4.0)], CONTEXT)
    assert np.isnan(cpu.requested)
    assert not cpu.exceeded
    assert [finding.count for finding in budget_findings([cpu])] == [0, 0]
    assert cells(cpu)[3:] == ["4.00", "–", "–", "–", "–", "–", "–", "–"]
    assert budget_findings([]) == []


def test_gaps_of_an_hour_are_filled_and_longer_ones_are_not() -> None:
    history = History(
        np.array([10, 20, 40]), np.full((3, 2), np.nan), np.array([[1.0, 1.0], [2.0, 1.0], [3.0, np.nan]])
    )  # fmt: skip
    total = sums([history])
    assert total is not None
    assert total.first == 10
    assert total.used[:, 0].tolist() == [1.0] * 10 + [2.0] * 13 + [0.0] * 7 + [3.0]
    assert total.used[-1, 1] == 0.0


def test_what_is_requested_holds_while_nothing_is_sampled_and_to_the_end_of_who_runs() -> None:
    long = History(np.arange(0, 60), np.full((60, 2), np.nan), np.full((60, 2), 1.0))
    for runs, last in ((True, 3.0), (False, 1.0)):
        gaps = History(np.array([10, 40]), np.full((2, 2), 2.0), np.full((2, 2), 5.0), runs)
        total = sums([long, gaps])
        assert total is not None
        assert total.counted[[9, 10, 22, 23, 40, 41], 0].tolist() == [1.0, 6.0, 6.0, 3.0, 6.0, last]
        assert total.used[[9, 10, 22, 23, 40, 41], 0].tolist() == [1.0, 6.0, 6.0, 1.0, 6.0, 1.0]
