"""What an executor writes to: a small interface, and the simulated cluster behind it."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple, Protocol, TypeVar

from agents.simulated.cluster import SimulatedCluster
from engine.errors import TrimtabError, UserError
from engine.messages import Command, Size

T = TypeVar("T")
Clock = Callable[[], float | None]
"""Seconds since 1970; None while a replay has not begun."""


class TargetError(TrimtabError):
    """The cluster did not do what it was asked: one sentence of why."""


class Found(NamedTuple):
    """One container as it is. `last_command` is the id of the command that wrote it last, None for nobody's."""

    size: Size
    last_command: str | None


class Target(Protocol):
    """A cluster. `container` is cluster/namespace/workload/container. All methods raise TargetError."""

    async def look(self, container: str) -> Found | None:
        """The container's present size and last command, None where no such container runs."""

    async def apply(self, command: Command) -> Size:
        """Sets all replicas to the command's target; returns what then holds.

        Records the command's id with the container in the same write: so `look` tells afterwards, whatever died in
        between, whether the write happened.
        """
        ...

    async def close(self) -> None: ...


class SimulatedTarget:
    """A `SimulatedCluster` file, shared with a collector."""

    def __init__(self, cluster: SimulatedCluster) -> None:
        self._cluster = cluster

    async def look(self, container: str) -> Found | None:
        row = _asked(lambda: self._cluster.look(container))
        return None if row is None else Found(*row)

    async def apply(self, command: Command) -> Size:
        _asked(lambda: self._cluster.write(command.container, command.id, command.target))
        return command.target

    async def close(self) -> None:
        self._cluster.close()


def _asked(call: Callable[[], T]) -> T:
    try:
        return call()
    except KeyError as error:
        raise TargetError(f"there is no container {error.args[0]}") from error
    except sqlite3.Error as error:
        raise TargetError(f"the file of the simulated cluster: {error}") from error


NAMES: Final = ("simulated",)


def open_target(name: str, clock: str, cluster: str, simulated: Path | None) -> tuple[Target, Clock]:
    """The target called `name` and the clock called `clock` (`wall` or `replay`).

    Only the simulated target knows a replay's clock: with any other, commands would not expire against real time.
    Raises UserError.
    """
    if clock == "replay" and name != "simulated":
        raise UserError(f"--clock replay needs --target simulated: --target {name} lives in real time.")
    if name not in NAMES:
        raise UserError(f"--target {name} is unknown: expected one of {', '.join(NAMES)}.")
    if simulated is None:
        raise UserError("--target simulated needs --simulated PATH, the file of the simulated cluster.")
    opened = SimulatedCluster(simulated)
    opened.claim(cluster)
    return SimulatedTarget(opened), opened.clock if clock == "replay" else time.time
