"""Hours of workloads through the whole fold: sums by hand, told once, exact in a replay, mergeable.

Samples come once a minute at the price of m5.large, 0.034 USD a core-hour and 0.0035 a GiB-hour.
"""

from __future__ import annotations

import zlib

import orjson
import pytest
from msgspec.structs import replace

from engine.codec import encode
from engine.core.account import AccountRows, count_in_hour
from engine.core.decide import JudgementRows
from engine.core.effects import Effects
from engine.core.partition import PartitionFold
from engine.core.snapshot import PREFIX, pack, unpack
from engine.messages import ContainerSpec, Outcome, Size
from engine.units import GIB
from tests.core.build import CLUSTER, CONTEXT, SIZE, Log, declare, metrics, roster, specs
from tests.core.test_rollback import closed_loop

HOUR = 3600.0


def pair() -> list[ContainerSpec]:
    """Two containers of one workload, of two replicas each, and one of another."""
    web = [replace(specs(1)[0], container=name, replicas=2) for name in ("app", "proxy")]
    return [*web, specs(2)[1]]


def watched(minutes: int) -> tuple[Log, Effects]:
    rows = pair()
    log, effects = Log(), Effects()
    log.add(declare())
    for n in range(minutes):
        if n % 10 == 0:
            effects.extend(log.add(roster(60.0 * n, rows)))
        used = metrics(60.0 * n, rows, [0.25, 0.5, 1.5], [GIB / 4, GIB / 2, GIB / 2])
        effects.extend(log.add(used))
    return log, effects


def test_an_hour_of_a_workload_by_hand() -> None:
    _, effects = watched(70)
    [web, other] = effects.aggregates
    assert (web.cluster, web.slot, web.namespace, web.workload, web.hour_s) == (CLUSTER, 0, "web", "w0", 0.0)
    assert web.container_hours == 4.0
    assert (web.cpu.requested, web.cpu.used, web.cpu.wasted) == (4.0, 1.5, 2.5)
    assert (web.memory.requested, web.memory.used, web.memory.wasted) == (4.0, 1.5, 2.5)
    assert (web.saved_usd, web.promised_usd) == (0.0, 0.0)
    assert (other.workload, other.cpu.wasted, other.cpu.used) == ("w1", 0.0, 1.5)


def test_each_hour_is_told_once_also_when_no_sample_comes_any_more() -> None:
    log, effects = watched(130)
    assert [one.hour_s for one in effects.aggregates if one.workload == "w1"] == [0.0, HOUR]
    last = log.add(roster(4 * HOUR, pair())).aggregates
    assert [(one.hour_s, round(one.container_hours, 4)) for one in last if one.workload == "w1"] == [(2 * HOUR, 0.1667)]
    assert log.add(roster(9 * HOUR, pair())).aggregates == []
    assert not any(getattr(log.slot.account, name).any() for name in ("buckets", "requested", "used", "decisions"))


def test_a_resource_without_a_sample_is_not_wasted() -> None:
    log, one = Log(), specs(1)
    log.add(declare())
    log.add(roster(0.0, one))
    for n in range(70):
        told = log.add(metrics(60.0 * n, one, [0.25])).aggregates or []
        if told:
            assert (told[0].cpu.wasted, told[0].memory.wasted, told[0].memory.requested) == (0.75, 0.0, 1.0)
            return
    pytest.fail("no hour was told")


