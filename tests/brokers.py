"""One Apache Kafka for a whole test session, also when pytest-xdist runs it in several processes."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from engine.broker import admin
from engine.broker.clusters import Clock, declare_cluster
from engine.broker.development import DevelopmentBroker
from engine.messages import Cluster
from engine.topics import load_topics


@contextmanager
def shared_broker(folder: Path) -> Iterator[str]:
    """Bootstrap of the broker that all processes with this `folder` share.

    The first to come starts it and is the last to leave: every user holds a shared lock on `users`, and the owner
    stops the broker when it gets that lock alone. Whoever comes after that starts a new one.
    """
    folder.mkdir(parents=True, exist_ok=True)
    address = folder / "address"
    with (folder / "users").open("w") as users:
        with _locked(folder / "door"):
            owned = None if address.exists() else _start(address)
            bootstrap = address.read_text()
            fcntl.flock(users, fcntl.LOCK_SH)
        try:
            yield bootstrap
        finally:
            if owned is not None:
                _close_when_unused(owned, address, users)


def _start(address: Path) -> DevelopmentBroker:
    broker = DevelopmentBroker()
    try:
        address.write_text(broker.start().bootstrap)
    except BaseException:
        broker.close()
        raise
    return broker


def _close_when_unused(broker: DevelopmentBroker, address: Path, users: IO[str]) -> None:
    """Other processes may still be testing: wait for them. Who comes in that moment waits at the door."""
    fcntl.flock(users, fcntl.LOCK_EX)
    with _locked(address.parent / "door"):
        address.unlink()
        broker.close()


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


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
