"""Rows of a roster: asked for again they are the same array, until they are renumbered or told anew."""

from __future__ import annotations

import numpy as np

from engine.core.snapshot import pack, unpack
from engine.core.state import SlotState


def slot() -> SlotState:
    state = SlotState("shop", 0, 1)
    state.add_rows(["shop/n/a/app", "shop/n/b/app", "shop/n/c/app"])
    state.rosters["r"] = [2, 1]
    return state


def test_rows_are_made_once_and_are_no_state() -> None:
    state = slot()
    before = pack(state)
    rows = state.rows_of("r")
    assert rows is state.rows_of("r")
    np.testing.assert_array_equal(rows, [2, 1])
    assert pack(state) == before
    np.testing.assert_array_equal(unpack(before).rows_of("r"), [2, 1])
    assert state.rows_of("other") is None


def test_renumbered_rows_and_a_roster_told_anew_are_followed() -> None:
    state = slot()
    state.rows_of("r")
    state.keep_rows(np.array([1, 2]))
    np.testing.assert_array_equal(state.rows_of("r"), [1, 0])
    state.rosters["r"] = [0]
    np.testing.assert_array_equal(state.rows_of("r"), [0])
    del state.rosters["r"]
    assert state.rows_of("r") is None
