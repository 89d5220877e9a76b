"""Child processes that never outlive their parent."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

_PR_SET_PDEATHSIG: Final = 1


def spawn(arguments: list[str], log: Path, **options: Any) -> subprocess.Popen[bytes]:
    """Starts a process in a session of its own (Ctrl-C does not reach it), its output appended to `log`.

    On Linux the kernel kills it when the thread that started it ends, however it ends: so start it from the main
    thread, or from one that lives as long.
    """
    with log.open("ab") as output:
        return subprocess.Popen(
            arguments,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_die_with(os.getpid()) if sys.platform == "linux" else None,  # noqa: PLW1509 - system calls only
            **options,
        )


def _die_with(parent: int) -> Callable[[], None]:
    prctl = ctypes.CDLL(None).prctl  # resolved before the fork: after it nothing may be loaded

    def hook() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)

    return hook


def terminate(process: subprocess.Popen[bytes], patience_s: float) -> int:
    """SIGTERM, and SIGKILL when that did not help in time. Returns the exit status; fine when it has ended already."""
    if process.poll() is None:
        process.send_signal(signal.SIGCONT)  # a stopped process would not see the other
        process.terminate()
    try:
        return process.wait(patience_s)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()
