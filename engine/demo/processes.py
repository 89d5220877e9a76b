"""The demo's child processes: watched, and always ended (the kernel kills them should the demo be killed)."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from engine.broker.processes import spawn, terminate
from engine.errors import TrimtabError
from engine.settings import PREFIX

TERMINATE_S: Final = 20.0
"""How long a child may take to end by itself after SIGTERM, before SIGKILL."""
LAST_LINES: Final = 12
CACHE: Final = f"{PREFIX}CACHE"


class StuckError(TrimtabError):
    """Something that the demo waits for does not come."""


class ChildError(TrimtabError):
    """A program that the demo runs ended when it should not have; the text holds the last lines of its log."""


@dataclass(frozen=True, slots=True)
class Child:
    """A running `trimtab …` and where its output goes."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path

    def ended(self) -> int | None:
        """Exit code, None while it runs."""
        return self.process.poll()

    def error(self) -> ChildError:
        tail = "\n".join(f"  {line}" for line in last_lines(self.log, LAST_LINES)) or "  (it wrote nothing)"
        code = self.process.returncode
        return ChildError(f"the {self.name} ended with exit code {code}; the last lines of {self.log}:\n{tail}")


class Children:
    """Starts `trimtab` programs; leaving the context ends all that still run, whatever happened."""

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self._running: list[Child] = []

    def __enter__(self) -> Self:
        self._logs.mkdir(parents=True, exist_ok=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end_all()

    def start(self, name: str, arguments: list[str]) -> Child:
        """Starts `trimtab ARGUMENTS…`; both its outputs go to `<logs>/<name>.log`."""
        log = self._logs / f"{name}.log"
        log.unlink(missing_ok=True)
        process = spawn([sys.executable, "-m", "engine.cli.main", *arguments], log, env=environment())
        child = Child(name, process, log)
        self._running.append(child)
        return child

    def check(self, *may_end: Child) -> None:
        """Raises ChildError when a child has ended, but for those that may, with exit code 0."""
        for child in self._running:
            code = child.ended()
            if code is not None and not (child in may_end and code == 0):
                raise child.error()

    def wait_until(
        self, holds: Callable[[], bool], what: str, patience_s: float, every_s: float, *may_end: Child
    ) -> None:
        """Raises StuckError when it does not hold in time, ChildError as `check` does."""
        deadline = time.monotonic() + patience_s
        while not holds():
            self.check(*may_end)
            if time.monotonic() > deadline:
                raise StuckError(f"waited {patience_s:.0f} s in vain for {what}; see the logs beside the report")
            time.sleep(every_s)

    def end(self, child: Child) -> None:
        """Ends a child by SIGTERM. Raises ChildError when that was not a clean end."""
        terminate(child.process, TERMINATE_S)
        self._running.remove(child)
        if child.ended() != 0:
            raise child.error()

    def end_all(self) -> None:
        """Ends what still runs: all are told at once, and killed when they take too long."""
        for child in self._running:
            if child.ended() is None:
                child.process.terminate()
        for child in self._running:
            terminate(child.process, TERMINATE_S)
        self._running.clear()


def environment() -> dict[str, str]:
    """Ours without the settings of programs: what a person set for the demo is not meant for its children."""
    return {name: value for name, value in os.environ.items() if not name.startswith(PREFIX) or name == CACHE}


def last_lines(path: Path, count: int) -> list[str]:
    """The last lines of a text file, fewer if it has fewer."""
    return path.read_text(errors="replace").splitlines()[-count:]
