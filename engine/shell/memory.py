"""What the process keeps of the system's memory. State is some gigabytes, read and written in rows of megabytes."""

from __future__ import annotations

import ctypes
import gc
import sys
from typing import Final

M_TRIM_THRESHOLD: Final = -1
M_MMAP_THRESHOLD: Final = -3
KEPT: Final = 2**25
"""Bytes: blocks up to this size, the most that glibc takes, are used again. New pages cost more than to fill them."""

SELDOM: Final = 10


def keep_freed_blocks() -> None:
    """What is freed stays with the process until it settles. glibc's own thresholds begin low and follow what is
    freed. Does nothing where there is no glibc."""
    if (libc := _glibc()) is not None:
        libc.mallopt(M_MMAP_THRESHOLD, KEPT)
        libc.mallopt(M_TRIM_THRESHOLD, 2 * KEPT)


def settle() -> None:
    """After a recovery: what was loaded stays, so the collector need not look at it again, and the rest goes back.

    Whole collections, each a pause of tens of milliseconds that finds next to nothing, come `SELDOM` times less often.
    """
    gc.collect()
    gc.freeze()
    young, middle, old = gc.get_threshold()
    gc.set_threshold(young, middle, max(old, SELDOM * 10))
    if (libc := _glibc()) is not None:
        libc.malloc_trim(0)


def _glibc() -> ctypes.CDLL | None:
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None)
    return libc if hasattr(libc, "mallopt") and hasattr(libc, "malloc_trim") else None
