"""Memory of the process: blocks are used again, and what was loaded is not looked at again."""

from __future__ import annotations

import gc
import subprocess
import sys
from typing import Final

import pytest

from engine.shell import memory

PAGES: Final = 2**20 // 4096
FAULTS: Final = """
import resource
from engine.shell import memory

memory.keep_freed_blocks()

def fill():
    blocks = [b"x" * 2**20 for _ in range(3)]

fill()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(10):
    fill()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def test_what_is_there_when_it_settles_is_left_alone_from_then_on() -> None:
    kept: list[list[int]] = [[] for _ in range(1000)]
    try:
        memory.settle()
        assert gc.get_freeze_count() >= len(kept)
    finally:
        gc.unfreeze()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="glibc's thresholds")
def test_blocks_that_were_freed_are_used_again() -> None:
    done = subprocess.run([sys.executable, "-c", FAULTS], check=True, capture_output=True, text=True)
    assert int(done.stdout) < PAGES
