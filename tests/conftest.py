"""Fixtures for every test: a real Apache Kafka that the session starts itself. It fails, never skips, without one."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from engine.broker.development import DevelopmentBroker
from engine.errors import UserError

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")  # how fast this machine is at the moment is no property of what is tested


@pytest.fixture(scope="session")
def broker() -> Iterator[str]:
    """Bootstrap servers of the session's broker. Give topics and groups of a test a prefix of their own.

    Never stop it, and do not make the fixed topics on it: that is what `own_broker` is for.
    """
    started = DevelopmentBroker()
    try:
        with started:
            yield started.bootstrap
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
