"""What must hold at the end of every run, whatever was done to its processes."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Final

import numpy as np

from engine.codec import decode_event
from engine.core.batch import samples_in
from engine.core.snapshot import unpack
from engine.messages import Metrics
from engine.shell.context import shipped_context
from engine.shell.settings import AGGREGATES, CHANGELOG, DEAD_LETTER, DECISIONS, EVENTS
from tests.broker.faults.clusters import writes
from tests.broker.faults.recorded import Stored, read_all
from tests.broker.faults.system import PARTITIONS, System
from tests.broker.faults.truth import (
    Truth,
    aggregates_of,
    assert_published,
    commands_of,
    dead_letters_of,
    decisions_of,
    fold_log,
    last_rows,
)

LEAST_APPLIED: Final = 100


@dataclass(frozen=True, slots=True)
class Run:
    """A run as the broker holds it, and ids that were published more than once, always with equal bytes."""

    truth: Truth
    log: list[Stored]
    changelog: list[Stored]
    decisions: list[Stored]
    repeated: list[str]


def check(system: System) -> Run:
    """All that must hold at the end of a run with a closed loop."""
    run = compare(system)
    sent = sum(_samples(record) for record in run.log)
    folded, dead = run.truth.counters["samples_folded"], run.truth.samples_dead
    assert sent == folded + dead, f"{sent} sent, {folded} folded, {dead} dead-lettered"
    assert_applied_once(system)
    return run


def compare(system: System) -> Run:
    """Everything that was published is the fold of the log, and so is the state. The engines must have been stopped."""
    address = system.broker.bootstrap
    log = read_all(address, EVENTS)
    truth = fold_log(log, PARTITIONS, shipped_context())
    decisions = read_all(address, DECISIONS)
    commands = [record for cluster in system.clusters for record in read_all(address, f"commands.{cluster.name}")]
    repeated = assert_published("decisions", decisions_of(decisions), truth.decisions)
    aggregates = aggregates_of(read_all(address, AGGREGATES))
    repeated += assert_published("aggregates", aggregates, truth.aggregates)
    repeated += assert_published("commands", commands_of(commands), truth.commands)
    repeated += assert_published("dead letters", dead_letters_of(read_all(address, DEAD_LETTER)), truth.dead_letters)
    changelog = read_all(address, CHANGELOG)
    assert_same_rows(last_rows(changelog), truth.rows)
    return Run(truth, log, changelog, decisions, repeated)


def assert_same_rows(stored: dict[str, bytes], truth: dict[str, bytes]) -> None:
    """The last row of each slot is, byte for byte, the state that the fold comes to."""
    assert stored.keys() == truth.keys()
    for key, row in truth.items():
        assert stored[key] == row, f"the row of {key} differs: {difference(stored[key], row)}"


def difference(stored: bytes, truth: bytes) -> str:
    """The first parts in which two rows differ, for people."""
    found, expected = unpack(stored), unpack(truth)
    parts = []
    for name in found.__slots__:
        here, there = getattr(found, name), getattr(expected, name)
        if hasattr(here, "arrays"):
            columns = [c for c, a in here.arrays().items() if not np.array_equal(a, there.arrays()[c], equal_nan=True)]
            parts += [f"{name}.{column}" for column in columns]
        elif here != there:
            parts.append(f"{name} is {here!r}, the fold says {there!r}")
    return "; ".join(parts)[:2000]


def _samples(record: Stored) -> int:
    event = decode_event(record.value or b"")
    return samples_in(event) if isinstance(event, Metrics) else 0


def assert_applied_once(system: System) -> None:
    """No command was written twice, and what was written is what was reported; enough of them to mean something."""
    outcomes = system.outcomes()
    applied = {id_ for id_, found in outcomes.items() if any(outcome.status == "applied" for outcome in found)}
    written = [id_ for cluster in system.clusters for id_ in writes(cluster)]
    twice = [id_ for id_, count in Counter(written).items() if count > 1]
    assert not twice, f"{len(twice)} commands were applied twice, such as {twice[0]}"
    assert set(written) == applied, f"written and not reported, or the reverse: {sorted(set(written) ^ applied)[:5]}"
    assert all(len({outcome.status for outcome in found}) == 1 for found in outcomes.values())
    assert len(applied) >= LEAST_APPLIED, f"only {len(applied)} commands were applied: the run proves little"

