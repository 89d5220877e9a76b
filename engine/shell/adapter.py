"""All that touches private parts of Faust and aiokafka, in one place. Both are pinned; tests check each name used.

What it changes, and why (the numbers are the problems of the two libraries, reproduced on 0.15.3 and 0.14.0):
1. Streams resume before they are sought to the committed offsets: events arrive, the queue is cleared, and offsets
   jump. Here the partitions of `events` resume only after the seek and after the queue was cleared.
2. A rebalance throws uncommitted work away: here a hook runs before anything is revoked.
3. `fetch_max_wait_ms` is fixed at 1500: a fetch without data delays the partitions that it leaves out. Here 50.
4. Nothing tells when a heartbeat was answered last: requests to the coordinator are observed.
5. A batch that lingers is sent by a producer that was frozen in between: each ProduceRequest asks membership first.
6. A fetch that is under way when a recovery ends finds its set of partitions empty, takes that for "all", and what it
   took from `events` is thrown away after the seek: offsets jump. Here a fetch keeps the set that it began with.
7. Messages of one partition after the other are handed on, as many as a fetch brought: what comes in one would wait for
   megabytes of each other's backlog. Here a fetch brings little of each, but in a recovery, whose rows are large, and
   never the 50 MiB of all that are fixed.
8. The memory store keeps every row for ever, and the last one written wins: see `tables.NewestRows`.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import faust
from aiokafka.protocol.group import HeartbeatRequest, SyncGroupRequest
from aiokafka.protocol.produce import ProduceRequest
from faust.stores import memory
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

from engine.shell.membership import Membership
from engine.shell.tables import NewestRows

FETCH_MAX_WAIT_MS: Final = 50
FETCH_BYTES: Final = 2**17
"""Of a partition at a time, or one message."""
FETCH_MAX_BYTES: Final = 2**24
"""Of all partitions at a time, below `memory.KEPT`: the copies of aiokafka's 50 MiB would be new pages each time."""
ACCEPTED: Final = frozenset({0, 27})
"""Error codes of an answer that proves membership: none, and "the group is rebalancing"."""
EVICTED: Final = {22: "illegal generation", 25: "unknown member", 82: "fenced instance"}

RawMessage = Any
"""faust.types.tuples.Message: topic, partition, offset, timestamp (s), headers, key, value, generation_id."""


@dataclass(slots=True)
class Hooks:
    """What the engine wants to be told. `resumed` gets the committed offset (or None) of each partition of `events`."""

    source: str
    membership: Membership
    revoking: Callable[[set[int]], Awaitable[None]]
    resumed: Callable[[dict[int, int | None]], None]


class EngineThread(driver.AIOKafkaConsumerThread):  # type: ignore[misc]
    """The consumer's thread."""

    def _create_worker_consumer(self, transport: Any) -> Any:
        consumer = super()._create_worker_consumer(transport)
        consumer._fetch_max_wait_ms = FETCH_MAX_WAIT_MS  # both are read again when the fetcher is built, in start()
        consumer._fetch_max_bytes = FETCH_MAX_BYTES
        return consumer

    async def _fetch_records(self, consumer: Any, active_partitions: set[Any], **limits: Any) -> Any:
        """Fetches from the partitions that are active now, even if the set, which is shared, is emptied meanwhile."""
        active = frozenset(active_partitions)
        return await super()._fetch_records(consumer, active, **limits) if active else {}

    def fetch_at_most(self, size: int) -> None:
        """Bytes of each partition, from the next fetch on."""
        if self._consumer is not None and self._consumer._fetcher is not None:
            self._consumer._fetcher._max_partition_fetch_bytes = size

    async def on_start(self) -> None:
        await super().on_start()
        observe_heartbeats(self._consumer._coordinator, self.transport.hooks.membership)


