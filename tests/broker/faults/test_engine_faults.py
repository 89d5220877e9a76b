"""The engine killed, restarted, frozen past its session, joined and left: the outcome is the fold's, bit for bit."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterable

import pytest

from engine.core.snapshot import unpack
from engine.identity import slot_key
from engine.shell.exits import ZOMBIE
from engine.shell.settings import CHANGELOG, DECISIONS
from engine.units import BUCKET_S
from tests.broker.faults.checks import check
from tests.broker.faults.processes import Program, wait_until
from tests.broker.faults.recorded import Stored, end_offsets
from tests.broker.faults.strikes import freeze_in_checkpoint, kill_in_checkpoint
from tests.broker.faults.system import PARTITIONS, SESSION_S, System
from tests.broker.faults.truth import decisions_of, last_rows

pytestmark = pytest.mark.broker
MIDDLE_S = (60.0, 240.0)
"""Event time within a bucket that is its middle."""


def started(system: System, name: str) -> Program:
    engine = system.engine(name)
    engine.start().wait_for("running")
    return engine


def restarted(engine: Program) -> Program:
    since = engine.position()
    engine.start().wait_for("running", since)
    return engine


def wait_for_work(system: System, commands: int) -> None:
    """The loop is closed and busy."""
    wait_until(f"{commands} commands", lambda: len(system.commanded()) >= commands, poll_s=0.3)


def test_engine_killed_in_a_checkpoint_and_in_a_bucket(system: System) -> None:
    engine = started(system, "engine")
    system.start_agents()
    wait_for_work(system, 10)
    in_checkpoint = kill_in_checkpoint(engine)
    restarted(engine)
    wait_for_work(system, 40)
    in_bucket_s = kill_in_bucket(system, engine)
    restarted(engine)
    system.wait_for_quiet()
    engine.stop()

    run = check(system)
    assert engine.exits[-1] == 0
    assert engine.exits.count(-signal.SIGKILL) >= 2
    assert in_checkpoint.proof["rows"] > 0
    assert open_buckets(run.changelog, in_bucket_s), "no recovered row had an open bucket"


def kill_in_bucket(system: System, engine: Program) -> float:
    """SIGKILL while a watermark is in the middle of a bucket; returns the wall time.

    Not all of them: the clusters' replays may be out of step for good.
    """

    def in_the_middle() -> bool:
        pages = system.progress(engine).values()
        return any(MIDDLE_S[0] < page["watermark_s"] % BUCKET_S < MIDDLE_S[1] for page in pages)

    wait_until("the middle of a bucket", in_the_middle, poll_s=0.001)
    engine.kill()
    return time.time()


def open_buckets(changelog: Iterable[Stored], before_s: float) -> list[str]:
    """Slots whose last row before a moment holds samples of a bucket that was open."""
    rows = last_rows(record for record in changelog if record.appended_s < before_s)
    return [key for key, row in rows.items() if unpack(row).window.count.any()]


def test_engine_stopped_and_a_second_one_joins_and_leaves(system: System) -> None:
    """Nobody dies: then nothing at all is published twice."""
    first = started(system, "first")
    system.start_agents()
    wait_for_work(system, 10)
    first.stop()
    assert first.said("checkpoint_complete", reason="shutdown")
    since = restarted(first).position()
    wait_for_work(system, 40)
    second = system.engine("second").start()
    shared = [second.wait_for("running")["committed"], first.wait_for("running", since)["committed"]]
    time.sleep(3.0)
    since = first.position()
    second.stop()
    alone = first.wait_for("running", since)["committed"]
    system.wait_for_quiet()
    first.stop()

    run = check(system)
    assert all(shared), "each of the two had partitions"
    assert sorted([*shared[0], *shared[1]]) == sorted(alone) == [str(p) for p in range(PARTITIONS)]
    assert second.said("checkpoint_complete", reason="shutdown")
    assert run.repeated == []


def test_frozen_engine_publishes_nothing_after_another_took_over(system: System) -> None:
    zombie = started(system, "zombie")
    system.start_agents()
    wait_for_work(system, 20)
    strike = freeze_in_checkpoint(zombie)
    time.sleep(0.5)  # what was on its way in sockets has arrived
    frozen_at = {topic: end_offsets(system.broker.bootstrap, topic) for topic in (DECISIONS, CHANGELOG)}
    heir = started(system, "heir")
    taken_over_s = time.time()
    assert taken_over_s - strike.time_s > SESSION_S * 0.8
    wait_for_work(system, len(system.commanded()) + 5)
    since = zombie.position()
    zombie.send(signal.SIGCONT)
    assert zombie.wait() == ZOMBIE
    assert zombie.said("zombie_exit", since)
    system.wait_for_quiet()
    heir.stop()

    run = check(system)
    later = [record for record in run.decisions if record.offset >= frozen_at[DECISIONS][record.partition]]
    ids = [id_ for id_, _ in decisions_of(later)]
    assert len(set(ids)) == len(ids), "a decision was published twice after the freeze"
    assert applied_never_goes_back(run.changelog, frozen_at[CHANGELOG])


def applied_never_goes_back(changelog: list[Stored], since: dict[int, int]) -> bool:
    """Rows of a slot written after a moment have applied more and more."""
    applied: dict[str, int] = {}
    for record in changelog:
        if record.value is None or record.offset < since[record.partition]:
            continue
        state = unpack(record.value)
        key = slot_key(state.cluster, state.slot)
        if state.applied < applied.get(key, -1):
            return False
        applied[key] = state.applied
    return bool(applied)
