"""Keeps the libraries' logs readable: in a broker outage aiokafka says the same some seventy times a second."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Final

LIBRARIES: Final = ("faust", "mode", "aiokafka", "asyncio", "engine.shell")
"""The last is for Faust's services of ours, which it logs under their module; our own events have other names."""
SILENCE_S: Final = 5.0


class OncePerWhile(logging.Filter):
    """Lets one of equal messages (same logger, same format) through in so many seconds."""

    def __init__(self, silence_s: float = SILENCE_S, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._silence_s = silence_s
        self._clock = clock
        self._said: dict[tuple[str, str], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        if not record.name.startswith(LIBRARIES):
            return True
        sentence = (record.name, str(record.msg))
        if self._clock() - self._said.get(sentence, float("-inf")) < self._silence_s:
            return False
        self._said[sentence] = self._clock()
        return True


def quieten() -> None:
    """Warnings and errors only of the libraries, and each at most once in a while. Call after `logs.configure`."""
    for library in LIBRARIES:
        logging.getLogger(library).setLevel(logging.WARNING)
    for handler in logging.getLogger().handlers:
        handler.addFilter(OncePerWhile())
