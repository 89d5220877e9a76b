"""The system under test: on a broker of its own, ended whatever happens."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.broker.development import DevelopmentBroker
from tests.broker.faults.system import System


@pytest.fixture
def system(own_broker: DevelopmentBroker, tmp_path: Path) -> Iterator[System]:
    """Topics, clusters and programs, nothing started."""
    made = System(own_broker, tmp_path / "system", seed=20)
    try:
        yield made
    finally:
        made.end()
