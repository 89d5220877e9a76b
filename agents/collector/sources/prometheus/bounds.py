"""What bounds sizes in a namespace, and what scales replicas, as kube-state-metrics tells it.

It says nothing of a quota's scopes: each counts as if it held for all pods, which is the safe side.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

from agents.collector.sources.prometheus.kube_state import Answers, rows
from agents.collector.sources.prometheus.owners import Owner
from engine.messages import LimitRange, Size
from engine.messages.events import Resource

_OF_QUOTA: Final = {
    "requests.cpu": "cpu_request", "cpu": "cpu_request", "limits.cpu": "cpu_limit",
    "requests.memory": "memory_request", "memory": "memory_request", "limits.memory": "memory_limit",
}  # fmt: skip
_KNOWN: Final[tuple[Resource, ...]] = ("cpu", "memory")
Amounts = Iterable[tuple[str, str, float]]
"""Namespace, field of a Size, amount."""


@dataclass(frozen=True)
class Bounds:
    """By namespace; `scaled` by namespace and workload."""

    ranges: dict[str, LimitRange] = field(default_factory=dict)
    quotas: dict[str, Size] = field(default_factory=dict)
    scaled: dict[tuple[str, Owner], list[Resource]] = field(default_factory=dict)


def bounds_of(answers: Answers) -> Bounds:
    told = [(labels, value) for labels, value in rows(answers["limit_range"]) if value > 0]
    least = _sizes(((r["namespace"], f"{r['resource']}_request", v) for r, v in told if r["constraint"] == "min"), max)
    most = _sizes(((r["namespace"], f"{r['resource']}_limit", v) for r, v in told if r["constraint"] == "max"), min)
    both = {name: LimitRange(least.get(name, Size()), most.get(name, Size())) for name in {*least, *most}}
    return Bounds(both, _sizes(_left(answers), min), _scaled(answers))


def _left(answers: Answers) -> Amounts:
    """What each quota leaves: never less than nothing."""
    told: dict[tuple[str, str, str], dict[str, float]] = {}
    for labels, value in rows(answers["quota"]):
        if labels["resource"] in _OF_QUOTA:
            of = (labels["namespace"], labels["resourcequota"], labels["resource"])
            told.setdefault(of, {})[labels["type"]] = value
    for (namespace, _, resource), amounts in told.items():
        if "hard" in amounts:
            yield namespace, _OF_QUOTA[resource], max(0.0, amounts["hard"] - amounts.get("used", 0.0))


def _sizes(amounts: Amounts, of: Callable[[float, float], float]) -> dict[str, Size]:
    """By namespace; where a field is stated several times, `of` them."""
    found: dict[str, dict[str, float]] = {}
    for namespace, name, amount in amounts:
        fields = found.setdefault(namespace, {})
        fields[name] = of(fields.get(name, amount), amount)
    return {namespace: Size(**fields) for namespace, fields in found.items()}


def _scaled(answers: Answers) -> dict[tuple[str, Owner], list[Resource]]:
    targets = {
        (labels["namespace"], labels["horizontalpodautoscaler"]): Owner(
            labels.get("scaletargetref_kind", ""), labels.get("scaletargetref_name", "")
        )
        for labels, _ in rows(answers["scaler"])
    }
    found: dict[tuple[str, Owner], set[str]] = {}
    for labels, _ in rows(answers["scaled"]):
        scaler = (labels["namespace"], labels["horizontalpodautoscaler"])
        if scaler in targets:
            found.setdefault((scaler[0], targets[scaler]), set()).add(labels["metric_name"])
    return {of: [resource for resource in _KNOWN if resource in named] for of, named in found.items()}
