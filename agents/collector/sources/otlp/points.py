"""OTLP metrics to points of containers. Pure. What cannot be used is counted by its reason.

Names are those of the semantic conventions for containers and Kubernetes, and of the receivers that came before them.
https://opentelemetry.io/docs/specs/semconv/system/k8s-metrics/
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.metrics.v1.metrics_pb2 import AggregationTemporality, Metric, NumberDataPoint

from agents.collector.sources.prometheus.owners import Owner, deployment_of
from engine.units import CPU, LARGEST, MEMORY

USES: Final = {
    "container.cpu.usage": ("cpu_usage", CPU),
    "container.cpu.utilization": ("cpu_usage", CPU),  # cores too, under the name that kubeletstats once gave it
    "k8s.container.cpu.usage": ("cpu_usage", CPU),
    "container.cpu.time": ("cpu_time", CPU),
    "k8s.container.cpu.time": ("cpu_time", CPU),
    "container.memory.working_set": ("working_set", MEMORY),
    "k8s.container.memory.working_set": ("working_set", MEMORY),
    "container.memory.usage": ("memory_usage", MEMORY),
    "k8s.container.memory.usage": ("memory_usage", MEMORY),
    **{
        f"k8s.container.{resource}{mark}{kind}": (f"{resource}_{kind}", at)
        for at, resource in enumerate(("cpu", "memory"))
        for kind in ("request", "limit")
        for mark in ("_", ".")
    },
    "k8s.container.restarts": ("restarts", None),
    "k8s.container.restart.count": ("restarts", None),
}
"""Metric to what it is to us, and the resource whose range holds."""
_OWNERS: Final = (  # the first that is there: a Deployment's pod names its ReplicaSet, too
    ("k8s.deployment.name", "Deployment"), ("k8s.statefulset.name", "StatefulSet"),
    ("k8s.daemonset.name", "DaemonSet"), ("k8s.cronjob.name", "CronJob"), ("k8s.job.name", "Job"),
)  # fmt: skip
OLDEST_S: Final = 120.0
FUTURE_S: Final = 60.0
_ENDED: Final = ("k8s.container.status.last_terminated_reason", "k8s.container.last_terminated_reason")


class Container(NamedTuple):
    """Of a pod, as a resource's attributes name it. Empty is not known; `owner` None, too."""

    namespace: str
    pod: str
    name: str
    owner: Owner | None
    node: str
    node_type: str
    ended: str
    """Why its last end was, in Kubernetes' words."""


class Point(NamedTuple):
    """`use`: see USES. `start_s` is of a sum; `delta`: it counts from there, and not since the container's start."""

    container: Container
    use: str
    value: float
    start_s: float
    time_s: float
    delta: bool


def points_of(request: ExportMetricsServiceRequest, now_s: float) -> tuple[list[Point], Counter[str]]:
    """Those that can be used, and how many cannot, by reason; `other_metric` is what we have no use for."""
    found: list[Point] = []
    refused: Counter[str] = Counter()
    for resource in request.resource_metrics:
        attributes = _texts(resource.resource.attributes)
        for scope in resource.scope_metrics:
            for metric in scope.metrics:
                for item in _points(metric, attributes, now_s):
                    if isinstance(item, Point):
                        found.append(item)
                    else:
                        refused[item] += 1
    return found, refused


def _points(metric: Metric, attributes: Mapping[str, str], now_s: float) -> Iterator[Point | str]:
    """A point, or why it is none."""
    kind = metric.WhichOneof("data")
    data: Any = getattr(metric, kind) if kind else None
    count = 0 if data is None else len(data.data_points)
    if metric.name not in USES:
        yield from ["other_metric"] * count
    elif kind not in ("gauge", "sum"):
        yield from ["not_a_number_series"] * count
    elif kind == "sum" and data.aggregation_temporality == AggregationTemporality.AGGREGATION_TEMPORALITY_UNSPECIFIED:
        yield from ["no_temporality"] * count
    else:
        delta = kind == "sum" and data.aggregation_temporality == AggregationTemporality.AGGREGATION_TEMPORALITY_DELTA
        for point in data.data_points:
            yield _point(metric, point, {**attributes, **_texts(point.attributes)}, delta, now_s)


def _point(
    metric: Metric, point: NumberDataPoint, attributes: Mapping[str, str], delta: bool, now_s: float
) -> Point | str:
    container = container_of(attributes)
    use, resource = USES[metric.name]
    kind = point.WhichOneof("value")
    time_s, start_s = point.time_unix_nano / 1e9, point.start_time_unix_nano / 1e9
    if container is None:
        return "not_a_container"
    if kind is None:
        return "no_value"
    value = float(getattr(point, kind)) * (1e-9 if metric.unit == "ns" else 1.0)
    largest = math.inf if resource is None or use == "cpu_time" else LARGEST[resource]
    if not (math.isfinite(value) and 0 <= value <= largest):
        return "out_of_range"
    if time_s < now_s - OLDEST_S:
        return "too_old"
    if time_s > now_s + FUTURE_S:
        return "from_the_future"
    return Point(container, use, value, start_s, time_s, delta)


def container_of(attributes: Mapping[str, str]) -> Container | None:
    """None where namespace, pod or container is not named: a sum of a pod or a node."""
    namespace, pod = attributes.get("k8s.namespace.name", ""), attributes.get("k8s.pod.name", "")
    name = attributes.get("k8s.container.name", "")
    if not (namespace and pod and name):
        return None
    node_type = attributes.get("host.type", "") or attributes.get("node.kubernetes.io/instance-type", "")
    ended = next((attributes[key] for key in _ENDED if attributes.get(key)), "")
    return Container(
        namespace, pod, name, _owner(attributes), attributes.get("k8s.node.name", ""), node_type, ended
    )


def _owner(attributes: Mapping[str, str]) -> Owner | None:
    for key, kind in _OWNERS:
        if name := attributes.get(key):
            return Owner(kind, name)
    if name := attributes.get("k8s.replicaset.name"):
        return deployment_of(name)
    return None


def _texts(attributes: object) -> dict[str, str]:
    pairs: list[KeyValue] = list(attributes)  # type: ignore[call-overload]
    return {pair.key: pair.value.string_value for pair in pairs}
