"""The sheet of requests and limits, as `trimtab budget --sheet` reads it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from agents.collector.sources.prometheus.facts import Facts
from agents.collector.sources.prometheus.owners import Pod
from engine.messages import Size
from engine.quantity import format_number

HEADER: Final = (
    "series_id", "cpu_request", "cpu_limit", "memory_request", "memory_limit", "replicas", "node", "node_type",
    "node_cpu", "node_memory",
)  # fmt: skip


def sheet_rows(facts: Facts, namespaces: Collection[str]) -> list[tuple[str, ...]]:
    """The header, and a row for each container of which an amount or a pod is known; amounts in cores and bytes.

    The node is stated where there is a single replica now: those of several are on several nodes.
    """
    pods = facts.pods()
    rows = [
        (str(identity), *_amounts(size), str(len(pods.get(identity, "1"))), *_node(facts, pods.get(identity, [])))
        for identity, size in sorted(facts.sizes().items())
        if identity.namespace in namespaces
    ]
    return [HEADER, *rows]


def _amounts(size: Size) -> tuple[str, str, str, str]:
    return (
        _text(size.cpu_request, 6), _text(size.cpu_limit, 6), _text(size.memory_request, 0), _text(size.memory_limit, 0)
    )  # fmt: skip


def _node(facts: Facts, pods: list[Pod]) -> tuple[str, str, str, str]:
    node = facts.nodes.get(pods[0], "") if len(pods) == 1 else ""
    if not node:
        return "", "", "", ""
    capacity = facts.capacity.get(node)
    cpu, memory = ("", "") if capacity is None else (_text(capacity[0], 6), _text(capacity[1], 0))
    return node, facts.node_types.get(node, ""), cpu, memory


def _text(amount: float | None, digits: int) -> str:
    return "" if amount is None else format_number(amount, digits)
