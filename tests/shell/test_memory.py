"""Memory of the process: on any system it does no harm, and what was loaded is not looked at again."""

from __future__ import annotations

import gc

from engine.shell import memory


def test_what_is_there_when_it_settles_is_left_alone_from_then_on() -> None:
    kept: list[list[int]] = [[] for _ in range(1000)]
    try:
        memory.give_back_large_blocks()
        memory.settle()
        assert gc.get_freeze_count() >= len(kept)
    finally:
        gc.unfreeze()
