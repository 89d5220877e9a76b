"""The collector against a real API server: who is who, what bounds sizes, what is used, and what befell pods."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from typing import Any

import pytest

from engine.control_plane.client import Object
from engine.control_plane.development import DevelopmentCluster
from engine.messages import Metrics, Size
from tests.kubernetes.collected import collecting
from tests.kubernetes.objects import make_deployment, make_pod, resize, template

pytestmark = pytest.mark.kubernetes
MIB = 2.0**20


def make(
    cluster: DevelopmentCluster, group: str, kind: str, namespace: str, name: str, spec: Object, **more: Any
) -> str:
    plural = f"{kind.lower()}s"
    path = f"/{group}/namespaces/{namespace}/{plural}"
    metadata = {"name": name, **more}
    version = group.removeprefix("apis/").removeprefix("api/")
    cluster.client.create(path, {"apiVersion": version, "kind": kind, "metadata": metadata, "spec": spec})
    return f"{path}/{name}"


def workload(name: str, **more: Any) -> Object:
    return {"selector": {"matchLabels": {"app": name}}, "template": labelled(name), **more}


def labelled(name: str, annotations: dict[str, str] | None = None, **size: str) -> Object:
    made = template(annotations, **size)
    made["metadata"]["labels"] = {"app": name}
    return made


async def test_workloads_are_the_top_owners(cluster: DevelopmentCluster, namespace: str) -> None:
    """Of pods of each kind of owner; a name that two kinds have is the first's by kind."""
    make_deployment(cluster.client, namespace, "web", 2)
    make(cluster, "apis/apps/v1", "StatefulSet", namespace, "store", workload("store", serviceName="store", replicas=2))
    make(cluster, "apis/apps/v1", "StatefulSet", namespace, "web", workload("web-s", serviceName="web", replicas=1))
    make(cluster, "apis/apps/v1", "DaemonSet", namespace, "agent", workload("agent"))
    job = {"template": {"spec": {**template()["spec"], "restartPolicy": "Never"}}}
    nightly = {"schedule": "* * * * *", "jobTemplate": {"spec": job}}
    make(cluster, "apis/batch/v1", "CronJob", namespace, "report", nightly)
    make(cluster, "apis/batch/v1", "Job", namespace, "report-28000000", job, ownerReferences=[reference(
        cluster, f"/apis/batch/v1/namespaces/{namespace}/cronjobs/report")])  # fmt: skip
    make_pod(cluster.client, namespace, "alone")
    expected = {
        "web/app": ("Deployment", 2), "web.statefulset/app": ("StatefulSet", 1), "store/app": ("StatefulSet", 2),
        "agent@m5.4xlarge/app": ("DaemonSet", 3), "report/app": ("CronJob", 1), "alone/app": ("Pod", 1),
    }  # fmt: skip
    async with collecting(cluster) as collected:
        def found() -> dict[str, tuple[str, int]]:
            return {name: (s.workload_kind, s.replicas) for name, s in collected.specs(namespace).items()}

        await collected.until(lambda: found().keys() >= expected.keys() and found()["web/app"][1] == 2)
        await collected.until(lambda: {n: f for n, f in found().items() if n != "report/app"} == {
            n: f for n, f in expected.items() if n != "report/app"})  # fmt: skip
        spec = collected.specs(namespace)["web/app"]
        assert (spec.size, spec.node_type, spec.in_place) == (
            Size(cpu_request=0.2, memory_request=256 * MIB), "m5.4xlarge", True,
        )  # fmt: skip
        assert collected.specs(namespace)["alone/app"].node in cluster_nodes(cluster)
        assert spec.template


