"""What tests do to brokers."""

from __future__ import annotations

import time
from collections.abc import Callable

from engine.broker import admin
from engine.broker.clusters import Clock, declare_cluster
from engine.messages import Cluster
from engine.topics import load_topics


def apply_topics(bootstrap: str) -> None:
    """All topics of topics.yaml, as declared."""
    result = admin.apply(admin.connect(bootstrap), load_topics())
    assert not result.left, result.left


def declare(bootstrap: str, cluster: str, containers: int = 1, clock: Clock = "wall") -> Cluster:
    """A declared cluster; the topics must be there."""
    return declare_cluster(bootstrap, cluster, containers, clock, author="test")


def until(holds: Callable[[], bool], timeout_s: float = 60) -> None:
    """Waits for something that takes its time on a broker."""
    deadline = time.monotonic() + timeout_s
    while not holds():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.1)
