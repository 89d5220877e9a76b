"""The collector on a real broker that goes away: what was taken in arrives, in order; what is refused is set aside."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
import time
import uuid
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import orjson
import pytest
from confluent_kafka import Consumer, TopicPartition

import agents.collector.connection
from agents.collector.clock import WallClock
from agents.collector.connection import Connector
from agents.collector.message import METRICS, Message
from agents.collector.sender import Sender
from agents.collector.spool import Spool
from agents.collector.telemetry import Telemetry
from agents.simulated.cluster import SimulatedCluster
from engine.broker import admin
from engine.broker.clusters import declare_cluster
from engine.broker.development import DevelopmentBroker
from engine.codec import decode_event
from engine.identity import partition_of, slot_key
from engine.messages import Metrics, Roster, Size
from engine.topics import load_topics
from tests.broker.faults.processes import Program, wait_until

pytestmark = pytest.mark.broker
CONTAINERS = 40
TICKS = 96
STEP_S = 300


def log_of(bootstrap: str, cluster: str) -> list[tuple[str, bytes, dict[str, bytes]]]:
    """Everything of a cluster in `events` by partition and offset: key, value, headers."""
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "test"})
    numbers = consumer.list_topics("events", timeout=10).topics["events"].partitions
    places = [TopicPartition("events", number, 0) for number in numbers]
    ends = {place.partition: consumer.get_watermark_offsets(place, timeout=10)[1] for place in places}
    consumer.assign(places)
    records: list[Any] = []
    while len(records) < sum(ends.values()):  # nothing was deleted, nothing is transactional: offsets have no gaps
        records += consumer.consume(500, timeout=0.2)
    consumer.close()
    assert not any(record.error() for record in records)
    records.sort(key=lambda record: (record.partition(), record.offset()))
    found = [(record.key().decode(), record.value(), dict(record.headers() or [])) for record in records]
    return [(key, value, headers) for key, value, headers in found if key.startswith(f"{cluster}/")]


class Shop:
    """A cluster, its trace and its collector."""

    def __init__(self, broker: DevelopmentBroker, folder: Path, name: str) -> None:
        self.broker, self.folder, self.name = broker, folder, name
        admin.apply(admin.connect(broker.bootstrap), load_topics())
        declare_cluster(broker.bootstrap, name, containers=600, clock="replay", sent_s=0.0)
        self.trace, self.simulated = folder / "trace.csv", folder / "cluster.sqlite"
        rows = [
            f"c{c},{t * STEP_S},{0.1 + c / 100},{(100 + t) * 2**20}" for c in range(CONTAINERS) for t in range(TICKS)
        ]
        self.trace.write_text("\n".join(["series_id,timestamp_s,cpu,mem", *rows]) + "\n")
        self.spool = folder / "spool" / f"{name}.sqlite"

    def collector(self, *more: str) -> Program:
        files = ["--trace", str(self.trace), "--simulated", str(self.simulated), "--spool-dir", str(self.spool.parent)]
        common = ["--broker", self.broker.bootstrap, "--cluster", self.name]
        return Program("collector", ["collect", "replay", *common, *files, *more], self.folder)

    def waiting(self) -> int:
        return self._asked("SELECT COUNT(*) FROM messages")

    def sent(self) -> int:
        return self._asked("SELECT SUM(value) FROM counters WHERE name = 'samples_sent'")

    def _asked(self, query: str) -> int:
        """A number from the spool; 0 before there is one."""
        try:
            with closing(sqlite3.connect(f"file:{self.spool}?mode=ro", timeout=10, uri=True)) as database:
                return int(database.execute(query).fetchone()[0] or 0)
        except sqlite3.OperationalError:
            return 0

    def events(self) -> dict[str, list[Roster | Metrics]]:
        """By slot, in the order of the log, without what the declaration put there."""
        slots: dict[str, list[Roster | Metrics]] = defaultdict(list)
        for key, value, _ in log_of(self.broker.bootstrap, self.name):
            event = decode_event(value)
            if isinstance(event, Roster | Metrics):
                slots[key].append(event)
        return slots


@pytest.fixture(scope="module")
def calm_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DevelopmentBroker]:
    """For all tests here that do not stop it."""
    with DevelopmentBroker(tmp_path_factory.mktemp("kafka")) as started:
        yield started


@pytest.fixture
def shop(calm_broker: DevelopmentBroker, tmp_path: Path) -> Shop:
    return Shop(calm_broker, tmp_path, f"shop-{uuid.uuid4().hex[:8]}")


def summary(program: Program) -> dict[str, Any]:
    """The last line of its output."""
    line = [line for line in program.log.read_text().splitlines() if line.startswith('{"clusters":["shop')][-1]
    found: dict[str, Any] = orjson.loads(line)
    return found


def samples_of(slots: dict[str, list[Roster | Metrics]]) -> set[tuple[str, float]]:
    """Workload and time of every sample; fails where a roster does not come before the metrics that name it."""
    found = set()
    for key, events in slots.items():
        rosters: dict[str, list[str]] = {}
        for event in events:
            if isinstance(event, Roster):
                rosters[event.roster] = [spec.workload for spec in event.containers]
            else:
                assert event.roster in rosters, f"{key} has metrics of a roster that it was not told"
                columns = zip(rosters[event.roster], event.cpu_max, strict=True)
                found |= {(name, event.time_s) for name, cpu in columns if cpu is not None}
    return found


ALL = {(f"c{c}", float(t * STEP_S)) for c in range(CONTAINERS) for t in range(TICKS)}


def test_a_whole_replay(shop: Shop) -> None:
    collector = shop.collector().start()
    assert collector.wait() == 0
    slots = shop.events()
    assert samples_of(slots) == ALL
    assert len(slots) == 4
    for key, events in slots.items():
        assert [event.time_s for event in events] == sorted(event.time_s for event in events)
        assert events[-1].time_s == (TICKS - 1) * STEP_S + 600.0
        assert {event.sent_s for event in events} == {event.time_s for event in events}, key
    for key, value, headers in log_of(shop.broker.bootstrap, shop.name):
        event = decode_event(value)
        assert key == slot_key(event.cluster, event.slot)
        if isinstance(event, Metrics):
            assert abs(float(headers["produced"]) - time.time()) < 600
    told = summary(collector)
    assert told["samples_sent"] == told["samples_taken"] == len(ALL)
    assert (told["dropped"], told["set_aside"], told["unsent_messages"]) == (0, 0, 0)
    assert shop.waiting() == 0


def test_an_executors_write_is_told_before_the_next_metrics(shop: Shop) -> None:
    collector = shop.collector("--speed", "3000").start()
    wait_until("some samples", lambda: shop.sent() > 400)
    cluster = SimulatedCluster(shop.simulated)
    cluster.write(f"{shop.name}/team-a/c0/app", "w1", Size(cpu_request=0.02, cpu_limit=0.05))
    assert collector.wait() == 0
    (written,) = cluster.writes()
    events = next(e for e in shop.events().values() if "c0" in str(e))
    told: dict[str, Roster] = {}
    later = 0
    for event in events:  # the scrape of the write's own second may have read the sizes before it or after
        if isinstance(event, Roster):
            told[event.roster] = event
        elif event.time_s > written.time_s:
            specs = told[event.roster].containers
            row = [spec.workload for spec in specs].index("c0")
            assert specs[row].size.cpu_limit == 0.05
            assert event.cpu_max[row] == 0.05
            later += 1
    assert later, "no metrics came after the write"


def test_broker_and_collector_killed(own_broker: DevelopmentBroker, tmp_path: Path) -> None:
    """The broker dies by SIGKILL; the collector goes on spooling, dies too, and finds both again."""
    shop = Shop(own_broker, tmp_path, "shop")
    collector = shop.collector("--speed", "3000").start()
    wait_until("some samples", lambda: shop.sent() > 400)
    broker_pid = shop.broker.pid
    shop.broker.kill()
    wait_until("messages in the spool", lambda: shop.waiting() >= 8)
    collector.kill()
    left = shop.waiting()
    collector.start()  # without a broker: by what its spool remembers
    wait_until("more messages in the spool", lambda: shop.waiting() > left)
    collector.kill()
    shop.broker.start()
    assert shop.broker.pid != broker_pid
    collector.start()
    assert collector.wait() == 0
    assert collector.exits == [-signal.SIGKILL, -signal.SIGKILL, 0]
    slots = shop.events()
    assert samples_of(slots) == ALL
    for events in slots.values():
        firsts = [event.time_s for i, event in enumerate(events) if isinstance(event, Metrics)
                  and all(not isinstance(e, Metrics) or e.time_s != event.time_s for e in events[:i])]  # fmt: skip
        assert firsts == sorted(firsts)
    told = summary(collector)
    assert told["samples_sent"] == told["samples_taken"] == len(ALL)


def test_sigterm_flushes_and_the_next_start_goes_on(shop: Shop) -> None:
    collector = shop.collector("--speed", "3000").start()
    wait_until("some samples", lambda: shop.sent() > 400)
    collector.stop()
    stopped = summary(collector)
    assert (stopped["stopped"], stopped["unsent_messages"]) == (True, 0)
    assert stopped["samples_taken"] < len(ALL)
    collector.start()
    assert collector.wait() == 0
    assert samples_of(shop.events()) == ALL
    assert summary(collector)["samples_sent"] == len(ALL)


def test_two_collectors_do_not_share_a_spool(shop: Shop) -> None:
    first = shop.collector("--speed", "300").start()
    wait_until("some samples", lambda: shop.sent() > 0)
    second = shop.collector().start()
    assert second.wait() == 2
    assert "Another collector is using the spool" in second.log.read_text()
    first.stop()


def test_wrong_starts_are_one_sentence_and_exit_code_2(shop: Shop) -> None:
    declare_cluster(shop.broker.bootstrap, "live", containers=10)
    for says, *flags in (
        ("is not declared", "--cluster", "nowhere"),
        ("is declared with the clock wall", "--cluster", "live"),
        ("cannot be read", "--trace", "none.csv"),
        ("No Kafka answers at 127.0.0.1:1", "--broker", "127.0.0.1:1"),
    ):
        program = shop.collector(*flags, "--spool-dir", str(shop.folder / flags[1].replace(":", "")))
        program.log.write_text("")
        assert program.start().wait() == 2
        assert says in program.log.read_text()
        assert "Traceback" not in program.log.read_text()


Feed = Callable[[Sender, Connector, Spool], Awaitable[None]]


def sending(broker: DevelopmentBroker, path: Path, feed: Feed) -> Spool:
    """A sender in this process, fed by `feed`, until all has gone."""
    spool = Spool(path, 2**30, 1e9)

    async def run() -> None:
        connector = Connector(broker.bootstrap)
        sender = Sender(spool, connector, 12, WallClock(), Telemetry())
        lanes = asyncio.create_task(sender.run())
        await feed(sender, connector, spool)
        assert await sender.emptied(60.0)
        lanes.cancel()
        await asyncio.wait({lanes})
        await connector.close()

    asyncio.run(run())
    return spool


def numbered(number: int, slot: int, pad: int = 0) -> Message:
    payload = orjson.dumps({"sent_s": 0.0, "number": number, "pad": "x" * pad})
    return Message(partition_of("c", slot, 12), slot_key("c", slot), METRICS, 1, 0.0, payload)


def numbers(bootstrap: str) -> dict[str, list[int]]:
    slots: dict[str, list[int]] = defaultdict(list)
    for key, value, _ in log_of(bootstrap, "c"):
        slots[key].append(orjson.loads(value)["number"])
    return slots


def test_messages_that_are_refused_for_good_are_set_aside(calm_broker: DevelopmentBroker, tmp_path: Path) -> None:
    """One is larger than the topic allows, by a little (the broker says so), one by much (we do)."""
    admin.apply(admin.connect(calm_broker.bootstrap), load_topics())

    async def feed(sender: Sender, connector: Connector, spool: Spool) -> None:
        pads = {3: 4 * 2**20 - 100, 7: 5 * 2**20}
        spool.put([numbered(n, n % 2, pads.get(n, 0)) for n in range(12)], time.time())
        sender.wake()

    spool = sending(calm_broker, tmp_path / "spool.sqlite", feed)
    assert numbers(calm_broker.bootstrap) == {"c/0": [0, 2, 4, 6, 8, 10], "c/1": [1, 5, 9, 11]}
    counts = spool.counters()
    assert (counts["messages_set_aside"], counts["samples_set_aside"], counts["samples_sent"]) == (2, 2, 10)
    reasons = [reason for (reason,) in spool._database.execute("SELECT reason FROM set_aside ORDER BY id")]
    assert reasons == ["MessageSizeTooLargeError", "larger_than_the_topic_allows"]


def test_order_holds_through_an_outage_and_lost_connections(
    own_broker: DevelopmentBroker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The outage is longer than aiokafka keeps batches, and connections are given up with batches on their way."""
    monkeypatch.setattr(agents.collector.connection, "REQUEST_TIMEOUT_S", 1.0)
    admin.apply(admin.connect(own_broker.bootstrap), load_topics())
    total = 3000

    async def feed(sender: Sender, connector: Connector, spool: Spool) -> None:
        for first in range(0, total, 10):
            spool.put([numbered(n, n % 24) for n in range(first, first + 10)], time.time())
            sender.wake()
            await asyncio.sleep(0.02)
            if first % 250 == 0 and not 1000 < first <= 2000:
                await (await connector.connection()).abandon()
            if first == 1000:
                own_broker.kill()
            if first == 1200:
                await asyncio.sleep(3.0)
            if first == 2000:
                own_broker.start()

    spool = sending(own_broker, tmp_path / "spool.sqlite", feed)
    slots = numbers(own_broker.bootstrap)
    assert set().union(*slots.values()) == set(range(total))
    for found in slots.values():
        assert list(dict.fromkeys(found)) == sorted(set(found))
    assert spool.counters()["samples_sent"] == total
