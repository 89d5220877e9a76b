"""Declaring clusters and writing controls, read back from a real broker."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from confluent_kafka import Consumer, TopicPartition

from engine.broker.clusters import declare_cluster, read_clusters, require_cluster
from engine.broker.controls import send_control
from engine.broker.development import DevelopmentBroker
from engine.codec import decode_command, decode_event
from engine.errors import UserError
from engine.identity import partition_of, slot_key, slot_of
from engine.messages import Approve, Autopilot, Cluster, Control, Declare, Freeze, FreezeCommand
from tests.brokers import apply_topics

pytestmark = pytest.mark.broker

PARTITIONS = 12


@pytest.fixture(scope="module")
def bootstrap(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with DevelopmentBroker(tmp_path_factory.mktemp("kafka")) as started:
        apply_topics(started.bootstrap)
        yield started.bootstrap


@pytest.fixture
def shop(bootstrap: str) -> Cluster:
    """400 containers are 3 slots of 150."""
    return declare_cluster(bootstrap, "shop", 400)


def test_each_slot_is_told_in_its_own_partition(bootstrap: str) -> None:
    before = ends(bootstrap)
    cluster = declare_cluster(bootstrap, "mill", 400, "replay", sent_s=1000.0, author="ann")
    for slot in range(3):
        partition = partition_of("mill", slot, PARTITIONS)
        [(key, control, headers)] = since(bootstrap, "events", partition, before[partition])
        assert key == slot_key("mill", slot)
        assert decode_event(control) == Control(
            cluster="mill", slot=slot, sent_s=1000.0, author="ann", body=Declare(slots=3, clock="replay")
        )
        assert float(headers["produced"]) > 1.7e9
    assert read_clusters(bootstrap)["mill"] == cluster


def test_declaring_again_changes_nothing(bootstrap: str, shop: Cluster) -> None:
    before = ends(bootstrap)
    assert declare_cluster(bootstrap, "shop", 390) == shop
    assert ends(bootstrap) == before


def test_slots_and_clock_are_for_good(bootstrap: str, shop: Cluster) -> None:
    with pytest.raises(UserError, match="declared with 3 slots for good, and 451 containers would make 4"):
        declare_cluster(bootstrap, "shop", 451)
    with pytest.raises(UserError, match="clock wall for good, got replay"):
        declare_cluster(bootstrap, "shop", 400, "replay")


def test_what_cannot_be_declared(bootstrap: str) -> None:
    with pytest.raises(UserError, match="lower-case letters"):
        declare_cluster(bootstrap, "Shop_1", 10)
    with pytest.raises(UserError, match="at least 1 container"):
        declare_cluster(bootstrap, "shop-2", 0)
    with pytest.raises(UserError, match="cluster shop-3 is not declared"):
        require_cluster(bootstrap, "shop-3")


def test_a_control_reaches_the_slots_that_its_scope_can_touch(bootstrap: str, shop: Cluster) -> None:
    own = slot_of("web", "cart", 3)
    assert send_control(bootstrap, shop, Autopilot(stage="full")) == [0, 1, 2]
    assert send_control(bootstrap, shop, Autopilot(stage="full", scope="web")) == [0, 1, 2]
    assert send_control(bootstrap, shop, Autopilot(stage="full", scope="web/cart")) == [own]
    assert send_control(bootstrap, shop, Autopilot(stage="full", scope="web/cart/app")) == [own]
    before = ends(bootstrap)
    approval = Approve(container="shop/web/cart/app", decision_id="00ff")
    assert send_control(bootstrap, shop, approval, author="ann", sent_s=7.0) == [own]
    partition = partition_of("shop", own, PARTITIONS)
    [(_, control, _)] = since(bootstrap, "events", partition, before[partition])
    assert decode_event(control) == Control(cluster="shop", slot=own, sent_s=7.0, author="ann", body=approval)


@pytest.mark.parametrize("scope", ["/", "web/", "a/b/c/d"])
def test_a_scope_that_cannot_be_one(bootstrap: str, shop: Cluster, scope: str) -> None:
    with pytest.raises(UserError, match="a scope is namespace"):
        send_control(bootstrap, shop, Freeze(scope=scope))


def test_an_approval_for_another_cluster(bootstrap: str, shop: Cluster) -> None:
    with pytest.raises(UserError, match="a container of this cluster is shop/"):
        send_control(bootstrap, shop, Approve(container="mill/web/cart/app", decision_id="00ff"))


def test_a_freeze_goes_straight_to_the_executor_too(bootstrap: str, shop: Cluster) -> None:
    slots = send_control(bootstrap, shop, Freeze(scope="web"), author="ann", sent_s=5.0)
    assert slots == [0, 1, 2]
    [(_, command, _)] = since(bootstrap, "commands.shop", 0, 0)
    assert decode_command(command) == FreezeCommand(cluster="shop", scope="web", author="ann", sent_s=5.0)


def ends(bootstrap: str) -> list[int]:
    """End offset of each partition of `events`."""
    consumer = reader(bootstrap)
    try:
        return [consumer.get_watermark_offsets(TopicPartition("events", p), timeout=10)[1] for p in range(PARTITIONS)]
    finally:
        consumer.close()


def since(bootstrap: str, topic: str, partition: int, offset: int) -> list[tuple[str, bytes, dict[str, bytes]]]:
    """Key, value and headers of what came from `offset` on."""
    consumer = reader(bootstrap)
    try:
        start = TopicPartition(topic, partition, offset)
        _, end = consumer.get_watermark_offsets(start, timeout=10)
        consumer.assign([start])
        messages = consumer.consume(end - offset, timeout=20)
        return [(m.key().decode(), m.value(), dict(m.headers() or [])) for m in messages]
    finally:
        consumer.close()


def reader(bootstrap: str) -> Consumer:
    return Consumer({"bootstrap.servers": bootstrap, "group.id": "test", "enable.auto.commit": False})
