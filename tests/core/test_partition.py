"""The fold of a partition: declared clusters, one order, offsets applied once, nothing dropped silently."""

from __future__ import annotations

import base64
from collections.abc import Callable

import pytest
from msgspec.structs import replace

from engine.codec import encode
from engine.core.partition import PartitionFold, Record
from engine.messages import Metrics
from tests.core.build import CONTEXT, Log, autopilot, declare, metrics, roster, specs

TWO = specs(2)


def declared(clock: str = "replay") -> Log:
    log = Log()
    log.add(declare(clock=clock))
    log.add(roster(0.0, TWO))
    return log


def counters(log: Log) -> dict[str, int]:
    names = ("received", "folded", "dead", "late", "duplicate", "stale")
    return {name: log.slot.counters.get(f"samples_{name}", 0) for name in names}


def test_an_undeclared_cluster_goes_to_the_dead_letters() -> None:
    log = Log()
    (letter,) = log.add(metrics(0.0, TWO, [1.0, 2.0])).dead_letters
    assert (letter.reason, letter.samples, letter.id) == ("undeclared_cluster", 2, "events/0/0")
    assert base64.b64decode(letter.payload) == log.records[0].value
    assert log.fold.slots == {}


def test_sent_is_folded_plus_dead_lettered() -> None:
    log = declared()
    log.add(metrics(60.0, TWO, [1.0, 2.0]))
    log.add(metrics(60.0, TWO, [1.0, 2.0]))  # again: two duplicates
    log.add(metrics(75.0, TWO, [-1.0, 2.0]))  # one cell is bad
    log.add(metrics(500.0, TWO, [1.0, None]))
    log.add(metrics(420.0, TWO, [1.0, 1.0]))  # 80 s behind the watermark: late
    log.add(metrics(510.0, specs(3), [1.0, 1.0, 1.0]))  # names a roster that was never sent
    assert counters(log) == {"received": 12, "folded": 8, "dead": 4, "late": 2, "duplicate": 2, "stale": 0}


def test_a_dropped_cell_names_its_container() -> None:
    (letter,) = declared().add(metrics(60.0, TWO, [1.0, -2.0])).dead_letters
    (cell,) = letter.cells
    assert (letter.id, letter.reason, letter.samples) == ("events/0/2/cells", "cells", 1)
    assert (cell.container, cell.column, cell.value) == ("shop/web/w1/app", "cpu_max", -2.0)
    assert cell.reason == "out_of_range"


def _future(event: Metrics) -> Metrics:
    return replace(event, time_s=event.sent_s + 121.0)


def _wrong_slot(event: Metrics) -> Metrics:
    return replace(event, slot=1)


@pytest.mark.parametrize(("change", "reason"), [(_future, "from_the_future"), (_wrong_slot, "wrong_key")])
def test_refused_whole(change: Callable[[Metrics], Metrics], reason: str) -> None:
    log = declared()
    before = log.slot.watermark_s
    event = change(metrics(60.0, TWO, [1.0, 2.0]))
    (letter,) = log.add_bytes(encode(event)).dead_letters
    assert letter.reason == reason
    assert log.slot.watermark_s == before


@pytest.mark.parametrize(
    ("value", "reason", "detail"),
    [
        (b"", "malformed", "Input data was truncated"),
        (b'{"kind":"metrics"', "malformed", "truncated"),
        (b'{"kind":"nonsense","version":"1.0"}', "malformed", "Invalid value 'nonsense' - at `$.kind`"),
        (b'{"kind":"metrics","version":"2.0"}', "unknown_version", "Expected version `1.x`, got `2.0`"),
        (b"\xff\xfe", "malformed", ""),
    ],
)
def test_what_does_not_parse_goes_whole(value: bytes, reason: str, detail: str) -> None:
    log = declared()
    (letter,) = log.add_bytes(value).dead_letters
    assert letter.reason == reason
    assert detail in letter.detail
    assert log.add(metrics(60.0, TWO, [1.0, 2.0])).dead_letters == []


def test_wrong_types_say_where() -> None:
    value = encode(metrics(60.0, TWO, [1.0, 2.0])).replace(b"[1.0,", b'["much",')
    (letter,) = declared().add_bytes(value).dead_letters
    assert letter.detail == "Expected `float | null`, got `str` - at `$.cpu_max[0]`"


