"""The rosters that a slot remembers."""

from __future__ import annotations

import numpy as np

from engine.core.state import ROSTERS_KEPT, SlotState


def slot() -> SlotState:
    state = SlotState("shop", 0, 1)
    state.add_rows([f"shop/web/w{n}/app" for n in range(4)])
    return state


def test_the_last_rosters_are_kept_and_one_that_is_told_again_is_the_newest() -> None:
    state = slot()
    for n in range(ROSTERS_KEPT):
        state.tell(str(n), [n])
    state.tell("0", [0])
    state.tell("new", [0, 1])
    assert list(state.rosters) == ["2", "3", "0", "new"]
    rows = state.rows_of("new")
    assert rows is not None
    assert rows.tolist() == [0, 1]
    assert state.rows_of("1") is None


def test_rosters_that_differ_in_sizes_only_share_their_rows() -> None:
    state = slot()
    for name in ("a", "b"):
        state.tell(name, [3, 1])
    state.tell("c", [1, 3])
    assert state.rosters["a"] is state.rosters["b"]
    assert state.rosters["c"].tolist() == [1, 3]


def test_rows_are_renumbered_when_some_are_dropped() -> None:
    state = slot()
    state.tell("a", [3, 1])
    state.tell("b", [3, 1])
    state.keep_rows(np.array([1, 3]))
    assert [rows.tolist() for rows in state.rosters.values()] == [[1, 0], [1, 0]]
    assert state.rosters["a"] is state.rosters["b"]
    assert state.containers == ["shop/web/w1/app", "shop/web/w3/app"]
