"""What the collector tells of a real cluster, the engine's fold takes: nothing refused, nothing late."""

from __future__ import annotations

from collections import Counter

import pytest
from msgspec.structs import replace

from engine.codec import encode
from engine.control_plane.development import DevelopmentCluster
from engine.core.context import Context
from engine.core.partition import PartitionFold, Record
from engine.identity import slot_key
from engine.messages import AnyEvent, Control, Declare
from tests.kubernetes.collected import SLOTS, Collected, collecting
from tests.kubernetes.objects import make_deployment, make_pod
from tests.kubernetes.test_collector import kill

pytestmark = pytest.mark.kubernetes


async def test_the_engine_takes_all_of_it(cluster: DevelopmentCluster, namespace: str) -> None:
    make_deployment(cluster.client, namespace, "web", 3)
    make_pod(cluster.client, namespace, "alone")
    async with collecting(cluster) as collected:
        await collected.until(lambda: len(collected.column(namespace, "web", "cpu_sum")) > 3)
        kill(cluster, namespace, "alone", 1)
        await collected.until(lambda: collected.column(namespace, "alone", "oom_kills") == [1])
        await collected.until(lambda: len(collected.column(namespace, "web", "cpu_sum")) > 5)
    counts, fold = folded(collected)
    assert counts["samples_dead"] == counts["samples_late"] == counts["samples_duplicate"] == 0
    assert counts["samples_folded"] > 10
    assert f"test/{namespace}/web/app" in {name for slot in fold.slots.values() for name in slot.containers}


def folded(collected: Collected) -> tuple[Counter[str], PartitionFold]:
    """All events in their order, as one partition has them."""
    fold = PartitionFold(0, 1, Context())
    declared: list[tuple[float, AnyEvent]] = [
        (0.0, Control(cluster="test", slot=slot, sent_s=0.0, body=Declare(slots=SLOTS))) for slot in range(SLOTS)
    ]
    for offset, (at_s, event) in enumerate([*declared, *collected.events]):
        sent = replace(event, sent_s=at_s)
        effects = fold.apply(Record(0, offset, slot_key(event.cluster, event.slot), encode(sent), at_s))
        assert effects.dead_letters == []
    counts: Counter[str] = Counter()
    for slot in fold.slots.values():
        counts.update(slot.counters)
    return counts, fold
