"""What an executor writes to: a small interface, and the simulated cluster behind it."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol, TypeVar

from agents.executor.guard import Refusal
from agents.simulated.cluster import SimulatedCluster
from engine.errors import TrimtabError, UserError
from engine.messages import Command, Size

T = TypeVar("T")
Clock = Callable[[], float | None]
"""Seconds since 1970; None while a replay has not begun."""


class TargetError(TrimtabError):
    """The cluster did not do what it was asked: one sentence of why, and the reason that the outcome has."""

    def __init__(self, text: str, code: str = "target_error") -> None:
        super().__init__(text)
        self.code = code


class Changed(TrimtabError):
    """The container is no longer as it was judged, and nothing was written: look and judge again."""


class Found(NamedTuple):
    """One container as it is. `last_command` is the id of the command that wrote it last, None for nobody's."""

    size: Size
    last_command: str | None
    live: Any = None
    """What the target read, for itself."""


class Begun(NamedTuple):
    """A command that was begun and not finished, and where."""

    command_id: str
    namespace: str
    workload: str
    container: str


class Target(Protocol):
    """A cluster. `container` is cluster/namespace/workload/container. All methods raise TargetError."""

    at_once: int
    """Containers that are written side by side."""
    hurry_s: float | None
    """After so long a batch no longer waits for its slow commands, which go on beside the next. None: it waits."""

    async def look(self, container: str) -> Found | None:
        """The container's present size and last command, None where no such container runs."""

    async def refuse(self, command: Command, found: Found) -> Refusal | None:
        """What only this kind of cluster has against the command, by fresh reads; None when it may be applied."""

    async def apply(self, command: Command, found: Found) -> Size:
        """Sets all replicas to the command's target; returns what then holds. `found` is what was judged.

        Records the command's id with the container before or with the write: so `look` tells afterwards, whatever
        died in between, that the write was begun. Raises Changed.
        """
        ...

    async def finish(self, command_id: str, container: str, found: Found) -> Size:
        """Ends what was begun for a command that `found` names as the last; returns what then holds."""
        ...

    async def begun(self, older_than_s: float) -> list[Begun]:
        """What some executor, with whatever ledger, began so long ago, at least, and did not finish."""
        ...

    async def close(self) -> None: ...


class SimulatedTarget:
    """A `SimulatedCluster` file, shared with a collector. A write is whole or did not happen."""

    at_once = 1
    hurry_s: float | None = None

    def __init__(self, cluster: SimulatedCluster) -> None:
        self._cluster = cluster

    async def look(self, container: str) -> Found | None:
        row = _asked(lambda: self._cluster.look(container))
        return None if row is None else Found(*row)

    async def refuse(self, command: Command, found: Found) -> Refusal | None:
        return None

    async def apply(self, command: Command, found: Found) -> Size:
        _asked(lambda: self._cluster.write(command.container, command.id, command.target, command.move_to))
        return command.target

    async def finish(self, command_id: str, container: str, found: Found) -> Size:
        return found.size

    async def begun(self, older_than_s: float) -> list[Begun]:
        return []

    async def close(self) -> None:
        self._cluster.close()


def _asked(call: Callable[[], T]) -> T:
    try:
        return call()
    except KeyError as error:
        raise TargetError(f"there is no container {error.args[0]}") from error
    except sqlite3.Error as error:
        raise TargetError(f"the file of the simulated cluster: {error}") from error


NAMES: Final = ("simulated", "kubernetes")


def open_target(name: str, clock: str, cluster: str, simulated: Path | None) -> tuple[Target, Clock]:
    """The simulated target and the clock called `clock` (`wall` or `replay`); that of Kubernetes is opened elsewhere.

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
