"""Who is who: fixed vectors from other programs, so that no release ever moves a container to another slot.

`printf web/cart | gzip -c | tail -c8 | od -An -tu4` says 913532301, the same for `shop` says 2892647586, and
`printf 'shop/web/cart/app|resize_up|1700000100000' | b2sum -l 64` says 3ac11556905be0de.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import identity

names = st.from_regex(r"[a-z0-9-]{1,20}", fullmatch=True)


@pytest.mark.parametrize(("slots", "slot"), [(1, 0), (3, 0), (1667, 1298)])  # 913532301 = 3 × … = 1667 × 548009 + 1298
def test_slot_of(slots: int, slot: int) -> None:
    assert identity.slot_of("web", "cart", slots) == slot


@pytest.mark.parametrize(("slot", "partition"), [(0, 6), (5, 11), (6, 0), (7, 1)])  # 2892647586 = 12 × … + 6
def test_partition_of(slot: int, partition: int) -> None:
    assert identity.partition_of("shop", slot, 12) == partition


@given(cluster=names, partitions=st.integers(1, 64))
def test_a_clusters_slots_go_round_all_partitions(cluster: str, partitions: int) -> None:
    used = {identity.partition_of(cluster, slot, partitions) for slot in range(partitions)}
    assert used == set(range(partitions))


def test_decision_id() -> None:
    own = identity.decision_id("shop/web/cart/app", "resize_up", 1_700_000_100.0)
    assert own == "3ac11556905be0de"
    assert identity.decision_id("shop/web/cart/app", "resize_up", 1_700_000_100.0004) == own  # the same millisecond
    assert identity.decision_id("shop/web/cart/app", "resize_up", 1_700_000_100.001) != own
    assert identity.decision_id("shop/web/cart/app", "resize_down", 1_700_000_100.0) != own
    assert identity.decision_id("mill/web/cart/app", "resize_up", 1_700_000_100.0) != own


def test_slots_hold_150_containers_and_500_in_large_clusters() -> None:
    found = [identity.slots_for(containers) for containers in (0, 1, 150, 151, 300, 301, 1800, 6000, 6001, 250_000)]
    assert found == [1, 1, 1, 2, 2, 3, 12, 12, 13, 500]


def test_names() -> None:
    assert identity.container_id("shop", "web", "cart", "app") == "shop/web/cart/app"
    assert identity.slot_key("shop", 7) == "shop/7"
    assert identity.commands_topic("shop") == "commands.shop"


def test_a_daemon_set_has_a_row_per_node_type() -> None:
    row = identity.per_node_type("agent", "m5.large")
    assert row == "agent@m5.large"
    assert identity.split_node_type(row) == ("agent", "m5.large")
    assert identity.split_node_type("agent") == ("agent", "")
    assert identity.workload_names(row) == ("agent@m5.large", "agent")
    assert identity.workload_names("agent") == ("agent",)
    assert identity.slot_of("kube-system", row, 7919) == identity.slot_of("kube-system", "agent", 7919)


@pytest.mark.parametrize(
    ("name", "allowed"),
    [("a", True), ("shop-1", True), ("a" * 63, True), ("a" * 64, False), ("", False), ("-a", False), ("a-", False),
     ("Shop", False), ("a.b", False), ("a/b", False), ("a\n", False)],
)  # fmt: skip
def test_cluster_names(name: str, allowed: bool) -> None:
    assert identity.is_cluster_name(name) is allowed