async def test_usage_reaches_the_message(cluster: DevelopmentCluster, namespace: str) -> None:
    """The largest replica counts; what changes is seen within two intervals."""
    usage = {"kwok.x-k8s.io/usage-cpu": "300m", "kwok.x-k8s.io/usage-memory": "100Mi"}
    make(cluster, "apis/apps/v1", "Deployment", namespace, "web", {
        "replicas": 2, "selector": {"matchLabels": {"app": "web"}}, "template": labelled("web", usage)})  # fmt: skip
    async with collecting(cluster) as collected:
        await collected.until(lambda: len(collected.column(namespace, "web", "cpu_sum")) > 1)
        assert collected.column(namespace, "web", "cpu_max")[-1] == pytest.approx(0.3, rel=0.05)
        assert collected.column(namespace, "web", "cpu_sum")[-1] == pytest.approx(0.6, rel=0.05)
        assert collected.column(namespace, "web", "memory_sum")[-1] == 200 * MIB
        pod = pods(cluster, namespace)[0]["metadata"]["name"]
        more = {"metadata": {"annotations": {"kwok.x-k8s.io/usage-cpu": "1200m"}}}
        cluster.client.patch(f"/api/v1/namespaces/{namespace}/pods/{pod}", more)
        changed_s = time.time()
        await collected.until(lambda: pytest.approx(1.2, rel=0.05) in collected.column(namespace, "web", "cpu_max"))
        assert time.time() - changed_s < 6.0
        assert collected.column(namespace, "web", "cpu_sum")[-1] == pytest.approx(1.5, rel=0.05)


