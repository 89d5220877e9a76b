"""Rows between the changelog and the fold."""

from __future__ import annotations

import pytest

from engine.core.snapshot import pack
from engine.core.state import SlotState
from engine.errors import StateError
from engine.shell.tables import NewestRows, applied_in


def row(applied: int, containers: int = 2) -> bytes:
    state = SlotState("shop", 0, 1, applied=applied)
    state.add_rows([f"shop/web/w{n}/app" for n in range(containers)])
    return pack(state)


def test_the_offset_is_read_without_unpacking() -> None:
    assert applied_in(row(41)) == 41
    with pytest.raises(StateError, match="corrupt"):
        applied_in(b"TRIM")


def test_of_several_rows_the_one_that_applied_most_counts_not_the_last() -> None:
    rows = NewestRows()
    for applied in (5, 9, 7):  # 7: written late, by a worker that had been frozen
        rows.add(3, "shop/0", row(applied))
    assert [(p, key, applied_in(r), stale) for p, key, r, stale in rows.drain()] == [(3, "shop/0", 9, True)]


def test_an_old_row_that_was_written_over_since_needs_no_care() -> None:
    rows = NewestRows()
    for applied in (9, 7, 9):
        rows.add(3, "shop/0", row(applied))
    assert [stale for *_, stale in rows.drain()] == [False]


def test_rows_are_let_go_as_they_are_taken_and_other_partitions_dropped() -> None:
    rows = NewestRows()
    rows.add(0, "a/0", row(1))
    rows.add(1, "b/0", row(1))
    rows.keep({1})
    assert [(p, key) for p, key, *_ in rows.drain()] == [(1, "b/0")]
    assert list(rows.drain()) == []
