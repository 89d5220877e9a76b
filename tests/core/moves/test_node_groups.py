"""Nodes of each type for a cluster's needs: a packing that suffices, never below the bound."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.moves import Candidate, node_groups
from engine.core.moves.node_groups import first_fit
from engine.units import GIB

BALANCED = Candidate("balanced", 4.0, 16 * GIB, 0.2)
MEMORY = Candidate("memory", 4.0, 32 * GIB, 0.25)
SMALL = Candidate("small", 1.0, 4 * GIB, 0.05)


def test_memory_heavy_containers_want_the_memory_family() -> None:
    # 8 containers of 1 core and 8 GiB: 2 on a balanced node (memory), so 4 for 0.8 USD; 4 on a memory node, 2 for 0.5
    groups = node_groups(np.full((8, 2), (1.0, 8 * GIB)), [BALANCED, MEMORY, SMALL])
    assert [(group.candidate, group.nodes, group.bound) for group in groups] == [(1, 2, 2), (0, 4, 4), (2, None, 16)]
    assert [group.usd_hour for group in groups[:2]] == pytest.approx([0.5, 0.8])
    assert (groups[0].gap, groups[2].gap, groups[2].unfit) == (0, None, 8)


def test_where_nothing_can_be_halved_the_bound_is_not_reached() -> None:
    # three of 0.6 of a node need three nodes, and the bound is ceil(1.8) = 2
    [group] = node_groups(np.full((3, 2), (2.4, 1.0)), [BALANCED])
    assert (group.nodes, group.bound, group.gap) == (3, 2, 0.5)
    assert (group.usd_hour, group.bound_usd_hour) == pytest.approx((0.6, 0.4))


def test_shares_that_fill_a_node_exactly_do() -> None:
    assert first_fit(np.full((10, 2), 0.1)) == 1
    [group] = node_groups(np.full((30, 2), (0.4, 1.6 * GIB)), [BALANCED])
    assert (group.nodes, group.bound) == (3, 3)


shares = st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=40)


@settings(max_examples=200)
@given(shares)
def test_between_the_bound_and_a_node_each(pairs: list[tuple[float, float]]) -> None:
    needs = np.array(pairs) * (4.0, 16 * GIB)
    [group] = node_groups(needs, [BALANCED])
    assert group.nodes is not None
    assert group.bound <= group.nodes <= max(1, len(pairs))
    # two nodes that are not the last are more than half full in some resource together: no more than this
    assert group.nodes <= 2 * np.array(pairs).sum() + 1
    assert group.bound_usd_hour <= group.usd_hour
