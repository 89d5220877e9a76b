"""What kube-state-metrics is asked for, by the names that its series have from version 2 on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from agents.collector.sources.prometheus.api import Series
from agents.collector.sources.prometheus.expressions import CONTAINER, EXPORTED

INSTANCE_TYPES: Final = ("label_node_kubernetes_io_instance_type", "label_beta_kubernetes_io_instance_type")
_RESOURCE: Final = 'resource=~"cpu|memory"'
_BY_RESOURCE: Final = f"{CONTAINER},resource"
_SCALER: Final = "namespace,horizontalpodautoscaler"


class Asked(NamedTuple):
    """A series, the labels that matter, and matchers."""

    series: str
    by: str
    matchers: tuple[str, ...] = ()


ASKED: Final = {
    "owner": Asked("kube_pod_owner", "namespace,pod,owner_kind,owner_name", ('owner_is_controller!="false"',)),
    "replica_set": Asked("kube_replicaset_owner", "namespace,replicaset,owner_kind,owner_name"),
    "job": Asked("kube_job_owner", "namespace,job_name,owner_kind,owner_name"),
    "node": Asked("kube_pod_info", "namespace,pod,node", ('node!=""',)),
    "running": Asked("kube_pod_status_phase", "namespace,pod", ('phase="Running"',)),
    "init": Asked("kube_pod_init_container_info", CONTAINER, ('restart_policy!="Always"',)),
    "container": Asked("kube_pod_container_info", CONTAINER),
    "sidecar": Asked("kube_pod_init_container_info", CONTAINER, ('restart_policy="Always"',)),
    "request": Asked("kube_pod_container_resource_requests", _BY_RESOURCE, (_RESOURCE,)),
    "limit": Asked("kube_pod_container_resource_limits", _BY_RESOURCE, (_RESOURCE,)),
    "sidecar_request": Asked("kube_pod_init_container_resource_requests", _BY_RESOURCE, (_RESOURCE,)),
    "sidecar_limit": Asked("kube_pod_init_container_resource_limits", _BY_RESOURCE, (_RESOURCE,)),
    "node_type": Asked("kube_node_labels", ",".join(("node", *INSTANCE_TYPES))),
    "capacity": Asked("kube_node_status_allocatable", "node,resource", (_RESOURCE,)),
    "limit_range": Asked(
        "kube_limitrange", "namespace,limitrange,resource,constraint", ('type="Container"', _RESOURCE)
    ),
    "quota": Asked("kube_resourcequota", "namespace,resourcequota,resource,type", ('type=~"hard|used"',)),
    "scaler": Asked("kube_horizontalpodautoscaler_info", f"{_SCALER},scaletargetref_kind,scaletargetref_name"),
    "scaled": Asked(
        "kube_horizontalpodautoscaler_spec_target_metric", f"{_SCALER},metric_name", ('metric_name=~"cpu|memory"',)
    ),
}
Answers = Mapping[str, Sequence[Series]]
"""By name of `ASKED`."""


def rows(answer: Sequence[Series]) -> Iterator[tuple[Mapping[str, str], float]]:
    """Labels and value. A series without the labels that were asked for is another's of the same name."""
    for series in answer:
        labels = plain(series.metric)
        if series.value is not None and (labels.get("node") or labels.get("namespace")):
            yield labels, series.value[1]


def plain(labels: Mapping[str, str]) -> Mapping[str, str]:
    """Where a scrape has labels of its own, as without honor_labels, what the series says is under exported_.

    >>> plain({"namespace": "monitoring", "exported_namespace": "shop", "pod": "a"})
    {'namespace': 'shop', 'pod': 'a'}
    """
    said = {name: labels[f"exported_{name}"] for name in EXPORTED if labels.get(f"exported_{name}")}
    return {name: said.get(name, value) for name, value in labels.items() if not name.startswith("exported_")}
