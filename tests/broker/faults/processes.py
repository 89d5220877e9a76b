"""Programs under test: real processes with a log each, that are signalled, watched, and ended by their own ids."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, TypeVar

import orjson

from engine.broker.processes import spawn, terminate

T = TypeVar("T")
PATIENCE_S: Final = 60.0
STOP_S: Final = 30.0
TAIL: Final = 25


def wait_until(what: str, probe: Callable[[], T | None], timeout_s: float = PATIENCE_S, poll_s: float = 0.05) -> T:
    """The first truthy answer of `probe`. Fails the test when none came in time."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if answer := probe():
            return answer
        time.sleep(poll_s)
    raise AssertionError(f"waited {timeout_s:.0f} s in vain: {what}")


class Program:
    """A `trimtab …` of which one process runs at a time; all of them write JSON lines to one log."""

    def __init__(self, name: str, arguments: list[str], folder: Path) -> None:
        self.name = name
        self.arguments = arguments
        self.log = folder / f"{name}.log"
        self.log.touch()
        self.exits: list[int] = []
        """Exit codes of its processes so far, negative for signals."""
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None, f"{self.name} was never started"
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> Program:
        assert not self.running, f"{self.name} runs already"
        command = [sys.executable, "-m", "engine.cli.main", *self.arguments]
        environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
        self._process = spawn([*command, "--log-level", "debug", "--log-format", "json"], self.log, env=environment)
        return self

    def send(self, number: signal.Signals) -> None:
        assert self.running, f"{self.name} is gone, exit codes {self.exits}\n{self.tail()}"
        os.kill(self.pid, number)

    def kill(self) -> int:
        """SIGKILL; returns the pid that died of it."""
        self.send(signal.SIGKILL)
        assert self.wait() == -signal.SIGKILL, f"{self.name} ended before the kill"
        return self.pid

    def stop(self) -> None:
        """SIGTERM; fails when that is not followed by a clean end."""
        self.send(signal.SIGTERM)
        code = self.wait(STOP_S)
        assert code == 0, f"{self.name} ended with {code} after SIGTERM\n{self.tail()}"

    def wait(self, timeout_s: float = PATIENCE_S) -> int:
        """Exit code, once it has ended."""
        assert self._process is not None
        try:
            code = self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self.name} did not end within {timeout_s:.0f} s\n{self.tail()}") from None
        self.exits.append(code)
        return code

    def end(self) -> None:
        """Whatever state it is in, afterwards it is gone."""
        if self._process is not None:
            terminate(self._process, STOP_S)

    def position(self) -> int:
        """End of the log now, to look only at what comes after."""
        return self.log.stat().st_size

    def entries(self, since: int = 0) -> Iterator[Mapping[str, Any]]:
        """Complete lines of the log from a position on, as far as they are JSON objects."""
        with self.log.open("rb") as file:
            file.seek(since)
            lines = file.read().split(b"\n")[:-1]
        for line in lines:
            if line.startswith(b"{"):
                yield orjson.loads(line)

    def said(self, event: str, since: int = 0, **fields: Any) -> list[Mapping[str, Any]]:
        """Log entries of this event with these fields."""
        wanted = {"event": event, **fields}
        return [e for e in self.entries(since) if all(e.get(name) == value for name, value in wanted.items())]

    def wait_for(self, event: str, since: int = 0, timeout_s: float = PATIENCE_S, **fields: Any) -> Mapping[str, Any]:
        """The first such entry after `since`; returns within a millisecond of its appearance."""

        def probe() -> Mapping[str, Any] | None:
            found = self.said(event, since, **fields)
            assert found or self.running, f"{self.name} ended before `{event}`"
            return found[0] if found else None

        try:
            return wait_until(f"`{event}` in the log of {self.name}", probe, timeout_s, poll_s=0.001)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.tail()}") from None

    def tail(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines()[-TAIL:]
        return "\n".join([f"--- last lines of {self.log}", *lines])
