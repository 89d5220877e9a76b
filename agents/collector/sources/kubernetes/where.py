"""Which nodes a pod may run on: its node selector, required node affinity and tolerations, and a node's taints.

https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec
from msgspec import Struct

from agents.kubernetes.nodes import Taint
from agents.kubernetes.pods import PodSpec, Toleration

KEEPS_OUT: Final = ("NoSchedule", "NoExecute")


class Expression(Struct, rename="camel", frozen=True):
    key: str
    operator: str
    values: tuple[str, ...] = ()


class Term(Struct, rename="camel", frozen=True):
    match_expressions: tuple[Expression, ...] = ()


class _Terms(Struct, rename="camel", frozen=True):
    node_selector_terms: tuple[Term, ...] = ()


class _NodeAffinity(Struct, rename="camel", frozen=True):
    required: _Terms | None = msgspec.field(name="requiredDuringSchedulingIgnoredDuringExecution", default=None)


class _Affinity(Struct, rename="camel", frozen=True):
    node_affinity: _NodeAffinity | None = None


class Where(Struct, frozen=True):
    """`terms`: one of them holds, each wholly; fields of nodes, by which DaemonSets name theirs, are left aside."""

    selector: tuple[tuple[str, str], ...] = ()
    terms: tuple[Term, ...] = ()
    tolerations: tuple[Toleration, ...] = ()


_affinities: Final = msgspec.json.Decoder(_Affinity | None)


def where_of(spec: PodSpec) -> Where:
    affinity = _affinities.decode(spec.affinity)
    node = affinity.node_affinity if affinity is not None else None
    required = node.required if node is not None else None
    terms = required.node_selector_terms if required is not None else ()
    return Where(
        tuple(sorted(spec.node_selector.items())),
        tuple(term for term in terms if term.match_expressions),
        tuple(spec.tolerations),
    )


def admits(where: Where, labels: Mapping[str, str], taints: tuple[Taint, ...]) -> bool:
    """Whether a node with these labels and taints takes the pod."""
    return (
        all(labels.get(key) == value for key, value in where.selector)
        and (not where.terms or any(_holds(term, labels) for term in where.terms))
        and all(t.effect not in KEEPS_OUT or any(_tolerates(o, t) for o in where.tolerations) for t in taints)
    )


def _holds(term: Term, labels: Mapping[str, str]) -> bool:
    return all(_matches(expression, labels.get(expression.key)) for expression in term.match_expressions)


def _matches(expression: Expression, value: str | None) -> bool:
    match expression.operator:
        case "In":
            return value in expression.values
        case "NotIn":
            return value not in expression.values
        case "Exists":
            return value is not None
        case "DoesNotExist":
            return value is None
    if value is None or not value.isdigit() or not expression.values or not expression.values[0].isdigit():
        return False
    limit = int(expression.values[0])
    return int(value) > limit if expression.operator == "Gt" else int(value) < limit


def _tolerates(toleration: Toleration, taint: Taint) -> bool:
    if toleration.effect and toleration.effect != taint.effect:
        return False
    if toleration.operator == "Exists":
        return not toleration.key or toleration.key == taint.key
    return toleration.key == taint.key and toleration.value == taint.value
