"""The ways in which the engine ends itself: at once, without committing, with a log line that says why.

What was not committed is read again: exiting is always safe, going on with a doubt is not.
"""

from __future__ import annotations

import os
import sys
from typing import Any, Final, NoReturn

import structlog

FATAL: Final = 70
ZOMBIE: Final = 75
log = structlog.get_logger("engine")


def die(event: str, code: int = FATAL, **details: Any) -> NoReturn:
    """Logs, flushes and ends the process now: no handlers, no flush of producers, no commit."""
    log.error(event, exit_code=code, **details)
    sys.stderr.flush()
    os._exit(code)
