"""docker/kubernetes: each object is taken by a real API server, under the restricted pod standard."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from agents.kubernetes.connection import APPLY_PATCH, Api
from engine.control_plane.client import Refusal, answers, until
from engine.control_plane.development import DevelopmentCluster
from tests.kubernetes.manifests import path_of, resolve

pytestmark = pytest.mark.kubernetes
CLAIMS = "/api/v1/namespaces/trimtab/persistentvolumeclaims"
STRICT = {"fieldManager": "test", "force": "true", "fieldValidation": "Strict"}


@pytest.fixture
def cleared(cluster: DevelopmentCluster) -> Iterator[DevelopmentCluster]:
    """With nothing of ours, before and after."""
    yield cluster
    for made in reversed(resolve("full")):
        with suppress(Refusal):  # of the other overlay
            cluster.client.delete(path_of(made))

    def gone() -> bool:
        for claim in cluster.client.get(CLAIMS)["items"]:  # the control plane of tests runs no controller of volumes
            with suppress(Refusal):
                path = f"{CLAIMS}/{claim['metadata']['name']}"
                cluster.client.patch(path, {"metadata": {"finalizers": None}})
        return not answers(lambda: cluster.client.get("/api/v1/namespaces/trimtab"))

    assert until(gone)


@pytest.mark.parametrize("overlay", ["observe", "full"])
def test_each_object_is_accepted(cleared: DevelopmentCluster, overlay: str) -> None:
    """By server-side apply, first as a dry run; a field that the API does not know, or a doubled one, is refused."""
    _apply(cleared.kubeconfig, resolve("namespace"), {})
    objects = resolve(overlay)
    for more in ({"dryRun": "All"}, {}):
        _apply(cleared.kubeconfig, objects, more)
    agents = {"collector", "engine", *(("executor", "webhook") if overlay == "full" else ())}
    wanted = {"collector": 2, "engine": 1, "executor": 2, "webhook": 2}
    pods = "/api/v1/namespaces/trimtab/pods"

    def counted() -> bool:
        names = [pod["metadata"]["labels"]["app.kubernetes.io/name"] for pod in cleared.client.get(pods)["items"]]
        return {name: names.count(name) for name in names} == {f"trimtab-{each}": wanted[each] for each in agents}

    assert until(counted), "the namespace's pod standard admits none of some program's pods"


def _apply(kubeconfig: Path, objects: list[dict[str, object]], more: dict[str, str]) -> None:
    async def apply() -> None:
        api = await Api.open(kubeconfig)
        try:
            for made in objects:
                await api.request("PATCH", path_of(made), {**STRICT, **more}, made, APPLY_PATCH)
        finally:
            await api.close()

    asyncio.run(apply())
