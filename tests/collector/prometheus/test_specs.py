"""Rosters of what runs now, with what bounds its sizes, from a real Prometheus."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from engine.messages import ContainerSpec, LimitRange, Roster, Size
from tests.collector.prometheus.driving import Driven
from tests.collector.prometheus.server import Line, PrometheusServer
from tests.collector.prometheus.shop import MIB, SCRAPE_S, START_S, Pod, flat, past

HOURS = 1.0
NOW_S = START_S + HOURS * 3600
WEB = Pod("shop", "web-7c9b8d6f54-ccccc", "app", ("ReplicaSet", "web-7c9b8d6f54"), flat(0.5), flat(70 * MIB))
AGENT = Pod("system", "agent-h5v2n", "agent", ("DaemonSet", "agent"), flat(0.1), flat(40 * MIB), "node-1")


def bounds() -> list[Line]:
    times = [START_S + at * SCRAPE_S for at in range(round(HOURS * 3600 / SCRAPE_S))]

    def line(name: str, value: float, **labels: str) -> Line:
        return name, {"namespace": "shop"} | labels, [(time_s, value) for time_s in times]

    ranged = {"limitrange": "limits", "type": "Container"}
    scaler = {"horizontalpodautoscaler": "web"}
    quota = {"resourcequota": "quota", "resource": "requests.cpu"}
    return [
        line("kube_limitrange", 0.1, resource="cpu", constraint="min", **ranged),
        line("kube_limitrange", 4.0, resource="cpu", constraint="max", **ranged),
        line("kube_limitrange", 1e9, resource="memory", constraint="max", **ranged),
        line("kube_limitrange", 0.3, resource="cpu", constraint="default", **ranged),
        line("kube_resourcequota", 10.0, type="hard", **quota),
        line("kube_resourcequota", 7.5, type="used", **quota),
        line("kube_horizontalpodautoscaler_info", 1.0, scaletargetref_kind="Deployment", scaletargetref_name="web",
             **scaler),
        line("kube_horizontalpodautoscaler_spec_target_metric", 80.0, metric_name="cpu",
             metric_target_type="utilization", **scaler),
    ]  # fmt: skip


def as_exported(line: Line) -> Line:
    """As a scrape without honor_labels has it: the target's own labels, and the series' beside them."""
    name, labels, pairs = line
    if not name.startswith("kube_"):
        return line
    taken = {key: labels[key] for key in ("namespace", "pod", "container") if key in labels}
    own = {"namespace": "monitoring", "pod": "kube-state-metrics-0", "container": "kube-state-metrics"}
    return name, dict(labels) | {f"exported_{key}": value for key, value in taken.items()} | own, pairs


def specs_of(lines: list[Line], folder: Path) -> dict[str, ContainerSpec]:
    with PrometheusServer(folder / "prometheus", lines) as server:
        scrapes = asyncio.run(Driven(server.url, folder, NOW_S, days=0.0).once())
    rosters = [event for scrape in scrapes for event in scrape.events if isinstance(event, Roster)]
    return {f"{s.namespace}/{s.workload}/{s.container}": s for roster in rosters for s in roster.containers}


@pytest.mark.parametrize("honors_labels", [True, False])
def test_rosters(tmp_path: Path, honors_labels: bool) -> None:
    lines = past([WEB, AGENT], days=HOURS / 24) + bounds()
    specs = specs_of(lines if honors_labels else [as_exported(line) for line in lines], tmp_path)
    assert sorted(specs) == ["shop/web/app", "system/agent@m5.large/agent"]
    web, agent = specs["shop/web/app"], specs["system/agent@m5.large/agent"]
    size = Size(0.5, 1.0, 256 * MIB, 512 * MIB)
    assert (web.workload_kind, web.size, web.replicas, web.node, web.node_type) == (
        "Deployment", size, 1, "node-1", "m5.large"
    )  # fmt: skip
    assert web.scaled_by == ["cpu"]
    assert web.limit_range == LimitRange(Size(cpu_request=0.1), Size(cpu_limit=4.0, memory_limit=1e9))
    assert web.quota_left == Size(cpu_request=2.5)
    assert web.node_largest == Size(cpu_request=2.0, memory_request=8 * 1024 * MIB), "no DaemonSet is on node-2"
    assert (agent.workload_kind, agent.node_largest) == ("DaemonSet", None)
    assert (agent.scaled_by, agent.limit_range, agent.quota_left) == ([], None, None)
