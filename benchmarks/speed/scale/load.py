"""The agents of a fleet in one process: collectors that scrape on the wall clock, executors that apply at once.

It is the load, not the thing measured: its cost is printed apart. Slots are scraped one after the other, spread over
the interval. Rosters go every ten minutes, and after commands at most once a minute a slot.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import resource
import signal
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import click
import numpy as np
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from agents.collector.rosters import ROSTER_INTERVAL_S
from agents.collector.sources.synthetic import name_of
from benchmarks.speed.scale.fleet import Slot
from benchmarks.speed.scale.warm import Warm
from engine.codec import decode_command, encode
from engine.identity import commands_topic, container_id
from engine.messages import AnyEvent, Command
from engine.shell.settings import LARGEST_MESSAGE
from engine.simulate.replay import applied

SOONEST_ROSTER_S: Final = 60.0
LINGER_MS: Final = 0
"""As the agents have it."""
SPIKE: Final = 3.0
"""Times the request: a row that is to be raised at once."""


@dataclass(slots=True)
class Tally:
    """What was sent."""

    messages: int = 0
    samples: int = 0
    rosters: int = 0
    outcomes: int = 0
    spikes: int = 0
    late_s: float = 0.0
    """How far sending fell behind its plan at worst."""
    bytes: int = 0


@dataclass(slots=True)
class Load:
    """`fleet`: by cluster its slots. `spikes_a_second`: containers of the fleet that come to exceed their request."""

    broker: str
    fleet: dict[str, list[Slot]]
    scrape_s: float
    spikes_a_second: float
    tally: Tally = field(default_factory=Tally)
    received: list[list[float]] = field(default_factory=list)
    _producer: Any = None
    _random: np.random.Generator = field(default_factory=np.random.default_rng)
    _rosters: dict[str, float] = field(default_factory=dict)
    _changed: set[str] = field(default_factory=set)
    _spiked: dict[str, float] = field(default_factory=dict)
    _places: dict[str, tuple[Slot, int]] = field(default_factory=dict)

    async def run(self, until_s: float) -> None:
        """Until that wall time."""
        self._producer = AIOKafkaProducer(
            bootstrap_servers=self.broker, acks="all", linger_ms=LINGER_MS, max_batch_size=2**20,
            max_request_size=LARGEST_MESSAGE,
        )
        await self._producer.start()
        for slots in self.fleet.values():
            for slot in slots:
                for row, container in enumerate(slot.containers()):
                    self._places[container] = slot, row
                self._rosters[slot.key] = time.time() - self._random.uniform(0.0, ROSTER_INTERVAL_S)
        executors = asyncio.create_task(self._execute())
        try:
            await self._collect(until_s)
        finally:
            await asyncio.sleep(1.0)
            executors.cancel()
            await asyncio.gather(executors, return_exceptions=True)
            await self._producer.stop()

    async def _collect(self, until_s: float) -> None:
        """Each slot has a phase of its own within the interval, as the synthetic collector's have."""
        began = time.time()
        slots = [slot for slots in self.fleet.values() for slot in slots]
        self._random.shuffle(slots)
        spikes = self.spikes_a_second * self.scrape_s / len(slots)
        for turn in itertools.count():
            due = began + self.scrape_s * turn / len(slots)
            if due >= until_s:
                return
            wait = due - time.time()
            if wait > 0:
                await asyncio.sleep(wait)
            self.tally.late_s = max(self.tally.late_s, -wait)
            await self._scrape(slots[turn % len(slots)], self._random.poisson(spikes))

    async def _scrape(self, slot: Slot, spikes: int) -> None:
        now_s = time.time()
        since_s = now_s - self._rosters[slot.key]
        if since_s > ROSTER_INTERVAL_S or (slot.key in self._changed and since_s > SOONEST_ROSTER_S):
            await self._send(slot, slot.roster_event(now_s))
            self._rosters[slot.key] = now_s
            self._changed.discard(slot.key)
            self.tally.rosters += 1
        rows = self._random.integers(0, len(slot), spikes).tolist()
        for row in rows:
            self._spiked[container_id(slot.cluster, *name_of(int(slot.numbers[row])))] = now_s
        await self._send(slot, slot.metrics(now_s, dict.fromkeys(rows, SPIKE)))
        self.tally.spikes += len(rows)
        self.tally.messages += 1
        self.tally.samples += len(slot)

    async def _send(self, slot: Slot, event: AnyEvent) -> None:
        value = encode(event)
        self.tally.bytes += len(value)
        headers = [("produced", repr(time.time()).encode())]
        await self._producer.send(
            "events", key=slot.key.encode(), value=value, partition=slot.partition, headers=headers
        )

    async def _execute(self) -> None:
        topics = [TopicPartition(commands_topic(cluster), 0) for cluster in self.fleet]
        consumer = AIOKafkaConsumer(bootstrap_servers=self.broker, fetch_max_wait_ms=100, auto_offset_reset="latest")
        await consumer.start()
        try:
            consumer.assign(topics)
            async for record in consumer:
                await self._executed(record, time.time())
        finally:
            await consumer.stop()

    async def _executed(self, record: Any, now_s: float) -> None:
        command = decode_command(record.value)
        if not isinstance(command, Command):
            return
        slot, row = self._places[command.container]
        slot.sizes[row] = command.target
        self._changed.add(slot.key)
        await self._send(slot, applied(command, now_s))
        self.tally.outcomes += 1
        spiked = abs(self._spiked.get(command.container, 0.0) - command.time_s) < 1e-3
        self.received.append([float(spiked), *_times(record, now_s)])


