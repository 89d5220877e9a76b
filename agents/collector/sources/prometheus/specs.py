"""What runs, as rows of a roster."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence

from agents.collector.sources.prometheus.facts import Facts
from agents.collector.sources.prometheus.owners import Identity, Pod
from engine.messages import ContainerSpec, Size


def specs_of(facts: Facts, more: Collection[Identity] = ()) -> dict[Identity, ContainerSpec]:
    """A row for each container that kube-state-metrics knows, and for each of `more`, which only cAdvisor does."""
    sizes, pods, kinds = facts.sizes(), facts.pods(), _kinds(facts)
    return {
        identity: _spec(
            facts, identity, kinds.get(identity, "Deployment"), sizes.get(identity, Size()), pods.get(identity, [])
        )
        for identity in sorted({*sizes, *more})
    }


def _spec(facts: Facts, identity: Identity, kind: str, size: Size, pods: Sequence[Pod]) -> ContainerSpec:
    """Its type of node is the one that most replicas are on."""
    types = Counter(facts.node_type(*pod) for pod in sorted(pods))
    return ContainerSpec(
        namespace=identity.namespace,
        workload=identity.workload,
        container=identity.container,
        workload_kind=kind,
        replicas=max(1, len(pods)),
        size=size,
        node_type=(types.most_common(1)[0][0] or None) if types else None,
        node=(facts.nodes.get(pods[0]) or None) if len(pods) == 1 else None,
    )


def _kinds(facts: Facts) -> dict[Identity, str]:
    found: dict[Identity, str] = {}
    for namespace, pod, container in facts.seen:
        identity = facts.identify(namespace, pod, container)
        if identity is not None:
            found[identity] = facts.owner(namespace, pod).kind
    return found
