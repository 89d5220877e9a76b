"""How the programs of a control plane are called."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from engine.control_plane.certificates import Authority, signing_pair
from engine.control_plane.ports import Ports

STAGES: Final = Path(__file__).parent / "kwok"
AUDIT: Final = Path(__file__).parent / "audit.yaml"
HOST: Final = "127.0.0.1"

# What turns workloads into pods, counts quotas and cleans up. Not the node lifecycle: kwok's nodes are always well.
CONTROLLERS: Final = (
    "cronjob-controller", "daemonset-controller", "deployment-controller", "disruption-controller",
    "endpoints-controller", "endpointslice-controller", "garbage-collector-controller", "job-controller",
    "namespace-controller", "replicaset-controller", "resourcequota-controller",
    "root-ca-certificate-publisher-controller", "serviceaccount-controller", "statefulset-controller",
    "ttl-after-finished-controller", "clusterrole-aggregation-controller",
)  # fmt: skip
AUTOSCALING: Final = "horizontal-pod-autoscaler-controller"
_NO_PORT: Final = "--secure-port=0"
_PACE: Final = ("--kube-api-qps=200", "--kube-api-burst=400")  # thousands of pods in a test are not to wait


def etcd(data: Path, ports: Ports) -> list[str]:
    """A single member. It does not wait for the disk: a control plane for development may lose what a crash of the
    machine takes, and not what a kill takes."""
    clients, peers = f"http://{HOST}:{ports.store}", f"http://{HOST}:{ports.store_peers}"
    return [
        f"--data-dir={data}", f"--listen-client-urls={clients}", f"--advertise-client-urls={clients}",
        f"--listen-peer-urls={peers}", f"--initial-advertise-peer-urls={peers}", f"--initial-cluster=default={peers}",
        "--unsafe-no-fsync", "--log-level=warn",
    ]  # fmt: skip


def api_server(ports: Ports, authority: Authority, folder: Path, tokens: Path) -> list[str]:
    """RBAC, client certificates, tokens; the aggregation layer for metrics-server. Nodes get no taints by condition,
    which only a node lifecycle controller would take off again."""
    certificate, key = authority.server("api-server")
    proxy_certificate, proxy_key = authority.client("front-proxy", "front-proxy")
    public, private = signing_pair(folder)
    return [
        f"--etcd-servers=http://{HOST}:{ports.store}", f"--secure-port={ports.api_server}", f"--bind-address={HOST}",
        f"--advertise-address={HOST}", f"--tls-cert-file={certificate}", f"--tls-private-key-file={key}",
        f"--client-ca-file={authority.file}", f"--token-auth-file={tokens}",
        "--service-account-issuer=https://kubernetes.default.svc", f"--service-account-key-file={public}",
        f"--service-account-signing-key-file={private}", "--service-cluster-ip-range=10.0.0.0/16",
        "--authorization-mode=RBAC", "--disable-admission-plugins=TaintNodesByCondition",
        f"--requestheader-client-ca-file={authority.file}", "--requestheader-allowed-names=front-proxy",
        "--requestheader-username-headers=X-Remote-User", "--requestheader-group-headers=X-Remote-Group",
        "--requestheader-extra-headers-prefix=X-Remote-Extra-", f"--proxy-client-cert-file={proxy_certificate}",
        f"--proxy-client-key-file={proxy_key}",
    ]  # fmt: skip


def audit(log: Path) -> list[str]:
    return [f"--audit-policy-file={AUDIT}", f"--audit-log-path={log}", "--audit-log-mode=blocking"]


def controller_manager(kubeconfig: Path, authority: Authority, folder: Path, autoscaling: bool) -> list[str]:
    controllers = [*CONTROLLERS, AUTOSCALING] if autoscaling else CONTROLLERS
    return [
        f"--kubeconfig={kubeconfig}", f"--controllers={','.join(controllers)}", "--leader-elect=false", _NO_PORT,
        f"--service-account-private-key-file={signing_pair(folder)[1]}", f"--root-ca-file={authority.file}",
        "--concurrent-deployment-syncs=10", *_PACE,
    ]  # fmt: skip


def scheduler(kubeconfig: Path) -> list[str]:
    return [f"--kubeconfig={kubeconfig}", "--leader-elect=false", _NO_PORT, *_PACE]


def kwok(kubeconfig: Path, authority: Authority, ports: Ports) -> list[str]:
    """Answers for the kubelet of every node, over HTTPS. Leases of nodes are of use to the node lifecycle only."""
    certificate, key = authority.server("kubelet")
    configuration = [f"--config={file}" for file in sorted(STAGES.glob("*.yaml"))]
    return [
        f"--kubeconfig={kubeconfig}", "--manage-all-nodes=true", f"--node-ip={HOST}", f"--node-port={ports.kubelet}",
        f"--server-address={HOST}:{ports.kubelet}", f"--tls-cert-file={certificate}", f"--tls-private-key-file={key}",
        "--node-lease-duration-seconds=0", *configuration,
    ]  # fmt: skip


def metrics_server(kubeconfig: Path, authority: Authority, ports: Ports) -> list[str]:
    certificate, key = authority.server("metrics-server")
    return [
        f"--kubeconfig={kubeconfig}", f"--authentication-kubeconfig={kubeconfig}",
        f"--authorization-kubeconfig={kubeconfig}", f"--secure-port={ports.metrics_server}", f"--bind-address={HOST}",
        f"--tls-cert-file={certificate}", f"--tls-private-key-file={key}", "--metric-resolution=15s",
        f"--kubelet-certificate-authority={authority.file}", "--kubelet-preferred-address-types=InternalIP",
        "--kubelet-use-node-status-port",
    ]  # fmt: skip


def vpa_recommender(kubeconfig: Path, port: int, interval_s: float) -> list[str]:
    return [
        f"--kubeconfig={kubeconfig}", "--leader-elect=false", f"--recommender-interval={interval_s:g}s",
        f"--address={HOST}:{port}",
    ]  # fmt: skip
