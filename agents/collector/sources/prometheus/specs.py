"""What runs, as rows of a roster."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from typing import Final

import numpy as np

from agents.collector.sources.prometheus.facts import Facts
from agents.collector.sources.prometheus.owners import Identity, Owner, Pod
from engine.messages import ContainerSpec, Size

DAEMON_SET: Final = "DaemonSet"


def specs_of(facts: Facts, more: Collection[Identity] = ()) -> dict[Identity, ContainerSpec]:
    """A row for each container that kube-state-metrics knows, and for each of `more`, which only cAdvisor does."""
    sizes, pods, owners = facts.sizes(), facts.pods(), _owners(facts)
    largest = largest_node(facts)
    found = {}
    for identity in sorted({*sizes, *more}):
        owner = owners.get(identity, Owner("Deployment", identity.workload))
        size = sizes.get(identity, Size())
        found[identity] = _spec(facts, identity, owner, size, pods.get(identity, []), largest)
    return found


def _spec(
    facts: Facts, identity: Identity, owner: Owner, size: Size, pods: Sequence[Pod], largest: Size | None
) -> ContainerSpec:
    """Its type of node is the one that most replicas are on."""
    types = Counter(facts.node_type(*pod) for pod in sorted(pods))
    bounds = facts.bounds
    return ContainerSpec(
        namespace=identity.namespace,
        workload=identity.workload,
        container=identity.container,
        workload_kind=owner.kind,
        replicas=max(1, len(pods)),
        size=size,
        node_type=(types.most_common(1)[0][0] or None) if types else None,
        node=(facts.nodes.get(pods[0]) or None) if len(pods) == 1 else None,
        scaled_by=bounds.scaled.get((identity.namespace, owner), []),
        limit_range=bounds.ranges.get(identity.namespace),
        quota_left=bounds.quotas.get(identity.namespace),
        node_largest=None if owner.kind == DAEMON_SET else largest,
    )


def largest_node(facts: Facts) -> Size | None:
    """What the largest node has beside the DaemonSets there, by resource; None where no node's capacity is known."""
    left = {node: capacity.copy() for node, capacity in facts.capacity.items()}
    for (namespace, pod, _), amounts in facts.amounts.items():
        node = facts.nodes.get((namespace, pod), "")
        if node in left and (namespace, pod) in facts.running and facts.owner(namespace, pod).kind == DAEMON_SET:
            left[node] -= np.nan_to_num(amounts[0])
    if not left:
        return None
    cpu, memory = np.nanmax([np.maximum(each, 0.0) for each in left.values()], axis=0).tolist()
    return Size(cpu_request=round(cpu, 9), memory_request=memory)


def _owners(facts: Facts) -> dict[Identity, Owner]:
    found: dict[Identity, Owner] = {}
    for namespace, pod, container in facts.seen:
        identity = facts.identify(namespace, pod, container)
        if identity is not None:
            found[identity] = facts.owner(namespace, pod)
    return found