async def test_what_bounds_a_size_and_who_else_scales(cluster: DevelopmentCluster, namespace: str) -> None:
    limits = {"limits": [{"type": "Container", "min": {"cpu": "50m"}, "max": {"memory": "2Gi", "cpu": "4"}}]}
    make(cluster, "api/v1", "LimitRange", namespace, "range", limits)
    hard = {"requests.cpu": "2", "limits.memory": "9Gi"}
    make(cluster, "api/v1", "ResourceQuota", namespace, "quota", {"hard": hard})
    make(cluster, "api/v1", "ResourceQuota", namespace, "best", {"hard": {"pods": "5"}, "scopes": ["BestEffort"]})
    make(cluster, "apis/autoscaling/v2", "HorizontalPodAutoscaler", namespace, "web", {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}, "maxReplicas": 3,
        "metrics": [{"type": "Resource", "resource": {
            "name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}}}]})  # fmt: skip
    spec = workload("web", replicas=1)
    spec["template"]["spec"]["containers"][0] |= {
        "resources": {"requests": {"cpu": "500m", "memory": "1Gi"}, "limits": {"cpu": "1", "memory": "1Gi"}},
        "env": [{"name": "JAVA_TOOL_OPTIONS", "value": "-Xmx700m"}],
        "resizePolicy": [{"resourceName": "memory", "restartPolicy": "RestartContainer"}],
    }
    make(cluster, "apis/apps/v1", "Deployment", namespace, "web", spec, annotations={
        "trimtab.io/risk": "0.5%", "trimtab.io/nonsense": "1"})  # fmt: skip
    annotations = {"metadata": {"annotations": {"trimtab.io/autopilot": "up_only"}}}
    cluster.client.patch(f"/api/v1/namespaces/{namespace}", annotations)
    async with collecting(cluster) as collected:
        await collected.until(lambda: (s := collected.specs(namespace).get("web/app")) is not None
                              and s.quota_left is not None and s.quota_left.cpu_request == 1.5)  # fmt: skip
        found = collected.specs(namespace)["web/app"]
        assert found.limit_range is not None
        assert (found.limit_range.min.cpu_request, found.limit_range.max.memory_limit) == (0.05, 2 * 2**30)
        assert found.quota_left == Size(cpu_request=1.5, memory_limit=8 * 2.0**30)
        assert (found.scaled_by, found.heap_bytes, found.in_place) == (["cpu"], 700 * MIB, False)
        assert found.policy is not None
        assert (found.policy.autopilot, found.policy.risk) == ("up_only", found.policy.risk)
        assert found.policy.risk is not None
        assert collected.source.view.policies.problems >= 1
        assert found.node_largest is not None
        assert found.node_largest.cpu_request is not None
        assert 15.0 < found.node_largest.cpu_request <= 16.0  # less what DaemonSets of other tests ask for


async def test_a_resize_is_in_the_next_roster(cluster: DevelopmentCluster, namespace: str) -> None:
    make_pod(cluster.client, namespace, "alone")
    async with collecting(cluster) as collected:
        await collected.until(lambda: "alone/app" in collected.specs(namespace))
        before = collected.specs(namespace)["alone/app"].template
        resize(cluster.client, namespace, "alone", cpu="350m")
        await collected.until(lambda: collected.specs(namespace)["alone/app"].size.cpu_request == 0.35, 5.0)
        assert collected.specs(namespace)["alone/app"].template == before


async def test_a_kill_goes_out_at_once_and_once(cluster: DevelopmentCluster, namespace: str) -> None:
    """In a message of its own, well before the slot's turn would be; a second look tells nothing new."""
    make_pod(cluster.client, namespace, "alone")
    async with collecting(cluster) as collected:
        collected.source._interval_s = 30.0  # the next turn is far
        await collected.until(lambda: "alone/app" in collected.specs(namespace))
        patched_s = time.time()
        kill(cluster, namespace, "alone", 1)
        await collected.until(lambda: collected.column(namespace, "alone", "oom_kills") == [1], 5.0)
        told_s = next(at for at, event in collected.events if isinstance(event, Metrics) and event.oom_kills)
        assert told_s - patched_s < 0.5
        assert collected.column(namespace, "alone", "restarts") == [1]
        path = f"/api/v1/namespaces/{namespace}/pods/alone"
        cluster.client.patch(path, {"metadata": {"labels": {"seen": "again"}}})
        await asyncio.sleep(0.5)
        assert sum(map(int, map(str, collected.column(namespace, "alone", "oom_kills")))) == 1
    async with collecting(cluster, since_s=told_s) as again:  # another collector, which is told up to when all was told
        await again.until(lambda: len(again.column(namespace, "alone", "memory_max")) > 1)
        assert not again.column(namespace, "alone", "oom_kills")
    async with collecting(cluster, since_s=patched_s - 60.0) as missed:  # one that was away when it happened
        await missed.until(lambda: missed.column(namespace, "alone", "oom_kills") == [1])


async def test_pods_without_room_and_evicted_ones_are_counted(cluster: DevelopmentCluster, namespace: str) -> None:
    make(cluster, "apis/apps/v1", "Deployment", namespace, "big", {
        "replicas": 1, "selector": {"matchLabels": {"app": "big"}}, "template": labelled("big", cpu="99")})  # fmt: skip
    make_deployment(cluster.client, namespace, "web", 1)
    async with collecting(cluster, since_s=time.time() - 60.0) as collected:
        await collected.until(lambda: collected.column(namespace, "big", "unschedulable") == [1])
        assert collected.specs(namespace)["big/app"].replicas == 0
        await collected.until(lambda: "web/app" in collected.specs(namespace))
        name = next(p["metadata"]["name"] for p in pods(cluster, namespace) if p["metadata"]["name"].startswith("web"))
        cluster.client.patch(f"/api/v1/namespaces/{namespace}/pods/{name}/status", {"status": {
            "phase": "Failed", "reason": "Evicted", "message": "The node was low on resource: memory."}})  # fmt: skip
        await collected.until(lambda: 1 in collected.column(namespace, "web", "evictions"))


def reference(cluster: DevelopmentCluster, path: str) -> Object:
    owner = cluster.client.get(path)
    return {"apiVersion": owner["apiVersion"], "kind": owner["kind"], "name": owner["metadata"]["name"],
            "uid": owner["metadata"]["uid"], "controller": True}  # fmt: skip


def pods(cluster: DevelopmentCluster, namespace: str) -> list[Object]:
    items: list[Object] = cluster.client.get(f"/api/v1/namespaces/{namespace}/pods")["items"]
    return items


def cluster_nodes(cluster: DevelopmentCluster) -> list[str]:
    return [node["metadata"]["name"] for node in cluster.client.get("/api/v1/nodes")["items"]]


def kill(cluster: DevelopmentCluster, namespace: str, name: str, restarts: int) -> None:
    """As the kubelet says that a container was killed for its memory, and runs again."""
    now = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    path = f"/api/v1/namespaces/{namespace}/pods/{name}"
    (status,) = cluster.client.get(path)["status"]["containerStatuses"]
    status |= {"restartCount": restarts, "lastState": {"terminated": {
        "exitCode": 137, "reason": "OOMKilled", "startedAt": now, "finishedAt": now}}}  # fmt: skip
    cluster.client.patch(f"{path}/status", {"status": {"containerStatuses": [status]}})