def test_what_is_saved_is_the_difference_to_the_first_request_over_time() -> None:
    """A cut to 0.5 cores and 0.5 GiB, 30 minutes into the hour that begins at 1 h, with two replicas."""
    one = [replace(specs(1)[0], replicas=2)]
    log, told = Log(), Effects()
    log.add(declare())
    log.add(roster(0.0, one))
    for n in range(3 * 60 + 10):
        if n == 90:
            cut = Size(0.5, 2.0, GIB / 2, 2 * GIB)
            log.slot.decide.pending_id[0], log.slot.judgement.phase[0] = 7, 0
            log.slot.decide.before_request[0] = [1.0, GIB]
            done = Outcome(
                cluster=CLUSTER, slot=0, sent_s=5400.0, container="shop/web/w0/app", command_id=f"{7:016x}",
                status="applied", size=cut, time_s=5400.0,
            )  # fmt: skip
            told.extend(log.add(done))
            one_cut = [replace(one[0], size=cut)]
            told.extend(log.add(roster(5401.0, one_cut)))
        rows = one if n < 90 else one_cut
        told.extend(log.add(metrics(60.0 * n, rows, [0.25], [GIB / 4])))
    hourly = 2 * (0.5 * 0.034 + 0.5 * 0.0035)
    saved = [one.saved_usd for one in told.aggregates]
    # The outcome is folded before the bucket that ends at 5400 s closes: 7 of 12 buckets.
    assert saved == pytest.approx([0.0, hourly * 7 / 12, hourly], abs=1e-6)
    assert log.slot.account.saved[0] == pytest.approx(sum(saved), abs=1e-6)


def test_hours_and_judgements_are_exact_in_a_replay_from_any_snapshot() -> None:
    log = closed_loop(1200)
    whole = PartitionFold(0, 1, CONTEXT)
    effects = [whole.apply(record) for record in log.records]
    assert sum(len(e.aggregates) for e in effects) >= 4 * 19
    assert sum(len(e.judgements) for e in effects) > 10
    cut = 700
    first, second = PartitionFold(0, 1, CONTEXT), PartitionFold(0, 1, CONTEXT)
    for record in log.records[:cut]:
        first.apply(record)
    second.load(log.slot.key, first.snapshot(log.slot.key))
    again = [second.apply(record) for record in log.records[cut:]]
    for name in ("aggregates", "judgements"):
        said = [[encode(one) for one in getattr(e, name)] for e in effects[cut:]]
        assert [[encode(one) for one in getattr(e, name)] for e in again] == said


def test_sums_of_parts_are_the_sum_of_the_whole() -> None:
    _, effects = watched(250)
    of_web = [one for one in effects.aggregates if one.workload == "w0"]
    assert sum(one.container_hours for one in of_web) == 4.0 * 4
    assert sum(one.cpu.used for one in of_web) == 1.5 * 4


def test_counts_are_the_workloads() -> None:
    log, one = Log(), specs(1, size=SIZE)
    log.add(declare())
    log.add(roster(0.0, one))
    told = Effects()
    for n in range(62):
        wrong = n in {5, 6, 30}
        told.extend(
            log.add(metrics(60.0 * n, one, [0.5], [GIB / 2], oom_kills=[2 * wrong], throttled=[0.5 * wrong]))
        )
    log.add(metrics(60.0 * 62, one, [0.5], [GIB / 2]))
    told.extend(log.add(roster(4200.0, one)))
    [hour] = told.aggregates
    assert (hour.oom_kills, hour.throttled_minutes) == (6, 10)
    assert hour.decisions == sum(decision.action != "hold" for decision in told.decisions) > 0


def test_a_counter_stays_at_its_most() -> None:
    account = AccountRows.empty(1)
    count_in_hour(account.decisions, 0, 250)
    count_in_hour(account.decisions, 0, 10)
    assert account.decisions[0] == 255


def test_what_feedback_remembers_fits_sixty_bytes_and_an_older_row_gets_it_fresh() -> None:
    assert JudgementRows.empty().row_bytes() + AccountRows.empty().row_bytes() <= 60
    log, _ = watched(100)
    row = pack(log.slot)
    magic, version, length = PREFIX.unpack_from(row)
    header = orjson.loads(zlib.decompress(row[PREFIX.size : PREFIX.size + length]))
    del header["slot"]["hour"], header["columns"]["judgement"], header["columns"]["account"]
    header["rosters"], header["lists"] = {}, []
    head, rows = zlib.compress(orjson.dumps(header)), len(log.slot.containers)
    added = rows * 60 + rows * 2  # the last are those of the roster
    state = unpack(PREFIX.pack(magic, version, len(head)) + head + row[PREFIX.size + length : len(row) - added])
    assert state.hour == -1
    assert not state.account.buckets.any()
    assert state.decide.peaks.tobytes() == log.slot.decide.peaks.tobytes()
