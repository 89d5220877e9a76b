"""Outputs: queued with the state, handed over in order, awaited before a row is written."""

from __future__ import annotations

import asyncio

import pytest

from engine.shell.outbox import Headers, Many, Message, Outbox, Records


class Broker:
    """Takes messages; delivers when told to."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, bytes]] = []
        self.deliveries: list[asyncio.Future[object]] = []
        self.topics = {"decisions", "dead-letter"}

    async def send(self, topic: str, key: bytes, value: bytes, headers: Headers) -> asyncio.Future[object]:
        self.taken.append((topic, value))
        self.deliveries.append(asyncio.get_running_loop().create_future())
        return self.deliveries[-1]

    async def send_many(self, topic: str, records: Records) -> list[asyncio.Future[object]]:
        """In batches of two."""
        pairs = [records[at : at + 2] for at in range(0, len(records), 2)]
        return [await self.send(topic, b"", b"+".join(value for _, value in pair), []) for pair in pairs]

    async def exists(self, topic: str) -> bool:
        return topic in self.topics


def message(text: str, topic: str = "decisions", otherwise: Message | None = None) -> Message:
    return Message(topic, b"k", text.encode(), [], otherwise)


def test_settled_waits_for_all_that_was_put_before() -> None:
    async def scenario() -> None:
        broker = Broker()
        outbox = Outbox(broker.send, broker.send_many, broker.exists)
        outbox.put(message("1"))
        outbox.put(message("2"))
        settling = asyncio.create_task(outbox.settled())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert broker.taken == [("decisions", b"1"), ("decisions", b"2")]
        broker.deliveries[0].set_result(None)
        await asyncio.sleep(0.01)
        assert not settling.done()
        broker.deliveries[1].set_result(None)
        await asyncio.wait_for(settling, 1.0)
        assert len(outbox) == 0

    asyncio.run(scenario())


def test_a_failed_delivery_is_never_forgotten() -> None:
    async def scenario() -> None:
        broker = Broker()
        outbox = Outbox(broker.send, broker.send_many, broker.exists)
        outbox.put(message("1"))
        await outbox.hand_over()
        broker.deliveries[0].set_exception(TimeoutError("no broker"))
        await asyncio.sleep(0)
        with pytest.raises(TimeoutError):
            await outbox.settled()
        with pytest.raises(TimeoutError):
            await outbox.settled()

    asyncio.run(scenario())


def test_a_command_without_a_topic_becomes_a_dead_letter() -> None:
    async def scenario() -> None:
        broker = Broker()
        outbox = Outbox(broker.send, broker.send_many, broker.exists)
        outbox.put(message("c", "commands.shop", otherwise=message("d", "dead-letter")))
        broker_has_it = message("e", "decisions", otherwise=message("never", "dead-letter"))
        outbox.put(broker_has_it)
        await outbox.hand_over()
        assert broker.taken == [("dead-letter", b"d"), ("decisions", b"e")]

    asyncio.run(scenario())


def test_what_is_dropped_before_it_is_handed_over_is_not_sent() -> None:
    async def scenario() -> None:
        broker = Broker()
        outbox = Outbox(broker.send, broker.send_many, broker.exists)
        outbox.put(message("1"))
        outbox.drop_all()
        await outbox.settled()
        assert broker.taken == []

    asyncio.run(scenario())


def test_what_goes_together_is_settled_when_all_its_batches_are() -> None:
    async def scenario() -> None:
        broker = Broker()
        outbox = Outbox(broker.send, broker.send_many, broker.exists)
        outbox.put(message("1"))
        outbox.put(Many("aggregates", [(b"k", text.encode()) for text in "abc"]))
        outbox.put(message("2"))
        settling = asyncio.create_task(outbox.settled())
        await asyncio.sleep(0.01)
        batches = [("aggregates", b"a+b"), ("aggregates", b"c")]
        assert broker.taken == [("decisions", b"1"), *batches, ("decisions", b"2")]
        for delivery in (*broker.deliveries[:2], broker.deliveries[3]):
            delivery.set_result(None)
        await asyncio.sleep(0.01)
        assert not settling.done()
        broker.deliveries[2].set_result(None)
        await asyncio.wait_for(settling, 1.0)

    asyncio.run(scenario())
