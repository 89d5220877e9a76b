"""Commands and sizes for the executor's tests, with only what a test is about stated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from msgspec.structs import replace

from agents.executor.guard import Facts
from engine.messages import Command, ContainerSpec, FreezeCommand, Size
from engine.units import GIB

MIB = GIB / 1024
CLUSTER = "shop"
WEB = "shop/default/web/app"
SMALL = Size(cpu_request=0.1, cpu_limit=0.2, memory_request=64 * MIB, memory_limit=128 * MIB)
LARGE = Size(cpu_request=0.4, cpu_limit=0.8, memory_request=128 * MIB, memory_limit=256 * MIB)
SPEC = ContainerSpec(namespace="default", workload="web", container="app", size=SMALL)
FACTS = Facts(cluster=CLUSTER, now_s=1000.0, frozen_scopes=frozenset(), current=SMALL)


def command(**changes: Any) -> Command:
    """Raise WEB from SMALL to LARGE, valid until 1600 s."""
    raising = Command(
        id="c1",
        cluster=CLUSTER,
        slot=0,
        container=WEB,
        action="resize_up",
        reason="test",
        time_s=900.0,
        valid_until_s=1600.0,
        expected=SMALL,
        target=LARGE,
    )
    return replace(raising, **changes)


def freeze(scope: str = "", *, frozen: bool = True, cluster: str = CLUSTER) -> FreezeCommand:
    return FreezeCommand(cluster=cluster, frozen=frozen, scope=scope, author="test", sent_s=900.0)


@dataclass
class Received:
    """A record as Kafka gives it."""

    value: bytes | None
    offset: int = 0
    key: bytes | None = b"key"
    headers: Sequence[tuple[str, bytes]] = ()
    topic: str = "commands.shop"
    partition: int = 0
