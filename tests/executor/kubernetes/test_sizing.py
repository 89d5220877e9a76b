"""What the webhook changes of a pod."""

from __future__ import annotations

from typing import Any

import pytest

from agents.executor.kubernetes.intent import Applied
from agents.executor.webhook.intents import node_of, owner_of
from agents.executor.webhook.sizing import patch_of
from engine.messages import Size
from tests.executor.build import LARGE, MIB, SMALL

INTENT = Applied(command="c1", size=LARGE, over=SMALL)
RESOURCES = {
    "requests": {"cpu": "100m", "memory": "64Mi", "ephemeral-storage": "1Gi"},
    "limits": {"cpu": "200m", "memory": "128Mi", "nvidia.com/gpu": "1"},
}


def pod(annotations: dict[str, str] | None = None, **resources: Any) -> dict[str, Any]:
    containers = [{"name": "side"}, {"name": "app", "resources": resources or RESOURCES}]
    metadata = {} if annotations is None else {"annotations": annotations}
    return {"metadata": metadata, "spec": {"containers": containers}}


def test_sizes_are_set_and_the_rest_is_kept() -> None:
    resources, annotation = patch_of(pod({"a": "b"}), {"app": INTENT}, [])
    assert resources == {
        "op": "add",
        "path": "/spec/containers/1/resources",
        "value": {
            "requests": {"cpu": "400m", "memory": "134217728", "ephemeral-storage": "1Gi"},
            "limits": {"cpu": "800m", "memory": "268435456", "nvidia.com/gpu": "1"},
        },
    }
    assert annotation["path"] == "/metadata/annotations/applied.trimtab.io~1app"
    assert '"command":"c1"' in annotation["value"]


def test_a_pod_without_annotations_gets_them() -> None:
    assert patch_of(pod(), {"app": INTENT}, [])[1]["path"] == "/metadata/annotations"


@pytest.mark.parametrize(
    ("intents", "resources"),
    [
        ({}, {}),
        ({"other": INTENT}, {}),
        ({"app": INTENT}, {"requests": {"cpu": "700m"}}),  # someone changed the template since
        ({"app": Applied(command="c1", size=Size(), over=SMALL)}, {}),  # would be of another class
    ],
)
def test_pods_that_stay_as_they_are(intents: dict[str, Applied], resources: dict[str, Any]) -> None:
    alone = pod(**resources)
    del alone["spec"]["containers"][0]
    assert patch_of(alone, intents, []) == []


def test_sidecars_are_sized() -> None:
    made = pod()
    made["spec"]["initContainers"] = [{"name": "proxy", "restartPolicy": "Always"}]
    intent = Applied(command="c1", size=Size(memory_request=MIB))
    assert patch_of(made, {"proxy": intent}, [])[0]["path"] == "/spec/initContainers/0/resources"
    del made["spec"]["initContainers"][0]["restartPolicy"]
    assert patch_of(made, {"proxy": intent}, []) == []


@pytest.mark.parametrize(
    ("kind", "name", "labels", "expected"),
    [
        ("ReplicaSet", "web-5b7f", {"pod-template-hash": "5b7f"}, [("Deployment", "web")]),
        ("ReplicaSet", "web-5b7f", {}, None),
        ("StatefulSet", "db", {}, [("StatefulSet", "db")]),
        ("Job", "night-29361600", {}, [("Job", "night-29361600"), ("CronJob", "night")]),
    ],
)
def test_whose_pod_it_is(kind: str, name: str, labels: dict[str, str], expected: Any) -> None:
    references = [{"kind": "Other", "name": "x"}, {"kind": kind, "name": name, "controller": True}]
    assert owner_of({"metadata": {"ownerReferences": references, "labels": labels}}) == expected
    assert owner_of({"metadata": {}}) is None


def test_the_node_of_a_daemon_sets_pod() -> None:
    terms = [{"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["n1"]}]}]
    required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}
    assert node_of({"spec": {"affinity": {"nodeAffinity": required}}}) == "n1"
    assert node_of({"spec": {}}) == ""