class EngineConsumer(driver.Consumer):  # type: ignore[misc]
    """Seeks before it resumes; lets the engine checkpoint before partitions go."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._held: set[Any] = set()

    def _new_consumer_thread(self) -> EngineThread:
        return EngineThread(self, loop=self.loop, beacon=self.beacon)

    async def on_partitions_revoked(self, revoked: set[Any]) -> None:
        self._held.clear()
        self._thread.fetch_at_most(self.app.conf.consumer_max_fetch_size)
        hooks: Hooks = self.transport.hooks
        partitions = {tp.partition for tp in revoked if tp.topic == hooks.source}
        if revoked and not self.app.should_stop:
            await hooks.revoking(partitions)
        await super().on_partitions_revoked(revoked)

    def resume_partitions(self, tps: Iterable[Any]) -> None:
        chosen = set(tps)
        held = {tp for tp in chosen if tp.topic == self.transport.hooks.source}
        self._held |= held
        super().resume_partitions(chosen - held)

    def resume_flow(self) -> None:
        """The last step of a recovery, after the seek and after the queues were cleared."""
        held, self._held = self._held, set()
        if held:
            self._thread.fetch_at_most(FETCH_BYTES)
            super().resume_partitions(held)
            self.transport.hooks.resumed({tp.partition: self._committed_offset.get(tp) for tp in held})
        super().resume_flow()

    def verify_event_path(self, now: float, tp: Any) -> None:
        """Faust's own watchdog takes a quiet partition for a stalled one; /live watches instead."""


class EngineProducer(driver.Producer):  # type: ignore[misc]
    """Sends nothing while membership is in doubt."""

    def _new_producer(self, transactional_id: str | None = None) -> Any:
        producer = super()._new_producer(transactional_id)
        fence(producer.client, self.transport.hooks.membership)
        return producer


class EngineTransport(driver.Transport):  # type: ignore[misc]
    """Faust's transport over aiokafka, with the parts above."""

    Consumer = EngineConsumer
    Producer = EngineProducer

    def __init__(self, app: Any, hooks: Hooks) -> None:
        super().__init__(app.conf.broker_consumer, app)
        self.hooks = hooks


class RowStore(memory.Store):  # type: ignore[misc]
    """Holds rows between the changelog and the fold's arrays; has the changelog read from its start every time."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.newest = NewestRows()

    def apply_changelog_batch(self, batch: Iterable[Any], to_key: Any, to_value: Any) -> None:
        for event in batch:
            if event.message.value is not None:
                self.newest.add(event.message.partition, event.message.key.decode(), event.message.value)

    def persisted_offset(self, tp: Any) -> int | None:
        """Nothing is kept over a rebalance, so each recovery reads all."""
        return -1

    async def on_rebalance(self, *args: Any, **kwargs: Any) -> None:
        self.newest.clear()

    async def on_recovery_completed(self, active_tps: set[Any], standby_tps: set[Any]) -> None:
        self.newest.keep({tp.partition for tp in active_tps})


class StateTable(faust.Table):  # type: ignore[misc]
    """Faust's table, over the store above."""

    def _new_store(self) -> RowStore:
        return RowStore("memory://", self.app, self, table_name=self.name)


class EngineWorker(faust.Worker):  # type: ignore[misc]
    """Faust's worker without its banner, its logging set-up, its process title and its words on standard output."""

    def __init__(self, app: Any, *services: Any, loop: Any) -> None:
        super().__init__(app, *services, quiet=True, override_logging=False, redirect_stdouts=False, loop=loop)
        self.spinner = None

    def _setproctitle(self, info: str, *, ident: str = "") -> None:
        pass


def install(app: Any, hooks: Hooks) -> None:
    """Makes the app use the transport above, for consuming and for producing."""
    app.finalize()
    transport = EngineTransport(app, hooks)
    app.transport = transport
    app.producer_transport = transport