def _times(record: Any, now_s: float) -> list[float]:
    """Wall times on a command's way: produced, appended, taken, folded, sent, received."""
    header = {name: value.decode() for name, value in record.headers}
    appended, taken, folded = (float(part) for part in header.get("traced", "nan nan nan").split())
    return [float(header["produced"]), appended, taken, folded, record.timestamp / 1000.0, now_s]


@click.command()
@click.option("--broker", required=True)
@click.option("--warm", "warm_file", type=click.Path(path_type=Path), required=True, help="Pickled state, of `Warm`.")
@click.option("--containers", default=10_000, show_default=True)
@click.option("--per-cluster", default=10_000, show_default=True)
@click.option("--prefix", default="c", show_default=True, help="Of the clusters' names.")
@click.option("--partitions", default=12, show_default=True, help="Of the topic `events`.")
@click.option("--scrape-s", default=15.0, show_default=True)
@click.option("--seconds", default=600.0, show_default=True)
@click.option("--spikes", default=10.0, show_default=True, help="Containers a second that exceed their request.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="JSON: counts, times of commands.")
def main(
    broker: str, warm_file: Path, containers: int, per_cluster: int, prefix: str, partitions: int, scrape_s: float,
    seconds: float, spikes: float, out: Path,
) -> None:
    """Sends the load of a fleet for so many seconds, from now; SIGTERM ends it early."""
    warm = Warm.read(warm_file)
    fleet = warm.clusters(containers, per_cluster, partitions, prefix)
    load = Load(broker, fleet, scrape_s, spikes)
    progress = out.with_suffix(".progress.json")

    async def run() -> None:
        task = asyncio.create_task(load.run(time.time() + seconds))
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
        while not task.done():
            await asyncio.wait({task}, timeout=1.0)
            half = progress.with_suffix(".half")
            half.write_text(json.dumps({"time_s": time.time(), **asdict(load.tally)}))
            half.replace(progress)  # who reads it never sees a part
        if not task.cancelled():
            task.result()

    asyncio.run(run())
    used = resource.getrusage(resource.RUSAGE_SELF)
    cost = {"cpu_s": used.ru_utime + used.ru_stime, "max_rss_bytes": used.ru_maxrss * 1024}
    out.write_text(json.dumps({"tally": asdict(load.tally), "cost": cost, "received": load.received}))


if __name__ == "__main__":
    main()
