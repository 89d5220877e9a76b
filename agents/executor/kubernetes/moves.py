"""A move to another type of machine: node affinity on the owner's template, and the wait for the capacity.

Nothing is cordoned and nothing evicted: the rollout's new pods are pending until the cluster's autoscaler (Karpenter,
cluster-autoscaler) has made such a node, and the old ones serve meanwhile, as the rollout's surge has it. Where none
comes in time, the template is as before.
"""

from __future__ import annotations

import copy
from typing import Any, Final

from msgspec.structs import replace

from agents.executor.kubernetes.intent import Applied
from agents.executor.kubernetes.live import Live
from agents.executor.kubernetes.objects import INSTANCE_TYPES, Body, LivePod, Owner, template_steps
from agents.executor.kubernetes.reading import Reader
from agents.executor.kubernetes.template import Rollouts
from agents.executor.kubernetes.writing import Writer, ours_with
from agents.executor.targets import TargetError

WAY: Final = "move"
REQUIRED: Final = "requiredDuringSchedulingIgnoredDuringExecution"
FAMILY: Final = "karpenter.k8s.aws/instance-family"
"""Label of Karpenter's nodes, such as m5 for m5.large."""


class Moves(Rollouts):
    """`by_family`: any machine of the target's family will do, where nodes carry Karpenter's label."""

    def __init__(self, reader: Reader, writer: Writer, patience_s: float, by_family: bool) -> None:
        super().__init__(reader, writer, patience_s)
        self._by_family = by_family

    def came_from(self, live: Live) -> str:
        """The machines that a move before this one asked for; empty for the first."""
        last = live.intent
        return "" if last is None else last.to

    async def begin(self, live: Live, intent: Applied) -> None:
        """Intent and affinity in one write. Raises Changed."""
        await self._writer.apply_owner(live.owner, self.body(live, intent), force=True)

    def body(self, live: Live, intent: Applied) -> Body:
        body = ours_with(live.owner, live.key, intent)
        inner: Any = body
        for step in (*template_steps(live.owner.kind), "spec"):
            inner = inner.setdefault(step, {})
        others = {intent.to, intent.came} if intent.back else {intent.came, self.came_from(live)}
        ours = {self._value(each) for each in others}
        terms = terms_with(terms_of(live.owner), self._label(), self._value(intent.to), ours)
        node = inner.setdefault("affinity", {}).setdefault("nodeAffinity", {})
        if terms:
            node[REQUIRED] = {"nodeSelectorTerms": terms}
        else:
            node.pop(REQUIRED, None)
        return body

    def theirs(self, live: Live, intent: Applied) -> bool:
        """Whether the affinity that we asked for is gone."""
        wanted = {"key": self._label(), "operator": "In", "values": [self._value(intent.to)]}
        terms = terms_of(live.owner)
        return bool(intent.to) and not (terms and all(wanted in (each.get("matchExpressions") or []) for each in terms))

    def failure(self, live: Live) -> TargetError:
        """Why the rollout is not available: most often, no machine came."""
        pending = [told for pod in live.pods if (told := unschedulable(pod))]
        if not pending:
            return super().failure(live)
        return TargetError(f"{len(pending)} of {len(live.pods)} pods found no machine: {pending[0]}", "unschedulable")

    def undone(self, intent: Applied, code: str) -> Applied:
        return replace(intent, back=code, to=intent.came, came=intent.to)

    def _label(self) -> str:
        return FAMILY if self._by_family else INSTANCE_TYPES[0]

    def _value(self, node_type: str) -> str:
        return node_type.partition(".")[0] if self._by_family else node_type


def terms_of(owner: Owner) -> list[Body]:
    """The terms of the template's required node affinity; any one of them suffices."""
    inner: Any = owner.body
    for step in (*template_steps(owner.kind), "spec", "affinity", "nodeAffinity", REQUIRED):
        inner = (inner or {}).get(step)
    return list((inner or {}).get("nodeSelectorTerms") or [])


def terms_with(terms: list[Body], label: str, value: str, ours: set[str]) -> list[Body]:
    """Every term with the label's value, without those that we asked for before. No value: without it.

    >>> terms_with([], "type", "c5.large", set())
    [{'matchExpressions': [{'key': 'type', 'operator': 'In', 'values': ['c5.large']}]}]
    """
    added = [{"key": label, "operator": "In", "values": [value]}] if value else []
    found = []
    for term in copy.deepcopy(terms) or [{}]:
        kept = [each for each in term.get("matchExpressions") or [] if not _ours(each, label, ours)]
        if expressions := [*kept, *added]:
            found.append({**term, "matchExpressions": expressions})
        elif term.get("matchFields"):
            found.append({"matchFields": term["matchFields"]})
    return found


def unschedulable(pod: LivePod) -> str:
    """What the scheduler says of a pod for which it has no node."""
    told = (each for each in pod.status.conditions if each.type == "PodScheduled" and each.status == "False")
    return next((each.message or each.reason for each in told), "")


def _ours(expression: Body, label: str, ours: set[str]) -> bool:
    values = expression.get("values") or []
    return (expression["key"], expression["operator"]) == (label, "In") and len(values) == 1 and values[0] in ours
