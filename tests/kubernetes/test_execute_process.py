"""`trimtab execute --target kubernetes` as two processes, on a real broker and a real API server."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest
from confluent_kafka import Consumer, TopicPartition

from agents.kubernetes.resources import DEPLOYMENTS
from engine.broker.development import DevelopmentBroker
from engine.broker.records import Outgoing, publish
from engine.codec import decode_event, encode
from engine.control_plane.development import DevelopmentCluster
from engine.messages import Command, Outcome
from tests.broker.faults.processes import Program, wait_until
from tests.brokers import apply_topics, declare
from tests.kubernetes.shop import LARGE, SMALL
from tests.kubernetes.world import World, tell

pytestmark = [pytest.mark.kubernetes, pytest.mark.broker]


def test_one_of_two_acts_and_the_other_takes_over(
    cluster: DevelopmentCluster, own_broker: DevelopmentBroker, tmp_path: Path
) -> None:
    """The leader is killed with SIGKILL; its lease runs out, and the next command is the other's."""
    bootstrap = own_broker.bootstrap
    apply_topics(bootstrap)
    declare(bootstrap, "shop")

    async def story(world: World) -> None:
        await world.shop.make(DEPLOYMENTS, "web", 3)
        first, second = (_program(name, world, cluster, bootstrap, tmp_path) for name in ("first", "second"))
        first.start()
        await asyncio.to_thread(wait_until, "a leader", lambda: "leading" in first.log.read_text())
        second.start()
        await asyncio.to_thread(wait_until, "a standby", lambda: "standing_by" in second.log.read_text())
        up, down = world.command(), world.command(expected=LARGE, target=SMALL)
        _send(bootstrap, up)
        await asyncio.to_thread(wait_until, "its outcome", lambda: up.id in outcomes(bootstrap))
        assert await world.shop.sizes("web") == [LARGE] * 3
        first.kill()
        killed_s = time.monotonic()
        _send(bootstrap, down)
        await asyncio.to_thread(wait_until, "its outcome", lambda: down.id in outcomes(bootstrap))
        assert time.monotonic() - killed_s < 40.0
        assert await world.shop.sizes("web") == [SMALL] * 3
        assert outcomes(bootstrap) == {up.id: ["applied"], down.id: ["applied"]}
        assert [pod.metadata.generation for pod in await world.shop.pods("web")] == [3] * 3
        second.end()

    tell(cluster.kubeconfig, tmp_path, story)


def _program(name: str, world: World, cluster: DevelopmentCluster, bootstrap: str, folder: Path) -> Program:
    flags = {
        "broker": bootstrap, "cluster": "shop", "target": "kubernetes", "kubeconfig": str(cluster.kubeconfig),
        "lease-namespace": world.shop.namespace, "ledger": str(folder / f"{name}.sqlite"),
    }  # fmt: skip
    return Program(name, ["execute", *(part for flag, text in flags.items() for part in (f"--{flag}", text))], folder)


def _send(bootstrap: str, command: Command) -> None:
    publish(bootstrap, [Outgoing("commands.shop", 0, "key", encode(command))])


def outcomes(bootstrap: str) -> dict[str, list[str]]:
    """Statuses by command."""
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "reader", "fetch.wait.max.ms": 10})
    found: dict[str, list[str]] = {}
    for number in consumer.list_topics("events").topics["events"].partitions:
        low, high = consumer.get_watermark_offsets(TopicPartition("events", number))
        consumer.assign([TopicPartition("events", number, low)])
        for _ in range(low, high):
            message = consumer.poll(10.0)
            assert message is not None
            event = decode_event(message.value() or b"")
            if isinstance(event, Outcome):
                found.setdefault(event.command_id, []).append(event.status)
    consumer.close()
    return found


