"""Fixtures for every test: a real Apache Kafka that the session starts itself. It fails, never skips, without one."""

from __future__ import annotations

import os
import re
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.broker.development import DevelopmentBroker
from engine.errors import UserError
from tests.brokers import shared_broker


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Under pytest-xdist all that needs Kafka goes to one worker, one after another.

    Faults are timed, and several brokers, engines and agents at once would starve each other on a small machine.
    """
    for item in items:
        if item.get_closest_marker("broker"):
            item.add_marker(pytest.mark.xdist_group("broker"))


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Bootstrap servers of the session's broker. Give topics and groups of a test a prefix of their own.

    Never stop it, and do not make the fixed topics on it: that is what `own_broker` is for.
    """
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base  # of all workers of this run
    try:
        with shared_broker(shared / "broker") as bootstrap:
            yield bootstrap
    except UserError as error:
        pytest.fail(f"Apache Kafka could not be started for the tests: {error}", pytrace=False)


@pytest.fixture
def own_broker(tmp_path: Path) -> Iterator[DevelopmentBroker]:
    """A broker for one test alone, running: for the fixed topic names, and to be stopped, killed and restarted."""
    started = DevelopmentBroker(tmp_path / "kafka")
    try:
        with started:
            yield started
    except UserError as error:
        pytest.fail(f"Apache Kafka could not be started for this test: {error}", pytrace=False)


@pytest.fixture
def prefix(request: pytest.FixtureRequest) -> Callable[[str], str]:
    """Names that no other test uses: `prefix("in")`."""
    own = re.sub(r"[^A-Za-z0-9._-]+", ".", f"{request.node.name[:40]}-{uuid.uuid4().hex[:8]}")
    return lambda name: f"{own}-{name}"
