"""The development cluster itself: a real API server, and kubelets that behave as kubelets do."""

from __future__ import annotations

import json

import pytest

from engine.control_plane.client import STRATEGIC, Client, Object, until
from engine.control_plane.development import DevelopmentCluster
from tests.kubernetes.objects import condition, make_deployment, make_pod, refused, requested, resize, template

pytestmark = pytest.mark.kubernetes
RESIZE = "development.trimtab.io/resize"


def test_a_deployment_becomes_ready(cluster: DevelopmentCluster, namespace: str) -> None:
    path = make_deployment(cluster.client, namespace, "shop", replicas=2)
    assert until(lambda: cluster.client.get(path)["status"].get("readyReplicas") == 2)
    pods = cluster.client.get(f"/api/v1/namespaces/{namespace}/pods")["items"]
    assert [requested(pod, "status") for pod in pods] == [{"cpu": "200m", "memory": "256Mi"}] * 2
    assert all(pod["metadata"]["ownerReferences"][0]["kind"] == "ReplicaSet" for pod in pods)


def test_a_resize_changes_the_spec_and_then_the_status(cluster: DevelopmentCluster, namespace: str) -> None:
    before = make_pod(cluster.client, namespace, "one")
    at_once = resize(cluster.client, namespace, "one", cpu="300m", memory="256Mi")
    assert requested(at_once) == {"cpu": "300m", "memory": "256Mi"}
    assert requested(at_once, "status") == {"cpu": "200m", "memory": "256Mi"}
    assert at_once["metadata"]["generation"] == before["metadata"]["generation"] + 1
    path = f"/api/v1/namespaces/{namespace}/pods/one"
    assert until(lambda: requested(cluster.client.get(path), "status")["cpu"] == "300m")
    after = cluster.client.get(path)
    assert after["status"]["observedGeneration"] == after["metadata"]["generation"]
    assert after["status"]["containerStatuses"][0]["allocatedResources"]["cpu"] == "300m"
    assert after["status"]["containerStatuses"][0]["restartCount"] == 0
    started = [pod["status"]["containerStatuses"][0]["state"] for pod in (before, after)]
    assert started[0] == started[1]


@pytest.mark.parametrize(("asked", "reason"), [("deferred", "Deferred"), ("infeasible", "Infeasible")])
def test_a_pod_may_ask_that_its_resize_waits(
    cluster: DevelopmentCluster, namespace: str, asked: str, reason: str
) -> None:
    make_pod(cluster.client, namespace, "one", {RESIZE: asked})
    resize(cluster.client, namespace, "one", cpu="300m", memory="256Mi")
    path = f"/api/v1/namespaces/{namespace}/pods/one"
    assert until(lambda: condition(cluster.client.get(path), "PodResizePending") is not None)
    pod = cluster.client.get(path)
    pending = condition(pod, "PodResizePending")
    assert pending is not None
    assert pending["reason"] == reason
    assert pending["observedGeneration"] == pod["metadata"]["generation"]
    assert requested(pod, "status")["cpu"] == "200m"
    cluster.client.patch(path, {"metadata": {"annotations": {RESIZE: None}}})
    assert until(lambda: requested(cluster.client.get(path), "status")["cpu"] == "300m")
    assert condition(cluster.client.get(path), "PodResizePending") is None
    assert condition(cluster.client.get(path), "Ready") is not None


def test_the_kubelet_tells_the_usage_that_the_annotations_say(cluster: DevelopmentCluster, namespace: str) -> None:
    usage = {"kwok.x-k8s.io/usage-cpu": "250m", "kwok.x-k8s.io/usage-memory": "300Mi"}
    pod = make_pod(cluster.client, namespace, "one", usage)
    series = f'container_memory_working_set_bytes{{container="app",namespace="{namespace}",pod="one"}} '

    def told() -> list[float]:
        lines = scrape(cluster, pod["spec"]["nodeName"]).splitlines()
        return [float(line.removeprefix(series)) for line in lines if line.startswith(series)]

    assert until(lambda: bool(told())), "the kubelet never told of the pod"  # kwok gathers pods of a node once a second
    assert told() == [300 * 2**20]


