"""Faults that must hit a certain moment. Each returns the proof that it did, or strikes again."""

from __future__ import annotations

import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from tests.broker.faults.processes import Program, wait_until

ATTEMPTS: Final = 8


@dataclass(frozen=True, slots=True)
class Strike:
    """When it hit (wall time), and the log entry that proves the moment."""

    time_s: float
    proof: Mapping[str, Any]


def unfinished_checkpoint(engine: Program, since: int) -> Mapping[str, Any] | None:
    """The last checkpoint that the log says was begun and not committed, from the position `since` on."""
    begun = engine.said("checkpoint_begin", since)
    if not begun or any(e["checkpoint"] == begun[-1]["checkpoint"] for e in engine.said("checkpoint_committed", since)):
        return None
    return begun[-1]


def signal_in_checkpoint(engine: Program, number: signal.Signals) -> Strike | None:
    """Sends a signal as soon as a checkpoint with rows has begun; None when it was over before the signal came."""
    since = engine.position()

    def begun() -> bool:
        return any(entry["rows"] for entry in engine.said("checkpoint_begin", since))

    wait_until("a checkpoint with rows", begun, poll_s=0.0005)
    engine.send(number)
    time_s = time.time()
    if number == signal.SIGKILL:
        assert engine.wait() == -signal.SIGKILL
    time.sleep(0.1)  # what it wrote before it was hit is in its log by now
    unfinished = unfinished_checkpoint(engine, since)
    return None if unfinished is None else Strike(time_s, unfinished)


def kill_in_checkpoint(engine: Program) -> Strike:
    """SIGKILL between `checkpoint_begin` and `checkpoint_committed`; the engine is left dead."""
    for _ in range(ATTEMPTS):
        strike = signal_in_checkpoint(engine, signal.SIGKILL)
        if strike is not None:
            return strike
        since = engine.position()
        engine.start().wait_for("running", since)
    raise AssertionError(f"{ATTEMPTS} kills all came between two checkpoints\n{engine.tail()}")


def freeze_in_checkpoint(engine: Program) -> Strike:
    """SIGSTOP between `checkpoint_begin` and `checkpoint_committed`: when it wakes up it wants to write and commit."""
    for _ in range(ATTEMPTS):
        strike = signal_in_checkpoint(engine, signal.SIGSTOP)
        if strike is not None:
            return strike
        engine.send(signal.SIGCONT)
    raise AssertionError(f"{ATTEMPTS} stops all came between two checkpoints\n{engine.tail()}")
