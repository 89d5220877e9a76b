"""The demo's world and walk: what is pure in them."""

from __future__ import annotations

import numpy as np
import pytest

from engine.core.context import TimeRules
from engine.demo.kubernetes.history import first_change_s, times_before
from engine.demo.kubernetes.run import rows_of
from engine.demo.kubernetes.walk import SURGE, SURGES, surging, usage_at
from engine.demo.kubernetes.world import DAYS, SHOP, demand, manifest, specs
from engine.traces import Series
from engine.units import BUCKET_S, DAY_S

NAMES = [each.name for each in SHOP]


def trace() -> list[Series]:
    time_s = np.arange(0.0, 8 * DAY_S, BUCKET_S)
    wave = 2.0 + np.sin(time_s / DAY_S * 2 * np.pi)
    return [
        Series("one", time_s, np.stack([wave, wave], axis=1)),
        Series("cpu only", time_s, np.stack([wave, wave * np.nan], axis=1)),
    ]


def test_demand_is_of_each_workloads_own_mean_and_the_same_for_a_seed() -> None:
    usage = demand(trace(), 1)
    assert usage.shape == (len(SHOP), DAYS * 288, 2)
    assert usage[..., 0].mean(axis=1) == pytest.approx([each.cpu for each in SHOP], rel=0.01)
    assert np.array_equal(usage, demand(trace(), 1))
    assert not np.array_equal(usage, demand(trace(), 2))


def test_a_daemon_set_has_a_row_for_each_type_of_node() -> None:
    usage = np.arange(len(SHOP), dtype=np.float64)
    rows = rows_of(usage)
    logs = [row for spec, row in zip(specs(), rows, strict=True) if spec.workload.startswith("logs@")]
    assert logs == [NAMES.index("logs")] * 3
    assert sum(spec.replicas for spec in specs()) == sum(each.replicas for each in SHOP) + 4


def test_a_surge_lasts_from_its_share_of_the_run_on() -> None:
    name, share = SURGES[0]
    assert name not in surging(round(share * 40) - 1, 40)
    assert name in surging(round(share * 40), 40)
    assert name in surging(39, 40)
    usage = np.ones((len(SHOP), 50, 2))
    assert usage_at(usage, 39, 40)[name][0] == SURGE
    assert usage_at(usage, 39, 40)["logs"][0] == 1.0


def test_surges_are_of_workloads_that_there_are() -> None:
    assert {name for name, _ in SURGES} <= set(NAMES)


def test_the_past_ends_with_the_last_whole_bucket() -> None:
    assert times_before(1000.0, 3).tolist() == [299.0, 599.0, 899.0]


def test_the_first_change_is_now_or_when_the_bucket_closes() -> None:
    rules = TimeRules(lateness_s=60.0, stagger_s=0.0)
    assert first_change_s("demo/0", 910.0, rules) == 960.0
    assert first_change_s("demo/0", 1000.0, rules) == 1000.0


def test_requests_and_the_policy_stand_in_the_manifest() -> None:
    images = SHOP[NAMES.index("images")]
    body = manifest(images, np.array([0.5, 1e8]))
    container = body["spec"]["template"]["spec"]["containers"][0]
    assert container["resources"] == {"requests": {"cpu": "200m", "memory": "384Mi"}}
    assert body["metadata"]["annotations"] == {"trimtab.io/risk": "1%"}
    assert body["spec"]["template"]["metadata"]["annotations"]["kwok.x-k8s.io/usage-cpu"] == "500000000n"
