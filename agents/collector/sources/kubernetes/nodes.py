"""What nodes have room for, for pods that may run there."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from agents.collector.sources.kubernetes.kept import KeptPod
from agents.collector.sources.kubernetes.kept_nodes import KeptNode
from agents.collector.sources.kubernetes.where import Where, admits
from engine.messages import Size

Pair = tuple[float, float]
"""Cores and bytes."""
_VERSION: Final = re.compile(r"v?(\d+)\.(\d+)")
IN_PLACE: Final = (1, 33)
"""Kubernetes that resizes in place unless told not to."""


class Nodes:
    """`view`: nodes by name; what is computed of it is forgotten by `forget`, when nodes or DaemonSets change."""

    def __init__(self, view: Mapping[str, KeptNode]) -> None:
        self.view = view
        self.daemons: dict[str, dict[str, Pair]] = {}
        """Requests of DaemonSets' pods, by node, then by pod."""
        self._fits: dict[tuple[Where, str], list[Pair]] = {}

    def forget(self) -> None:
        self._fits.clear()

    def type_of(self, node: str) -> str:
        known = self.view.get(node)
        return "" if known is None else known.node_type

    def resizes(self, node: str) -> bool:
        """Whether its kubelet is new enough to resize in place, and of an operating system that can."""
        known = self.view.get(node)
        if known is None:
            return True
        return ("kubernetes.io/os", "windows") not in known.labels and at_least(known.version, IN_PLACE)

    def largest(self, where: Where, node_type: str, beside: Pair, needs: Pair) -> Size | None:
        """Requests that fit on one of the nodes that take the pod, of each resource the most.

        `node_type`: of this type only, empty for all. `beside`: requests of the pod's other containers. Only nodes
        count where what the container `needs` now has room, if there is one. None without nodes.
        """
        rooms = [(cpu - beside[0], memory - beside[1]) for cpu, memory in self._rooms(where, node_type)]
        fitting = [room for room in rooms if room[0] >= needs[0] and room[1] >= needs[1]] or rooms
        if not fitting:
            return None
        return Size(cpu_request=_positive(r[0] for r in fitting), memory_request=_positive(r[1] for r in fitting))

    def _rooms(self, where: Where, node_type: str) -> list[Pair]:
        """Different ones only: nodes come by the hundred and are much the same."""
        key = (where, node_type)
        if key not in self._fits:
            self._fits[key] = sorted({
                self._room(node)
                for node in self.view.values()
                if (not node_type or node.node_type == node_type)
                and not node.cordoned
                and admits(where, dict(node.labels), node.taints)
            })  # fmt: skip
        return self._fits[key]

    def _room(self, node: KeptNode) -> Pair:
        taken = list(self.daemons.get(node.name, {}).values())
        cpu, memory = requests(node.allocatable)
        return cpu - sum(t[0] for t in taken), memory - sum(t[1] for t in taken)

    def daemon(self, key: str, before: KeptPod | None, after: KeptPod | None) -> bool:
        """Takes over a DaemonSet's pod; says whether a node has other room now."""
        old = self.daemons.get(before.node, {}).pop(key, None) if before is not None else None
        takes = after is not None and after.owner is not None and after.owner.kind == "DaemonSet"
        if after is None or not takes or not after.node or after.phase in ("Succeeded", "Failed"):
            return old is not None
        new = summed(container.size for container in after.containers)
        self.daemons.setdefault(after.node, {})[key] = new
        return old != new


def at_least(version: str, wanted: tuple[int, int]) -> bool:
    """Of versions such as v1.33.2; one that is no such version is believed to be new.

    >>> at_least("v1.32.9-eks-1", (1, 33)), at_least("v1.33.0", (1, 33)), at_least("fake", (1, 33))
    (False, True, True)
    """
    found = _VERSION.match(version)
    return found is None or (int(found[1]), int(found[2])) >= wanted


def requests(size: Size) -> Pair:
    return size.cpu_request or 0.0, size.memory_request or 0.0


def summed(sizes: Iterable[Size]) -> Pair:
    pairs = [requests(size) for size in sizes]
    return sum(pair[0] for pair in pairs), sum(pair[1] for pair in pairs)


def _positive(amounts: Iterable[float]) -> float:
    return max(0.0, round(max(amounts), 9))
