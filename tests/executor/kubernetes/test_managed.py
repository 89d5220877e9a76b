"""Field sets as an API server of 1.36 writes them."""

from __future__ import annotations

from typing import Any

import msgspec

from agents.executor.kubernetes.managed import applied_by, extract, resources_path, writer_of
from agents.executor.kubernetes.objects import Written

OURS = {
    "f:metadata": {"f:annotations": {"f:applied.trimtab.io/app": {}}},
    "f:spec": {
        "f:template": {
            "f:spec": {
                "f:containers": {
                    'k:{"name":"app"}': {".": {}, "f:name": {}, "f:resources": {"f:requests": {"f:cpu": {}}}}
                }
            }
        }
    },
}
DEPLOYMENT: dict[str, Any] = {
    "metadata": {"name": "web", "annotations": {"applied.trimtab.io/app": "{}", "theirs": "x"}},
    "spec": {
        "replicas": 2,
        "template": {
            "spec": {
                "containers": [
                    {"name": "app", "image": "i", "resources": {"requests": {"cpu": "1", "memory": "1Gi"}}},
                    {"name": "other", "image": "i"},
                ]
            }
        },
    },
}


def written(manager: str, time: str, fields: dict[str, Any], operation: str = "Apply") -> Written:
    return msgspec.convert(
        {"manager": manager, "operation": operation, "time": time, "fieldsV1": fields}, Written
    )


def test_what_we_own_is_taken_out_and_nothing_else() -> None:
    assert extract(OURS, DEPLOYMENT) == {
        "metadata": {"annotations": {"applied.trimtab.io/app": "{}"}},
        "spec": {"template": {"spec": {"containers": [{"name": "app", "resources": {"requests": {"cpu": "1"}}}]}}},
    }


def test_what_is_gone_from_the_object_is_passed_over() -> None:
    assert extract(OURS, {"spec": {"template": {"spec": {"containers": []}}}}) == {
        "spec": {"template": {"spec": {"containers": []}}}
    }


def test_sets_of_values_are_taken_by_value() -> None:
    assert extract({"f:finalizers": {'v:"a"': {}}}, {"finalizers": ["a", "b"]}) == {"finalizers": ["a"]}


def test_ours_are_those_of_apply() -> None:
    entries = [written("trimtab", "2026-01-01T00:00:00Z", {"f:x": {}}, "Update"),
               written("trimtab", "2026-01-01T00:00:00Z", OURS)]  # fmt: skip
    assert applied_by(entries, "trimtab") == OURS
    assert applied_by(entries, "helm") == {}


def test_the_last_writer_of_resources() -> None:
    path = resources_path("app", "spec", "template")
    entries = [written("kubectl", "2026-01-01T00:00:00Z", OURS), written("argocd", "2026-01-01T00:00:09Z", OURS)]
    writer = writer_of(entries, *path)
    assert writer is not None
    assert (writer.manager, writer.at) == ("argocd", 1767225609.0)
    assert writer_of(entries, *resources_path("other", "spec", "template")) is None
