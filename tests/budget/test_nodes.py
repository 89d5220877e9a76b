"""Nodes near their capacity, and who is at fault: worked by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace

from engine.budget.node_sheet import read_capacities
from engine.budget.node_words import cells, node_findings, nodes_note
from engine.budget.nodes import NodeUse, node_uses
from engine.budget.ring import Seen
from engine.core.rows import Array
from engine.errors import UserError
from engine.units import CPU, GIB, MEMORY
from tests.budget import test_namespaces
from tests.budget.made import sheet_file

HOUR = np.ones(12)


def on(node: str | None, one: Seen, node_type: str | None = None) -> Seen:
    return Seen(replace(one.spec, node=node, node_type=node_type), one.runs, one.series, one.history)


def seen(name: str, cores: float | Array, request: float | None) -> Seen:
    return test_namespaces.seen(name, cores * HOUR, request)


def of(uses: list[NodeUse], node: str, resource: int) -> NodeUse:
    return next(use for use in uses if use.node == node and use.resource == resource)


FOUR = {"n1": np.array([4.0, 16 * GIB])}


def test_a_node_that_is_full_while_requests_say_there_is_room() -> None:
    some = [
        on("n1", seen("shop/greedy", 2.0, 0.5)), on("n1", seen("kube-system/cni", 0.5, None)),
        on("n1", seen("shop/fair", 1.0, 1.0)), on("n2", seen("shop/other", 9.0, 1.0)),
    ]  # fmt: skip
    uses = node_uses(some, FOUR)
    cpu = of(uses, "n1", CPU)
    assert (cpu.used, cpu.requested, cpu.capacity, cpu.containers) == (3.5, 1.5, 4.0, 3)
    assert cpu.noisy
    assert [(one.name, one.share) for one in cpu.at_fault] == [("shop/greedy/app", 0.75), ("kube-system/cni/app", 0.25)]
    assert not of(uses, "n1", MEMORY).noisy, "3 of 16 GiB"
    [finding] = node_findings(uses)
    assert (finding.count, finding.worst[0].name) == (1, "n1, CPU")
    assert finding.worst[0].why == (
        "88% of 4.00 used (p95), 38% requested; at fault: "
        "shop/greedy/app 75% of the excess (uses 2.00, requests 500m), "
        "kube-system/cni/app 25% of the excess (uses 500m, requests none, system workload)"
    )
    assert cells(cpu) == ["n1", "CPU", "3", "4.00", "1.50", "38%", "3.50", "88%"]


def test_a_node_that_is_full_as_its_requests_say_is_no_surprise() -> None:
    uses = node_uses([on("n1", seen("shop/a", 3.8, 3.5))], FOUR)
    assert not of(uses, "n1", CPU).noisy


@pytest.mark.parametrize(("cores", "noisy"), [(3.39, False), (3.4, True)])
def test_near_is_from_85_percent_on(cores: float, noisy: bool) -> None:
    assert of(node_uses([on("n1", seen("shop/a", cores, 1.0))], FOUR), "n1", CPU).noisy == noisy


def test_peaks_at_different_times_do_not_add_up() -> None:
    first, second = np.array([4.0] * 6 + [0.0] * 6), np.array([0.0] * 6 + [4.0] * 6)
    uses = node_uses([on("n1", seen("shop/a", first, 1.0)), on("n1", seen("shop/b", second, 1.0))], FOUR)
    assert of(uses, "n1", CPU).used == 4.0


def test_the_capacity_of_a_type_is_the_catalogues_and_what_is_not_known_is_said() -> None:
    busy = seen("a/a", 1.9, 0.1)
    some = [on("n1", busy, "m5.large"), on("n2", busy, "odd"), on(None, busy)]
    uses = node_uses(some, {})
    assert (of(uses, "n1", CPU).capacity, of(uses, "n1", MEMORY).capacity) == (2.0, 8 * GIB)
    assert np.isnan(of(uses, "n2", CPU).capacity)
    assert [use.node for use in uses if use.noisy] == ["n1"]
    assert uses[-1].node == "n2", "what is not known comes last"
    unplaced, capacity = nodes_note(1, uses)
    assert unplaced.startswith("1 container on no known node")
    assert capacity.startswith("Nothing is said of the capacity of n2: give node_cpu and node_memory")
    assert node_findings([]) == []
    assert nodes_note(3, []) == []


def test_capacities_of_a_sheet(tmp_path: Path) -> None:
    text = "series_id,node,node_cpu,node_memory\na,n1,4,16Gi\nb,n1,,\nc,n1,4000m,16Gi\nd,n2,2,\ne,,,\n"
    found = read_capacities(sheet_file(tmp_path, text))
    assert {node: amounts.tolist() for node, amounts in found.items()} == {"n1": [4.0, 16 * GIB]}
    assert read_capacities(sheet_file(tmp_path, "series_id\na\n")) == {}


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ("a,n1,4,1Gi\nb,n1,8,1Gi\n", "line 3: node_cpu of n1 is 8, and another amount in a line before."),
        ("a,n1,4,1GB\n", "line 2: node_memory: '1GB' is not an amount of memory"),
        ("a,,4,\n", "line 2: node_cpu of no node."),
        ("a,n1,0,\n", "line 2: node_cpu of n1 is 0, which no node has."),
    ],
)
def test_capacities_that_cannot_be(tmp_path: Path, lines: str, says: str) -> None:
    with pytest.raises(UserError) as refused:
        read_capacities(sheet_file(tmp_path, "series_id,node,node_cpu,node_memory\n" + lines))
    assert says in str(refused.value)
