"""A real Kubernetes that the session builds (once, into the user's cache) and starts itself: it fails, never skips."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.control_plane.client import answers, until
from engine.control_plane.development import DevelopmentCluster
from engine.control_plane.options import Options
from engine.errors import UserError

NODES = 3


@pytest.fixture(scope="session")
def cluster() -> Iterator[DevelopmentCluster]:
    """The session's control plane with three nodes of 16 cores. Stay in your namespace, and never stop or kill it."""
    started = DevelopmentCluster(options=Options(audit=True))
    try:
        with started:
            started.add_nodes(NODES)
            yield started
    except UserError as error:
        pytest.fail(f"Kubernetes could not be started for the tests: {error}", pytrace=False)


@pytest.fixture(scope="session")
def kubeconfig(cluster: DevelopmentCluster) -> Path:
    """Of the session's cluster, as its administrator."""
    return cluster.kubeconfig


@pytest.fixture
def own_cluster(tmp_path: Path) -> Iterator[DevelopmentCluster]:
    """A control plane for one test alone, with one node: to be killed and restarted. It takes 4 s and 0.5 GB."""
    started = DevelopmentCluster(tmp_path / "kubernetes", options=Options(audit=True))
    try:
        with started:
            started.add_nodes(1)
            yield started
    except UserError as error:
        pytest.fail(f"Kubernetes could not be started for this test: {error}", pytrace=False)


@pytest.fixture
def namespace(cluster: DevelopmentCluster, request: pytest.FixtureRequest) -> Iterator[str]:
    """A namespace of the test's own, in which pods may be made; deleted afterwards, without waiting."""
    words = re.sub(r"[^a-z0-9]+", "-", request.node.name.lower()).strip("-")
    name = f"{words[:40].strip('-')}-{uuid.uuid4().hex[:6]}"
    make_namespace(cluster, name)
    yield name
    cluster.client.delete(f"/api/v1/namespaces/{name}")


def make_namespace(cluster: DevelopmentCluster, name: str) -> None:
    """Makes it and waits for its default service account, without which no pod is admitted."""
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
    cluster.client.create("/api/v1/namespaces", namespace)
    account = f"/api/v1/namespaces/{name}/serviceaccounts/default"
    assert until(lambda: answers(lambda: cluster.client.get(account))), f"namespace {name} got no service account"