def test_the_audit_log_has_each_write_to_a_pod(cluster: DevelopmentCluster, namespace: str) -> None:
    make_pod(cluster.client, namespace, "one")
    resize(cluster.client, namespace, "one", cpu="300m", memory="256Mi")
    events = [json.loads(line) for line in cluster.audit_log.read_text().splitlines()]
    ours = [event for event in events if event["objectRef"].get("namespace") == namespace]
    resized = [event for event in ours if event["objectRef"].get("subresource") == "resize"]
    assert [(event["verb"], event["user"]["username"]) for event in resized] == [("patch", "admin")]
    container = resized[0]["requestObject"]["spec"]["containers"][0]
    assert container["resources"]["requests"]["cpu"] == "300m"


def test_a_job_completes(cluster: DevelopmentCluster, namespace: str) -> None:
    finishing = {
        "metadata": {"annotations": {"development.trimtab.io/run-for": "1s"}},
        "spec": {"restartPolicy": "Never", "containers": [{"name": "app", "image": "shop:1"}]},
    }
    job = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "nightly"}, "spec": {"template": finishing}}
    path = f"/apis/batch/v1/namespaces/{namespace}/jobs"
    cluster.client.create(path, job)
    assert until(lambda: cluster.client.get(f"{path}/nightly")["status"].get("succeeded") == 1)


def test_roles_say_who_may_what(cluster: DevelopmentCluster, namespace: str) -> None:
    pods = f"/api/v1/namespaces/{namespace}/pods"
    stranger = cluster.access.client_of("stranger")
    assert refused(stranger, pods) == 403
    rules = [{"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]}]
    role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": "see"}, "rules": rules}
    subjects = [{"kind": "User", "name": "stranger", "apiGroup": "rbac.authorization.k8s.io"}]
    reference = {"kind": "Role", "name": "see", "apiGroup": "rbac.authorization.k8s.io"}
    binding = {"apiVersion": role["apiVersion"], "kind": "RoleBinding", "metadata": {"name": "see"}}
    roles = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}"
    cluster.client.create(f"{roles}/roles", role)
    cluster.client.create(f"{roles}/rolebindings", {**binding, "subjects": subjects, "roleRef": reference})
    assert until(lambda: refused(stranger, pods) == 200)
    assert refused(Client(cluster.url, cluster.data / "certificates" / "ca.crt"), pods) in {401, 403}


def test_a_sidecar_is_resized_too(cluster: DevelopmentCluster, namespace: str) -> None:
    size = {"requests": {"cpu": "50m", "memory": "64Mi"}}
    proxy = {"name": "proxy", "image": "proxy:1", "restartPolicy": "Always", "resources": size}
    pod: Object = {"apiVersion": "v1", "kind": "Pod", **template(), "metadata": {"name": "one"}}
    pod["spec"]["initContainers"] = [proxy]
    path = f"/api/v1/namespaces/{namespace}/pods"
    cluster.client.create(path, pod)

    def running() -> list[Object]:
        statuses = cluster.client.get(f"{path}/one")["status"].get("initContainerStatuses", [])
        return [status["resources"]["requests"] for status in statuses]

    assert until(lambda: running() == [{"cpu": "50m", "memory": "64Mi"}])
    larger = {"name": "proxy", "resources": {"requests": {"cpu": "70m", "memory": "64Mi"}}}
    cluster.client.patch(f"{path}/one/resize", {"spec": {"initContainers": [larger]}}, STRATEGIC)
    assert until(lambda: running() == [{"cpu": "70m", "memory": "64Mi"}])


def test_a_service_account_has_a_token_and_no_rights(cluster: DevelopmentCluster, namespace: str) -> None:
    user = json.loads(cluster.access.of_service_account(namespace, "default").read_text())["users"][0]["user"]
    client = Client(cluster.url, cluster.data / "certificates" / "ca.crt", token=user["token"])
    assert refused(client, f"/api/v1/namespaces/{namespace}/pods") == 403
    assert refused(client, "/version") == 200


def scrape(cluster: DevelopmentCluster, node: str) -> str:
    """As a collector does: address and port from the status, the path from the annotation."""
    found = cluster.client.get(f"/api/v1/nodes/{node}")
    address = next(one["address"] for one in found["status"]["addresses"] if one["type"] == "InternalIP")
    port = found["status"]["daemonEndpoints"]["kubeletEndpoint"]["Port"]
    kubelet = Client(f"https://{address}:{port}", cluster.data / "certificates" / "ca.crt")
    return kubelet.read(found["metadata"]["annotations"]["metrics.k8s.io/resource-metrics-path"]).decode()
