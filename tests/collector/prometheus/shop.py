"""A small cluster as cAdvisor and kube-state-metrics tell of it, over two days. Small enough to check by eye.

    shop    Deployment web    web-5d4cf56db6-aaaaa and -bbbbb, then (day 2) web-7c9b8d6f54-ccccc and -ddddd instead
            StatefulSet db    db-0
            CronJob report    report-29-x7k2p, for ten minutes of day 2
            (bare pod)        toolbox
    system  DaemonSet agent   agent-h5v2n on node-1 (m5.large), agent-k8w4z on node-2 (c5.xlarge)
    twins   Deployment same   same-5d4cf56db6-ddddd
            StatefulSet same  same-0
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from engine.units import DAY_S
from tests.collector.prometheus.server import Line

START_S: Final = 1_780_272_000.0
"""A midnight, so a multiple of a bucket."""
SCRAPE_S: Final = 60.0
MIB: Final = 2.0**20
Shape = Callable[[float], float]
"""From seconds since the start of all."""


@dataclass(frozen=True)
class Pod:
    """`owner`: kind and name. `amounts`: requests and limits of its container, of cpu and memory."""

    namespace: str
    name: str
    container: str
    owner: tuple[str, str]
    cpu: Shape
    memory: Shape
    node: str = "node-1"
    start_s: float = 0.0
    end_s: float = 2.0 * DAY_S
    amounts: tuple[tuple[float, float], tuple[float, float]] | None = ((0.5, 256 * MIB), (1.0, 512 * MIB))


def flat(value: float) -> Shape:
    return lambda _: value


def stairs(time_s: float) -> float:
    """By the hour of the day: 0.1 cores more each."""
    return 0.1 * (1 + time_s % DAY_S // 3600)


PODS: Final = [
    Pod("shop", "web-5d4cf56db6-aaaaa", "app", ("ReplicaSet", "web-5d4cf56db6"), flat(0.05), flat(100 * MIB),
        end_s=DAY_S),
    Pod("shop", "web-5d4cf56db6-bbbbb", "app", ("ReplicaSet", "web-5d4cf56db6"), stairs, flat(50 * MIB), "node-2",
        end_s=DAY_S),
    Pod("shop", "web-7c9b8d6f54-ccccc", "app", ("ReplicaSet", "web-7c9b8d6f54"), flat(0.7), flat(70 * MIB),
        start_s=DAY_S, amounts=((0.8, 128 * MIB), (2.0, 256 * MIB))),
    Pod("shop", "web-7c9b8d6f54-ddddd", "app", ("ReplicaSet", "web-7c9b8d6f54"), flat(0.6), flat(60 * MIB), "node-2",
        start_s=DAY_S, amounts=((0.8, 128 * MIB), (2.0, 256 * MIB))),
    Pod("shop", "db-0", "postgres", ("StatefulSet", "db"), flat(0.2), flat(900 * MIB), amounts=None),
    Pod("shop", "report-29-x7k2p", "job", ("Job", "report-29"), flat(1.0), flat(300 * MIB), start_s=1.5 * DAY_S,
        end_s=1.5 * DAY_S + 600),
    Pod("shop", "toolbox", "shell", ("<none>", "<none>"), flat(0.01), flat(5 * MIB)),
    Pod("system", "agent-h5v2n", "agent", ("DaemonSet", "agent"), flat(0.1), flat(40 * MIB), "node-1"),
    Pod("system", "agent-k8w4z", "agent", ("DaemonSet", "agent"), flat(0.3), flat(60 * MIB), "node-2"),
    Pod("twins", "same-5d4cf56db6-ddddd", "app", ("ReplicaSet", "same-5d4cf56db6"), flat(0.4), flat(10 * MIB)),
    Pod("twins", "same-0", "app", ("StatefulSet", "same"), flat(0.6), flat(20 * MIB)),
]  # fmt: skip
REPLICA_SETS: Final = [("shop", "web-5d4cf56db6", "web"), ("shop", "web-7c9b8d6f54", "web"),
                       ("twins", "same-5d4cf56db6", "same")]  # fmt: skip
NODE_TYPES: Final = {"node-1": "m5.large", "node-2": "c5.xlarge"}


def past(pods: list[Pod] = PODS, start_s: float = START_S, days: float = 2.0, scrape_s: float = SCRAPE_S) -> list[Line]:
    """All that Prometheus scraped."""
    times = [start_s + at * scrape_s for at in range(round(days * DAY_S / scrape_s))]
    lines = [line for pod in pods for line in _pod(pod, start_s, times, scrape_s)]
    for namespace, replica_set, deployment in REPLICA_SETS:
        labels = {"namespace": namespace, "replicaset": replica_set}
        lines.append(_owner("kube_replicaset_owner", labels, ("Deployment", deployment), times))
    job = {"namespace": "shop", "job_name": "report-29"}
    lines.append(_owner("kube_job_owner", job, ("CronJob", "report"), times))
    for node, node_type in NODE_TYPES.items():
        labels = {"node": node, "label_node_kubernetes_io_instance_type": node_type}
        lines.append(("kube_node_labels", labels, [(t, 1.0) for t in times]))
        for resource, amount in (("cpu", 2.0), ("memory", 8 * 1024 * MIB)):
            own = {"node": node, "resource": resource}
            lines.append(("kube_node_status_allocatable", own, [(t, amount) for t in times]))
    return lines


def _pod(pod: Pod, start_s: float, all_times: list[float], scrape_s: float) -> Iterator[Line]:
    times = [t for t in all_times if pod.start_s <= t - start_s < pod.end_s]
    own = {"namespace": pod.namespace, "pod": pod.name}
    container = own | {"container": pod.container}
    seconds, total = [], 0.0
    for t in times:
        total += pod.cpu(t - start_s - 1.0) * scrape_s  # until this scrape, so what held before it
        seconds.append((t, round(total, 6)))
    cgroup = container | {"id": f"/kubepods/{pod.name}/1", "image": "registry/app:1"}
    yield "container_cpu_usage_seconds_total", cgroup, seconds
    yield "container_memory_working_set_bytes", cgroup, [(t, pod.memory(t - start_s)) for t in times]
    for sandbox in ("", "POD"):  # the pod's sum, and the container that holds its network: never a container's usage
        other = own | {"container": sandbox, "id": f"/kubepods/{pod.name}/{sandbox}"}
        yield "container_memory_working_set_bytes", other, [(t, 1e12) for t in times]
        yield "container_cpu_usage_seconds_total", other, [(t, 50 * v) for t, v in seconds]
    prepare = own | {"container": "prepare", "id": f"/kubepods/{pod.name}/0"}
    yield "container_memory_working_set_bytes", prepare, [(t, 2e9) for t in times[:5]]
    ones = [(t, 1.0) for t in times]
    yield "kube_pod_init_container_info", own | {"container": "prepare"}, ones
    yield "kube_pod_container_info", container, ones
    yield "kube_pod_status_phase", own | {"phase": "Running"}, ones
    yield "kube_pod_status_phase", own | {"phase": "Failed"}, [(t, 0.0) for t in times]
    yield "kube_pod_info", own | {"node": pod.node}, ones
    yield _owner("kube_pod_owner", own, pod.owner, times)
    for kind, amounts in zip(("requests", "limits"), pod.amounts or (), strict=False):
        for resource, amount in zip(("cpu", "memory"), amounts, strict=True):
            labels = container | {"resource": resource, "node": pod.node}
            yield f"kube_pod_container_resource_{kind}", labels, [(t, amount) for t in times]


def _owner(name: str, labels: dict[str, str], owner: tuple[str, str], times: list[float]) -> Line:
    owned = labels | {"owner_kind": owner[0], "owner_name": owner[1]}
    if name == "kube_pod_owner":
        owned["owner_is_controller"] = "true" if owner[0] != "<none>" else "<none>"
    return name, owned, [(t, 1.0) for t in times]