def observe_heartbeats(coordinator: Any, membership: Membership) -> None:
    """Tells `membership` of each answer of the group's coordinator."""
    send = coordinator._send_req

    async def observed(request: Any) -> Any:
        sent = time.monotonic()
        response = await send(request)
        if isinstance(request, HeartbeatRequest | SyncGroupRequest):
            if response.error_code in ACCEPTED:
                membership.answered(sent)
            elif response.error_code in EVICTED and isinstance(request, HeartbeatRequest):
                membership.evicted(EVICTED[response.error_code])
        return response

    coordinator._send_req = observed


def fence(client: Any, membership: Membership) -> None:
    """Makes the client ask `membership` right before a ProduceRequest is written to its socket.

    The connection is made first, so that nothing suspends between the question and the write.
    """
    send = client.send

    async def fenced(node_id: int, request: Any, **options: Any) -> Any:
        if isinstance(request, ProduceRequest):
            await client.ready(node_id, **options)
            await membership.confirm()
        return await send(node_id, request, **options)

    client.send = fenced


async def batches(stream: Any, limit: int) -> AsyncIterator[list[RawMessage]]:
    """Lists of messages: one awaited, then what the stream's queue already holds. Stock iteration costs 80 us each."""
    channel = stream.channel
    while True:
        try:
            first = await channel.get()
        except StopAsyncIteration:  # the processor was stopped
            return
        messages = [first.message]
        while len(messages) < limit and not channel.queue.empty():
            messages.append(channel.queue.get_nowait().message)
        yield messages


def is_current(app: Any, message: RawMessage) -> bool:
    """Whether the message was fetched in the present generation of the group."""
    return bool(message.generation_id == app.consumer_generation_id)


async def commit(app: Any, topic: str, offsets: Mapping[int, int]) -> bool:
    """Commits the offsets of a topic's partitions; False when the group has moved on or they are not assigned."""
    wanted = {TP(topic, partition): offset for partition, offset in offsets.items()}
    if not wanted.keys() <= app.consumer.assignment():
        return False
    if not await app.consumer._commit(wanted):
        return False
    app.consumer._committed_offset.update(wanted)
    return True


async def send(app: Any, topic: str, key: bytes, value: bytes, headers: list[tuple[str, bytes]]) -> Awaitable[Any]:
    """Hands a message to the producer; returns the future of its delivery."""
    delivery: Awaitable[Any] = await app.producer.send(topic, key, value, None, None, headers)
    return delivery


async def send_many(app: Any, topic: str, records: list[tuple[bytes, bytes]]) -> list[Awaitable[Any]]:
    """Hands over keys and values in batches, each to the partition that it would go to alone; returns the batches'
    futures. Faust's own way takes a call and a future for each message."""
    producer = app.producer._ensure_producer()
    await producer.client._wait_on_metadata(topic)
    batches: dict[int, Any] = {}
    deliveries: list[Awaitable[Any]] = []
    for key, value in records:
        partition = producer._partition(topic, None, key, value, key, value)
        if partition not in batches:
            batches[partition] = producer.create_batch()
        if batches[partition].append(timestamp=None, key=key, value=value) is None:  # it is full
            deliveries.append(await producer.send_batch(batches[partition], topic, partition=partition))
            batches[partition] = producer.create_batch()
            batches[partition].append(timestamp=None, key=key, value=value)
    for partition, batch in batches.items():
        deliveries.append(await producer.send_batch(batch, topic, partition=partition))
    return deliveries


def recovered_partitions(app: Any) -> set[int]:
    """Partitions of the changelog that were recovered for this worker."""
    return {tp.partition for tp in app.assignor.assigned_actives() if tp.topic in app.tables.changelog_topics}


def queue_length(app: Any) -> int:
    """Events fetched and not taken by a processor yet."""
    return sum(
        actor.stream.channel.queue.qsize() for agent in app.agents.values() for actor in agent._actors
    )


def assigned_partitions(app: Any, topic: str) -> set[int]:
    """Partitions of the topic that this worker holds; empty before the consumer has started."""
    try:
        return {tp.partition for tp in app.consumer.assignment() if tp.topic == topic}
    except faust.exceptions.FaustError:
        return set()