def test_an_agent_whose_clock_runs_ahead_is_refused_on_wall_time() -> None:
    log = declared(clock="wall")
    (letter,) = log.add(metrics(10_000.0, TWO, [1.0, 1.0]), appended_s=0.0).dead_letters
    assert letter.reason == "agent_clock"
    assert log.add(metrics(10_000.0, TWO, [1.0, 1.0]), appended_s=9_900.0).dead_letters == []


def test_a_roster_with_a_container_twice_is_refused() -> None:
    log = declared()
    (letter,) = log.add(roster(10.0, [TWO[0], TWO[0]])).dead_letters
    assert letter.reason == "duplicate_rows"


def test_the_last_four_rosters_are_known() -> None:
    log = declared()
    for count in (3, 4, 5, 6):
        log.add(roster(float(count), specs(count)))
    assert log.add(metrics(60.0, specs(3), [1.0] * 3)).dead_letters == []
    (letter,) = log.add(metrics(60.0, TWO, [1.0] * 2)).dead_letters
    assert letter.reason == "unknown_roster"


def test_an_idle_slot_closes_its_bucket_by_its_roster() -> None:
    log = declared()
    log.add(metrics(60.0, TWO, [1.0, 2.0]))
    log.add(roster(900.0, TWO))
    assert log.slot.counters["buckets_closed"] == 1


def test_stale_samples_teach_and_are_counted() -> None:
    log = declared()
    log.add(autopilot("full"))
    for n in range(200):
        effects = log.add(metrics(60.0 * n, TWO, [1.9, 0.01], sent_s=60.0 * n + 7200.0, oom_kills=[1, 0]))
        assert effects.decisions == []
        assert effects.commands == []
    assert counters(log)["stale"] == counters(log)["folded"] == 400
    assert log.slot.forecast.arrays()


def busy_log(minutes: int = 900) -> Log:
    """Containers of which one is idle, one grows, one is killed and one is throttled now and then; auto-pilot on."""
    log, four = Log(), specs(4)
    log.add(declare())
    log.add(autopilot("full"))
    for n in range(minutes):
        if n % 10 == 0:
            log.add(roster(60.0 * n, four))
        cpu = [0.01, 0.2 + n / 1000, 0.3, 1.9 if n % 50 == 0 else 0.4]
        memory = [1e7, 2e8 + n * 1e6, 1.9e9, 5e8]
        throttled = [0.0, 0.0, 0.0, 0.5 if n % 50 == 0 else 0.0]
        kills = [0, 0, int(n % 97 == 0), 0]
        log.add(metrics(60.0 * n, four, cpu, memory, oom_kills=kills, throttled=throttled))
    return log


def test_folding_again_from_any_snapshot_gives_the_same_effects_and_the_same_state() -> None:
    log = busy_log()
    whole = PartitionFold(0, 1, CONTEXT)
    effects = [whole.apply(record) for record in log.records]
    assert sum(len(e.commands) for e in effects) > 3
    key = log.slot.key
    for cut in (5, 333, 700, len(log.records) - 2):
        first = PartitionFold(0, 1, CONTEXT)
        for record in log.records[:cut]:
            first.apply(record)
        second = PartitionFold(0, 1, CONTEXT)
        second.load(key, first.snapshot(key))
        replayed = [second.apply(record) for record in log.records[max(0, cut - 50) :]]
        applied, fresh = replayed[: min(cut, 50)], replayed[min(cut, 50) :]
        assert all(e.decisions == [] and e.commands == [] and e.dead_letters == [] for e in applied)
        assert [e.decisions for e in fresh] == [e.decisions for e in effects[cut:]]
        assert [e.commands for e in fresh] == [e.commands for e in effects[cut:]]
        assert second.snapshot(key) == whole.snapshot(key)


def test_a_record_of_another_partition_is_refused() -> None:
    fold = PartitionFold(1, 2, CONTEXT)
    event = declare()
    records = [Record(partition, 5 + partition, "shop/0", encode(event), 0.0) for partition in (0, 1)]
    reasons = [letter.reason for record in records for letter in fold.apply(record).dead_letters]
    assert reasons == ["wrong_partition"]


def test_a_record_without_a_key_says_which_was_expected_and_counts_its_samples() -> None:
    log = declared()
    (letter,) = log.add_bytes(encode(metrics(60.0, TWO, [1.0, 2.0])), key="").dead_letters
    assert (letter.reason, letter.detail, letter.samples) == ("wrong_key", "Expected key `shop/0`, got ``", 2)
