"""Used, wasted, saved: worked out by hand; see `made`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.backtest.buckets import bucketed
from engine.budget.budget import Budget
from engine.budget.engine_sizes import engine_requests
from engine.budget.findings import findings
from engine.budget.lines import lines, overall
from engine.budget.table import cells
from engine.core.decide.facts import gather
from engine.core.rows import Array
from engine.traces import Series
from engine.units import CPU, GIB, MEMORY
from tests.backtest.traces import trace
from tests.budget.made import CONTEXT, NONE, SHEET, made
from tests.core.build import Log, declare, metrics, roster, specs

UNIT = np.array([1.0, GIB])


def same(amounts: Array, expected: list[list[float]] | list[float]) -> None:
    np.testing.assert_allclose(amounts / UNIT, expected, rtol=1e-9)


def with_wanted(budget: Budget, wanted: list[list[float]]) -> Budget:
    return replace(budget, wanted=np.array(wanted) * UNIT)


def test_used_and_wasted(tmp_path: Path) -> None:
    budget = made(tmp_path)
    same(budget.used.p50, [[1.0, 1.5], [0.5, NONE], [0.1, 1.0]])
    same(budget.used.p95, [[2.7, 2.0], [0.5, NONE], [0.1, 1.0]])  # 2.85 steps up 1 1 1 3
    same(budget.used.peak, [[3.0, 2.0], [0.5, NONE], [0.1, 1.0]])
    same(budget.used.idle, [[0.75, 2.5], [NONE, NONE], [0.9, 0.0]])  # (1 + 1 + 1 + 0) / 4, (3 + 3 + 2 + 2) / 4
    same(budget.wasted, [[0.0, 2.0], [NONE, NONE], [0.9, 0.0]])


def test_money(tmp_path: Path) -> None:
    budget = with_wanted(made(tmp_path), [[3.0, 3.0], [0.6, NONE], [0.5, NONE]])
    core, gib = 29.2, 3.65
    assert budget.cost_usd(budget.request) == pytest.approx([2 * core + 4 * gib, 0.0, core + 0.5 * gib])
    assert budget.saving_usd == pytest.approx([gib - core, 0.0, 0.5 * core])
    assert budget.unset_usd == pytest.approx([0.0, 0.6 * core, 0.0])


def test_findings_are_in_the_order_in_which_to_mend(tmp_path: Path) -> None:
    found = findings(made(tmp_path))
    assert [(finding.name, finding.count, [one.name for one in finding.worst]) for finding in found] == [
        ("no_cpu_request", 1, ["shop/web/b"]),
        ("no_memory_request", 1, ["shop/web/b"]),
        ("no_memory_limit", 2, ["ops/log/c", "shop/web/b"]),
        ("request_below_use", 2, ["ops/log/c", "shop/web/a"]),  # twice the request in memory, 1.35 times in CPU
        ("request_far_above_use", 1, ["ops/log/c"]),
    ]
    assert [one.why for finding in found for one in finding.worst] == [
        "uses 500m (p95), 500m at most",
        "no use seen",
        "uses 1.00Gi (p95), 1.00Gi at most",
        "no use seen",
        "512Mi memory requested, 1.00Gi used (max)",
        "2.00 CPU requested, 2.70 used (p95)",
        "1.00 CPU requested, 100m used (p95): 26.28 USD a month",
    ]


def test_what_no_sheet_states_is_not_known_rather_than_not_set(tmp_path: Path) -> None:
    budget = made(tmp_path, sheet=None)
    assert [finding.count for finding in findings(budget)] == [0] * 5
    assert overall(budget).unset == dict.fromkeys(["cpu_request", "memory_request", "cpu_limit", "memory_limit"], 0)
    assert budget.unset_usd.tolist() == [0.0] * 3


def test_sums_by_namespace_and_over_all(tmp_path: Path) -> None:
    budget = with_wanted(made(tmp_path), [[3.0, 3.0], [0.6, NONE], [0.5, NONE]])
    shop, ops = lines(budget, "namespace")
    assert (shop.name, shop.containers, ops.name, ops.containers) == ("shop", 2, "ops", 1)
    same(shop.amount["p95"], [3.2, 2.0])
    same(shop.amount["request"], [2.0, 4.0])
    assert shop.unset == {"cpu_request": 1, "memory_request": 1, "cpu_limit": 1, "memory_limit": 1}
    np.testing.assert_allclose(shop.idle_share, [0.375, 0.625])
    total = overall(budget)
    np.testing.assert_allclose(total.idle_share, [(0.75 + 0.9) / 3, 2.5 / 4.5])
    assert total.usd["saving"] == pytest.approx(shop.usd["saving"] + ops.usd["saving"])
    assert [line.name for line in lines(budget, "container")] == ["shop/web/a", "shop/web/b", "ops/log/c"]
    assert [line.name for line in lines(budget, "workload")] == ["shop/web", "ops/log"]


def test_which_amounts_of_a_sum_are_not_set(tmp_path: Path) -> None:
    budget = made(tmp_path)
    shop, ops = sorted(lines(budget, "namespace"), key=lambda line: -line.containers)
    assert cells(shop, CPU)[:2] == ["2.00 (1 not set)", "4.00 (1 not set)"]
    assert cells(ops, MEMORY)[:2] == ["512Mi", "not set"]


def test_a_line_of_the_sheet_without_a_series_costs_and_says_nothing_of_use(tmp_path: Path) -> None:
    budget = made(tmp_path, SHEET + "gone/x/y,3,3,1Gi,1Gi\n")
    assert budget.series_ids[-1] == "gone/x/y"
    same(budget.request[-1:], [[3.0, 1.0]])
    assert np.isnan([budget.used.p95[-1], budget.wanted[-1], budget.wasted[-1]]).all()
    assert budget.saving_usd[-1] == 0.0


def live_wanted(series: list[Series]) -> Array:
    """What the fold of the live engine would want when the last bucket has closed."""
    log, known = Log(), specs(len(series))
    log.add(declare())
    times = np.unique(np.concatenate([one.time_s for one in series]))
    log.add(roster(float(times[0]), known))
    for time_s in [*times.tolist(), times[-1].item() + 600.0]:
        cells = [one.value[one.time_s == time_s] for one in series]
        cpu, mem = ([float(c[0, r]) if len(c) and c[0, r] == c[0, r] else None for c in cells] for r in (0, 1))
        assert not log.add(metrics(time_s, known, cpu, mem)).dead_letters
    last = log.slot.forecast.last_bucket.max(axis=1)
    rows = np.arange(len(series))
    return np.concatenate([gather(log.slot, rows[[n]], int(last[n]), last[n] * 300.0, CONTEXT).wanted for n in rows])


def test_the_engine_would_request_what_it_does_live() -> None:
    series = trace(5, ["a", "b", "c"], days=1.2, step_s=300.0)
    offline = engine_requests([bucketed(one) for one in series], specs(3), CONTEXT)
    np.testing.assert_array_equal(offline, live_wanted(series))
    assert not np.isnan(offline).any()


def test_steady_use_is_requested_with_its_margin() -> None:
    steady = Series("a", np.arange(0.0, 180_000.0, 300.0), np.tile([0.5, GIB], (600, 1)))
    young = Series("b", np.arange(0.0, 600.0, 300.0), np.tile([0.5, GIB], (2, 1)))
    wanted = engine_requests([bucketed(steady), None, bucketed(young)], specs(3), CONTEXT)
    np.testing.assert_allclose(wanted[0], [0.5, 1076 * 2**20], rtol=0.01)  # 1024 MiB and 5 %
    assert np.isnan(wanted[1:]).all()
