"""Everything that is shown of a budget, whatever it is shown on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.budget.budget import Budget
from engine.budget.findings import Finding, findings
from engine.budget.lines import Line, lines, overall
from engine.budget.namespace_words import budget_findings, trend_note
from engine.budget.namespaces import Standing, standings
from engine.budget.node_words import node_findings, nodes_note
from engine.budget.nodes import NodeUse, node_uses
from engine.budget.sources import Material
from engine.budget.words import notes
from engine.core.context import Context
from engine.policy.namespace_budget import NamespaceBudget


@dataclass(frozen=True, slots=True)
class Report:
    """`lines` of the level asked for (of LEVELS)."""

    trace: str
    instance: str
    level: str
    findings: Sequence[Finding]
    lines: Sequence[Line]
    namespaces: Sequence[Line]
    total: Line
    standings: Sequence[Standing]
    nodes: Sequence[NodeUse]
    notes: Sequence[str]


def report(material: Material, context: Context, level: str, budgets: Sequence[NamespaceBudget] = ()) -> Report:
    """Lines of a level of LEVELS; `budgets` of namespaces."""
    budget, instance = material.budget, context.default_node_type
    held = standings(material.seen, budgets, context)
    own_types = any(spec.node_type for spec in budget.specs)
    nodes = node_uses(material.seen, material.capacities)
    unplaced = sum(one.runs and one.spec.node is None for one in material.seen)
    return Report(
        trace=material.name,
        instance=f"each node's type, or {instance}" if own_types else instance,
        level=level,
        findings=[*findings(budget), *budget_findings(held), *node_findings(nodes)],
        lines=lines(budget, level),
        namespaces=lines(budget, "namespace"),
        total=overall(budget),
        standings=held,
        nodes=nodes,
        notes=[
            *notes(budget),
            *_unpriced(budget, context),
            *nodes_note(unplaced, nodes),
            *trend_note(held),
            *material.notes,
        ],
    )


def _unpriced(budget: Budget, context: Context) -> list[str]:
    types = sorted({spec.node_type for spec in budget.specs if spec.node_type} - set(context.prices))
    default = context.default_node_type
    return [f"The catalogue has no price of {', '.join(types)}: paid as {default}."] if types else []
