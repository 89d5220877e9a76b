"""The running programs of one control plane."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Final

from engine.broker.processes import spawn, terminate
from engine.control_plane.client import until
from engine.errors import UserError

_STOP_S: Final = 1.0  # an API server outlives SIGTERM by more than its data need
_READY_S: Final = 120.0


class Programs:
    """Starts programs of `binaries`, each with a log of its own in `logs`; they end with the thread that did."""

    def __init__(self, binaries: Path, logs: Path) -> None:
        self._binaries, self.logs = binaries, logs
        logs.mkdir(parents=True, exist_ok=True)
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    @property
    def pids(self) -> dict[str, int]:
        return {name: process.pid for name, process in self._running.items() if process.poll() is None}

    def start(self, name: str, arguments: list[str]) -> None:
        self._running[name] = spawn([str(self._binaries / name), *arguments], self.log(name), cwd=self.logs)

    def log(self, name: str) -> Path:
        return self.logs / f"{name}.log"

    def kill(self, name: str) -> None:
        """SIGKILL and wait."""
        self._running[name].kill()
        self._running[name].wait()

    def stop(self) -> None:
        """The last started first, so that none loses what it talks to."""
        for name in reversed(list(self._running)):
            terminate(self._running.pop(name), _STOP_S)

    def check(self) -> None:
        """Raises UserError when one of them has ended by itself."""
        for name, process in self._running.items():
            if process.poll() is not None:
                raise UserError(f"{name} ended with status {process.returncode}: {self._last_words(name)}")

    def wait_until(self, name: str, probe: Callable[[], bool]) -> None:
        """Waits until `probe()` holds. Raises UserError when a program ends meanwhile, or after two minutes."""

        def holds() -> bool:
            self.check()
            return probe()

        if not until(holds, _READY_S):
            raise UserError(f"{name} did not get ready within {_READY_S:.0f} s, see {self.log(name)}")

    def _last_words(self, name: str) -> str:
        lines = [line for line in self.log(name).read_text(errors="replace").splitlines() if line.strip()]
        errors = [line for line in lines if line.startswith(("E", "F", "Error", "error")) or "fatal" in line]
        return (errors or lines or ["it said nothing"])[-1][:300]
