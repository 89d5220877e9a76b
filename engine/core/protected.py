"""System workloads: what a cluster itself stands on. Their sizes are never cut without a person's consent.

A name is enough to be taken for one: consent is asked for once too often rather than once too little.
"""

from __future__ import annotations

from typing import Final

from engine.identity import split_node_type

RESERVED_PREFIXES: Final = ("kube-", "openshift-", "gke-managed-")
"""Namespaces that are kept for the system: https://kubernetes.io/docs/concepts/overview/working-with-objects/namespaces/,
https://docs.redhat.com/en/documentation/openshift_container_platform/ ("Default projects"), and GKE's own add-ons."""

NAMESPACES: Final = frozenset({
    "gke-system", "gmp-system",  # https://cloud.google.com/kubernetes-engine/docs
    "calico-system", "calico-apiserver", "tigera-operator",  # https://docs.tigera.io/calico/latest/getting-started
    "cilium", "cilium-secrets", "metallb-system",
    "longhorn-system", "rook-ceph", "democratic-csi",  # storage, by their own manifests and charts
})  # fmt: skip

WORKLOADS: Final = frozenset({
    # The control plane: https://kubernetes.io/docs/concepts/overview/components/
    "kube-apiserver", "kube-controller-manager", "kube-scheduler", "cloud-controller-manager", "kube-proxy",
    # DNS: https://kubernetes.io/docs/tasks/administer-cluster/dns-custom-nameservers/ and …/nodelocaldns/
    "coredns", "coredns-autoscaler", "kube-dns", "kube-dns-autoscaler", "node-local-dns", "nodelocaldns",
    # CNI, by the name in each one's manifest: https://kubernetes.io/docs/concepts/cluster-administration/addons/
    "antrea-agent", "antrea-controller", "aws-node", "azure-cni", "azure-cns", "azure-ip-masq-agent",
    "calico-kube-controllers", "calico-node", "calico-typha", "canal", "cilium", "cilium-envoy", "cilium-operator",
    "ip-masq-agent", "kindnet", "kube-flannel-ds", "kube-multus-ds", "kube-ovn-cni", "kube-router", "netd",
    "ovnkube-node", "weave-net",
    # What other parts of the cluster decide by: https://github.com/kubernetes-sigs/metrics-server
    "metrics-server", "cluster-autoscaler", "karpenter", "konnectivity-agent",
})  # fmt: skip

_BATCH: Final = ("Job", "CronJob")
_STATIC_POD: Final = "Node"
"""The owner of a pod that a kubelet runs from a file: https://kubernetes.io/docs/tasks/configure-pod-container/static-pod/"""


def is_system(namespace: str, workload: str, kind: str) -> bool:
    """Whether a workload of this `kind` (such as Deployment) is one that its cluster stands on.

    Names of CSI drivers are open ended, so `csi` as a part of a name counts, but for batch work
    (https://kubernetes-csi.github.io/docs/drivers.html).

    >>> is_system("kube-system", "anything", "Deployment"), is_system("net", "calico-node", "DaemonSet")
    (True, True)
    >>> is_system("storage", "ebs-csi-node", "DaemonSet"), is_system("shop", "web", "Deployment")
    (True, False)
    """
    if namespace in NAMESPACES or namespace.startswith(RESERVED_PREFIXES) or kind == _STATIC_POD:
        return True
    name, _ = split_node_type(workload)
    return name in WORKLOADS or ("csi" in name and kind not in _BATCH and "csi" in name.split("-"))
