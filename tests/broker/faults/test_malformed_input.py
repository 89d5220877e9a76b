"""What no collector should send, sent: each is in the dead letters with its reason, its good neighbours are folded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import orjson
import pytest
from confluent_kafka import KafkaError, KafkaException, Producer

from engine.codec import decode_dead_letter, encode, roster_hash
from engine.core.snapshot import unpack
from engine.identity import partition_of, slot_key, slot_of
from engine.messages import ContainerSpec, DeadLetter, Metrics, Roster, Size
from engine.shell.settings import DEAD_LETTER, EVENTS, LARGEST_MESSAGE
from tests.broker.faults.checks import compare
from tests.broker.faults.processes import wait_until
from tests.broker.faults.recorded import QUIET, read_all
from tests.broker.faults.system import PARTITIONS, System

pytestmark = pytest.mark.broker
CLUSTER: Final = "north"
SLOT: Final = 1
SLOTS: Final = 4
KEY: Final = slot_key(CLUSTER, SLOT)
HOME: Final = partition_of(CLUSTER, SLOT, PARTITIONS)
SIZE: Final = Size(cpu_request=1.0, cpu_limit=2.0, memory_request=2.0**30, memory_limit=2.0**31)


def workloads(slot: int, count: int) -> list[ContainerSpec]:
    """Containers of workloads that live in this slot."""
    named = (ContainerSpec(namespace="web", workload=f"w{n}", container="app", size=SIZE) for n in range(1000))
    return [spec for spec in named if slot_of(spec.namespace, spec.workload, SLOTS) == slot][:count]


TWO: Final = workloads(SLOT, 2)


def roster(containers: list[ContainerSpec]) -> bytes:
    named = roster_hash(containers)
    return encode(
        Roster(cluster=CLUSTER, slot=SLOT, sent_s=0.0, time_s=0.0, roster=named, containers=containers)
    )


def metrics(now_s: float = 60.0, cpu: list[float | None] | None = None, **changes: object) -> bytes:
    """A good message about TWO, then changed as JSON: also to what no encoder of ours would write."""
    message = Metrics(
        cluster=CLUSTER, slot=SLOT, sent_s=now_s, time_s=now_s, roster=roster_hash(TWO),
        cpu_max=cpu or [0.5, 0.5], memory_max=[1e8, 1e8],
    )  # fmt: skip
    return orjson.dumps({**orjson.loads(encode(message)), **changes})


@dataclass(frozen=True, slots=True)
class Bad:
    """A record, and the reason and the words with which it must come back."""

    name: str
    value: bytes | None
    reason: str
    detail: str = ""
    key: str | None = KEY
    partition: int = HOME


BAD: Final = [
    Bad("truncated", metrics()[:-20], "malformed", "truncated"),
    Bad("not JSON", b"\x00\xff not json", "malformed"),
    Bad("an array", b"[1,2,3]", "malformed", "Expected `object`, got `array`"),
    Bad("empty", b"", "malformed"),
    Bad("null value", None, "malformed"),
    Bad("null key", metrics(), "wrong_key", "Expected key `north/1`, got ``", key=None),
    Bad("text for numbers", metrics(cpu_max="a lot"), "malformed", "Expected `array`, got `str` - at `$.cpu_max`"),
    Bad("text for a number", metrics(cpu_max=["1", 2]), "malformed", "got `str` - at `$.cpu_max[0]`"),
    Bad("NaN", metrics().replace(b"0.5", b"NaN", 1), "malformed"),
    Bad("infinite", metrics().replace(b"0.5", b"1e999", 1), "malformed"),
    Bad("no kind", metrics(kind="rumour"), "malformed", "rumour"),
    Bad("a field missing", metrics().replace(b"roster", b"raster"), "malformed", "missing required field `roster`"),
    Bad("a time beyond 2100", metrics(time_s=1e18), "malformed", "at `$.time_s`"),
    Bad("a time before 1970", metrics(time_s=-5.0), "malformed"),
    Bad("a time in the future", metrics(time_s=9_000.0), "from_the_future"),
    Bad("another major version", metrics(version="2.0"), "unknown_version", "Expected version `1.x`, got `2.0`"),
    Bad("too few cells", metrics(cpu=[0.5]), "column_length", "Expected 2 rows"),
    Bad("a roster never sent", metrics(roster="0" * 16), "unknown_roster"),
    Bad("a container twice", roster([TWO[0], TWO[0]]), "duplicate_rows"),
    Bad("a container of another slot", roster(workloads(SLOT + 1, 1)), "wrong_slot"),
    Bad("an undeclared cluster", metrics(cluster="nowhere"), "undeclared_cluster", key="nowhere/1",
        partition=partition_of("nowhere", SLOT, PARTITIONS)),
    Bad("a slot that is not there", metrics(slot=SLOTS), "undeclared_cluster", key=slot_key(CLUSTER, SLOTS),
        partition=partition_of(CLUSTER, SLOTS, PARTITIONS)),
    Bad("another slot's key", metrics(slot=SLOT + PARTITIONS), "wrong_key"),
    Bad("another partition", metrics(), "wrong_partition", partition=(HOME + 1) % PARTITIONS),
]  # fmt: skip


class Sender:
    """Writes records and says where they came to lie."""

    def __init__(self, broker: str) -> None:
        limit = {"message.max.bytes": 4 * LARGEST_MESSAGE}  # of the client: the refusal shall be the broker's
        self._producer = Producer({"bootstrap.servers": broker, **limit, **QUIET})

    def send(self, value: bytes | None, key: str | None = KEY, partition: int = HOME) -> str:
        """Id of the record, topic/partition/offset. Raises KafkaException when the broker refuses it."""
        told: list[tuple[KafkaError | None, int]] = []
        self._producer.produce(
            EVENTS, value, key, partition, on_delivery=lambda error, message: told.append((error, message.offset()))
        )
        self._producer.flush(20)
        error, offset = told[0]
        if error is not None:
            raise KafkaException(error)
        return f"{EVENTS}/{partition}/{offset}"


def test_malformed_input(system: System) -> None:
    engine = system.engine("engine")
    engine.start().wait_for("running")
    sender = Sender(system.broker.bootstrap)
    sender.send(roster(TWO))
    sender.send(metrics(0.0))
    expected = {}
    for number, bad in enumerate(BAD, start=1):
        expected[sender.send(bad.value, bad.key, bad.partition)] = bad
        sender.send(metrics(15.0 * number))
    with pytest.raises(KafkaException, match="MSG_SIZE_TOO_LARGE"):
        sender.send(metrics(padding="x" * LARGEST_MESSAGE))
    partly = sender.send(metrics(15.0 * len(BAD) + 15.0, [-1.0, 0.5]))
    sender.send(metrics(15.0 * len(BAD) + 15.0, [0.5, 0.5]))  # both rows are duplicates: memory was used
    wait_until("everything folded", system.folded, poll_s=0.2)
    assert engine.running, engine.tail()
    engine.stop()

    run = compare(system)
    letters = dead_letters(system)
    assert letters.keys() == {*expected, f"{partly}/cells"}
    for id_, bad in expected.items():
        assert (bad.name, letters[id_].reason) == (bad.name, bad.reason), letters[id_].detail
        assert bad.detail in letters[id_].detail, bad.name
    (cell,) = letters[f"{partly}/cells"].cells
    assert (cell.row, cell.column, cell.value, cell.reason) == (0, "cpu_max", -1.0, "out_of_range")
    good = 2 * (len(BAD) + 1) + 2 + 2
    counters = unpack(run.truth.rows[KEY]).counters
    assert (counters["samples_folded"], counters["samples_duplicate"]) == (good, 2)


def dead_letters(system: System) -> dict[str, DeadLetter]:
    stored = [decode_dead_letter(record.value or b"") for record in read_all(system.broker.bootstrap, DEAD_LETTER)]
    return {letter.id: letter for letter in stored}
