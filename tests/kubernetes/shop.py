"""Workloads of the executor's tests, on a real API server, and what came of them."""

from __future__ import annotations

import asyncio
import base64
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

import msgspec

from agents.executor.kubernetes.intent import Applied, key_of, read
from agents.executor.kubernetes.objects import LivePod, Owner
from agents.kubernetes.connection import MERGE_PATCH, STRATEGIC_PATCH, Api
from agents.kubernetes.errors import ApiError
from agents.kubernetes.resources import DEPLOYMENTS, NODES, OWNERS, PODS, Kind, items_of
from engine.messages import Size
from engine.units import GIB

MIB: Final = GIB / 1024
SMALL: Final = Size(cpu_request=0.1, memory_request=64 * MIB, memory_limit=128 * MIB)
LARGE: Final = Size(cpu_request=0.4, memory_request=128 * MIB, memory_limit=256 * MIB)
RESOURCES: Final = {"requests": {"cpu": "100m", "memory": "64Mi"}, "limits": {"memory": "128Mi"}}
READY_S: Final = 60.0


class Shop:
    """One namespace of a cluster."""

    def __init__(self, api: Api, namespace: str) -> None:
        self.api = api
        self.namespace = namespace

    async def make_namespace(self) -> None:
        """With its default service account, without which no pod is admitted."""
        await self.api.request("POST", "/api/v1/namespaces", body={"metadata": {"name": self.namespace}})
        await until(self._has_account)

    async def _has_account(self) -> bool:
        try:
            await self.api.get(f"/api/v1/namespaces/{self.namespace}/serviceaccounts/default")
        except ApiError:
            return False
        return True

    async def make_node(self, number: int = 1, node_type: str = "m5.large", cpu: str = "16") -> None:
        """For the pods of this namespace only."""
        room = {"cpu": cpu, "memory": "64Gi", "pods": "200"}
        labels = {"test/shop": self.namespace, "node.kubernetes.io/instance-type": node_type}
        metadata = {"name": f"{self.namespace}-{number}", "labels": labels}
        status = {"allocatable": room, "capacity": room}
        await self.api.request("POST", NODES.path(), body={"metadata": metadata, "status": status})

    async def delete(self) -> None:
        """With its nodes: collectors of other tests ask all that there are."""
        await self.api.request("DELETE", f"/api/v1/namespaces/{self.namespace}")
        await self.api.request("DELETE", NODES.path(), {"labelSelector": f"test/shop={self.namespace}"})

    async def make(self, kind: Kind[Any], name: str, replicas: int = 2, **more: Any) -> None:
        """A workload with one container `app` of SMALL; ready when it returns. `pod`: annotations of its pods;
        `resources`, `annotations`, `container`, `pod_spec`, `spec`: in place of what is usual, or besides."""
        labels = {"app": name}
        resources = more.get("resources", RESOURCES)
        container = {"name": "app", "image": "app", "resources": resources, **more.get("container", {})}
        metadata = {"labels": labels, "annotations": more.get("pod", {})}
        pod_spec = {"containers": [container], "nodeSelector": {"test/shop": self.namespace}}
        template = {"metadata": metadata, "spec": {**pod_spec, **more.get("pod_spec", {})}}
        spec: dict[str, Any] = {"selector": {"matchLabels": labels}, "template": template, **more.get("spec", {})}
        if kind.name != "DaemonSet":
            spec["replicas"] = replicas
        body = {"metadata": {"name": name, "annotations": more.get("annotations", {})}, "spec": spec}
        await self.api.request("POST", kind.path(self.namespace), body=body)
        await until(lambda: self.ready(name, replicas))

    async def make_pod(self, name: str) -> None:
        """A pod of nobody, running."""
        container = {"name": "app", "image": "app", "resources": RESOURCES}
        spec = {"containers": [container], "nodeSelector": {"test/shop": self.namespace}}
        body = {"metadata": {"name": name, "labels": {"app": name}}, "spec": spec}
        await self.api.request("POST", PODS.path(self.namespace), body=body)
        await until(lambda: self.ready(name, 1))

    async def pods(self, name: str) -> list[LivePod]:
        content = await self.api.get(PODS.path(self.namespace), labelSelector=f"app={name}")
        found = items_of(content, LivePod)
        return sorted((pod for pod in found if pod.running), key=lambda pod: pod.metadata.name)

    async def sizes(self, name: str) -> list[Size | None]:
        return [pod.size("app") for pod in await self.pods(name)]

    async def owner(self, name: str, kind: Kind[Any] = DEPLOYMENTS) -> Owner:
        return Owner.decode(kind.name, await self.api.get(OWNERS[kind.name].path(self.namespace, name)))

    async def intent(self, name: str, kind: Kind[Any] = DEPLOYMENTS) -> Applied | None:
        return read((await self.owner(name, kind)).metadata.annotations, key_of("app"))

    async def annotate(self, kind: Kind[Any], name: str, manager: str = "somebody", **annotations: str | None) -> None:
        body = {"metadata": {"annotations": annotations}}
        await self.api.request(
            "PATCH", kind.path(self.namespace, name), {"fieldManager": manager}, body, MERGE_PATCH
        )

    async def set_template(self, kind: Kind[Any], name: str, resources: dict[str, Any], manager: str) -> None:
        """What a GitOps controller does."""
        containers = [{"name": "app", "resources": resources}]
        body = {"spec": {"template": {"spec": {"containers": containers}}}}
        path = kind.path(self.namespace, name)
        await self.api.request("PATCH", path, {"fieldManager": manager}, body, STRATEGIC_PATCH)

    async def ask_before_resizes(self, url: str, authority: bytes) -> str:
        """Has the API server ask there before each resize in this namespace, and refuse it where there is no answer."""
        rule = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["UPDATE"], "resources": ["pods/resize"]}
        webhook = {
            "name": "resizes.test.io", "admissionReviewVersions": ["v1"], "sideEffects": "None", "timeoutSeconds": 1,
            "failurePolicy": "Fail", "rules": [rule],
            "clientConfig": {"url": url, "caBundle": base64.b64encode(authority).decode()},
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": self.namespace}},
        }  # fmt: skip
        path = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations"
        await self.api.request("POST", path, body={"metadata": {"name": self.namespace}, "webhooks": [webhook]})
        await asyncio.sleep(1.0)  # until the API server knows
        return f"{path}/{self.namespace}"

    async def kubelets_say(self, name: str, what: str | None, most: int = 1000) -> None:
        """`deferred` or `infeasible` to each resize of its pods, None to do as they are told."""
        for pod in (await self.pods(name))[:most]:
            body = {"metadata": {"annotations": {"development.trimtab.io/resize": what}}}
            await self.api.request("PATCH", PODS.path(self.namespace, pod.metadata.name), None, body, MERGE_PATCH)

    async def ready(self, name: str, replicas: int) -> bool:
        pods = await self.pods(name)
        return len(pods) == replicas and all(pod.status.phase == "Running" for pod in pods)


def audited(log: Path, namespace: str) -> Counter[str]:
    """Resizes that took effect in a namespace, by pod, as the API server's audit log has them."""
    found: Counter[str] = Counter()
    for line in log.read_bytes().splitlines():
        event = msgspec.json.decode(line)
        where = event.get("objectRef", {})
        done = event.get("responseStatus", {}).get("code", 500) < 300
        if done and (where.get("namespace"), where.get("subresource")) == (namespace, "resize"):
            found[where["name"]] += 1
    return found


async def until(condition: Callable[[], Awaitable[Any]], timeout_s: float = READY_S) -> Any:
    """Returns what `condition` comes to when it is true."""
    deadline_s = time.monotonic() + timeout_s
    while not (found := await condition()):
        assert time.monotonic() < deadline_s, "it never came about"
        await asyncio.sleep(0.1)
    return found
