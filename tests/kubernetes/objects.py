"""Objects as tests make them, and what tests wait for."""

from __future__ import annotations

from engine.control_plane.client import STRATEGIC, Client, Object, Refusal, until


def template(annotations: dict[str, str] | None = None, cpu: str = "200m", memory: str = "256Mi") -> Object:
    requests = {"cpu": cpu, "memory": memory}
    container = {"name": "app", "image": "shop:1", "resources": {"requests": requests}}
    return {
        "metadata": {"labels": {"app": "shop"}, "annotations": annotations or {}},
        "spec": {"containers": [container]},
    }


def make_pod(client: Client, namespace: str, name: str, annotations: dict[str, str] | None = None) -> Object:
    """A bare pod that runs when this returns."""
    pod = {"apiVersion": "v1", "kind": "Pod", **template(annotations)}
    pod["metadata"]["name"] = name
    client.create(f"/api/v1/namespaces/{namespace}/pods", pod)
    path = f"/api/v1/namespaces/{namespace}/pods/{name}"
    assert until(lambda: phase(client.get(path)) == "Running"), client.get(path)["status"]
    return client.get(path)


def make_deployment(client: Client, namespace: str, name: str, replicas: int) -> str:
    """Returns the deployment's path."""
    deployment: Object = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {"replicas": replicas, "selector": {"matchLabels": {"app": "shop"}}, "template": template()},
    }
    path = f"/apis/apps/v1/namespaces/{namespace}/deployments"
    client.create(path, deployment)
    return f"{path}/{name}"


def resize(client: Client, namespace: str, name: str, **requests: str) -> Object:
    """Through the subresource, as executors do."""
    body = {"spec": {"containers": [{"name": "app", "resources": {"requests": requests}}]}}
    return client.patch(f"/api/v1/namespaces/{namespace}/pods/{name}/resize", body, STRATEGIC)


def phase(pod: Object) -> str:
    return str(pod["status"].get("phase"))


def requested(pod: Object, where: str = "spec") -> dict[str, str]:
    """Requests of its container: of the `spec`, or of what runs (`status`)."""
    containers = pod["spec"]["containers"] if where == "spec" else pod["status"]["containerStatuses"]
    requests = containers[0]["resources"]["requests"]
    assert isinstance(requests, dict)
    return requests


def condition(pod: Object, kind: str) -> Object | None:
    found: list[Object] = [one for one in pod["status"].get("conditions", []) if one["type"] == kind]
    return found[0] if found else None


def refused(client: Client, path: str) -> int:
    """The status with which a GET is refused; 200 when it is not."""
    try:
        client.get(path)
    except Refusal as refusal:
        return refusal.code
    return 200
