"""The spool keeps order and loses nothing but what its bounds drop, which it counts."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from agents.collector.message import METRICS, Message, Stored
from agents.collector.spool import Spool

PARTITIONS = 3
LIMIT = 200
AGE_S = 100.0


def message(partition: int, payload: bytes, samples: int = 1) -> Message:
    return Message(partition, f"c/{partition}", METRICS, samples, 0.0, payload)


class Life(RuleBasedStateMachine):
    """Against a model: all messages in the order in which they came, and what became of each."""

    def __init__(self) -> None:
        super().__init__()
        self.path = Path(tempfile.mkdtemp()) / "spool.sqlite"
        self.spool = Spool(self.path, LIMIT, AGE_S)
        self.taken: list[Message] = []
        self.done: dict[int, list[bytes]] = {p: [] for p in range(PARTITIONS)}
        self.sending: dict[int, list[Stored]] = {}
        self.samples = {"sent": 0, "set_aside": 0}
        self.now_s = 0.0

    @rule(scrape=st.lists(st.tuples(st.integers(0, PARTITIONS - 1), st.integers(4, 90), st.integers(0, 9)), max_size=5))
    def put(self, scrape: list[tuple[int, int, int]]) -> None:
        first = len(self.taken)
        messages = [message(p, b"%04d" % (first + i) + b"x" * (n - 4), s) for i, (p, n, s) in enumerate(scrape)]
        self.spool.put(messages, self.now_s, {"position": first + len(messages)})
        self.taken += messages

    @rule(seconds=st.sampled_from([1.0, 60.0]))
    def wait(self, seconds: float) -> None:
        self.now_s += seconds

    @rule(partition=st.integers(0, PARTITIONS - 1), limit=st.integers(1, 4))
    def send(self, partition: int, limit: int) -> None:
        self.sending[partition] = self.spool.head(partition, limit, 150)

    @rule(partition=st.integers(0, PARTITIONS - 1), refused=st.booleans())
    def answer(self, partition: int, refused: bool) -> None:
        batch = self.sending.pop(partition, [])
        if refused:
            batch = batch[:1]
            for stored in batch:
                self.spool.set_aside(stored, "because")
        else:
            self.spool.acknowledge(batch)
        self.samples["set_aside" if refused else "sent"] += sum(stored.samples for stored in batch)
        self.done[partition] += [stored.payload for stored in batch]
        self.spool.release(partition)

    @rule()
    def crash(self) -> None:
        """Another process opens the file; the one before never closed it."""
        self.spool = Spool(self.path, LIMIT, AGE_S)
        self.sending.clear()

    @invariant()
    def order_holds_and_all_is_accounted_for(self) -> None:
        counts = self.spool.counters()
        waiting = 0
        for partition in range(PARTITIONS):
            came = [m.payload for m in self.taken if m.partition == partition]
            left = [payload for (payload,) in self._rows(partition)]
            seen = self.done[partition] + left
            assert [payload for payload in came if payload in set(seen)] == seen
            waiting += len(left)
        gone = sum(len(done) for done in self.done.values())
        assert len(self.taken) == gone + waiting + counts["messages_dropped"]
        assert counts["samples_taken"] == sum(m.samples for m in self.taken)
        assert counts["samples_sent"] == self.samples["sent"]
        assert counts["samples_set_aside"] == self.samples["set_aside"]
        assert self.spool.waiting().messages == waiting
        assert (self.spool.fact("position") or 0) == len(self.taken)

    @invariant()
    def bound_holds_but_for_what_is_being_sent(self) -> None:
        sending = sum(len(stored.payload) for batch in self.sending.values() for stored in batch)
        assert self.spool.waiting().bytes <= LIMIT + sending

    def _rows(self, partition: int) -> list[tuple[bytes]]:
        query = "SELECT payload FROM messages WHERE partition = ? ORDER BY id"
        return list(self.spool._database.execute(query, (partition,)))


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=40, stateful_step_count=30)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "spool.sqlite"


def test_oldest_goes_first(path: Path) -> None:
    spool = Spool(path, 10, AGE_S)
    assert spool.put([message(0, b"aaaa", 5), message(0, b"bbbb", 6)], 0.0) == 0
    assert spool.put([message(0, b"cccc", 7)], 0.0) == 1  # 12 bytes: 4 too many for 10
    assert [stored.payload for stored in spool.head(0, 10, 100)] == [b"bbbb", b"cccc"]
    assert (spool.counters()["messages_dropped"], spool.counters()["samples_dropped"]) == (1, 5)


def test_what_is_being_sent_is_not_dropped(path: Path) -> None:
    spool = Spool(path, 8, AGE_S)
    spool.put([message(0, b"aaaa"), message(0, b"bbbb")], 0.0)
    head = spool.head(0, 1, 100)
    spool.put([message(0, b"cccc")], 0.0)  # `aaaa` is on its way, so `bbbb` goes
    spool.acknowledge(head)
    assert [stored.payload for stored in spool.head(0, 10, 100)] == [b"cccc"]


def test_old_messages_go(path: Path) -> None:
    spool = Spool(path, 1000, AGE_S)
    spool.put([message(0, b"old")], 0.0)
    assert spool.put([message(0, b"new")], AGE_S + 1.0) == 1
    assert [stored.payload for stored in spool.head(0, 10, 100)] == [b"new"]


def test_a_head_has_one_message_however_large(path: Path) -> None:
    spool = Spool(path, 1000, AGE_S)
    spool.put([message(0, b"x" * 300), message(0, b"y")], 0.0)
    assert [len(stored.payload) for stored in spool.head(0, 10, 100)] == [300]


def test_set_aside_keeps_the_payload_and_the_reason(path: Path) -> None:
    spool = Spool(path, 1000, AGE_S)
    spool.put([message(0, b"poison", 3), message(0, b"good")], 0.0)
    spool.set_aside(spool.head(0, 1, 100)[0], "too large")
    assert [stored.payload for stored in spool.head(0, 10, 100)] == [b"good"]
    assert list(spool._database.execute("SELECT reason, payload FROM set_aside")) == [("too large", b"poison")]
