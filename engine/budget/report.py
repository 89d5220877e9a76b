"""Everything that is shown of a budget, whatever it is shown on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.budget.findings import Finding, findings
from engine.budget.lines import Line, lines, overall
from engine.budget.namespace_words import budget_findings
from engine.budget.namespaces import Standing, standings
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
    notes: Sequence[str]


def report(material: Material, context: Context, level: str, budgets: Sequence[NamespaceBudget] = ()) -> Report:
    """Lines of a level of LEVELS; `budgets` of namespaces."""
    budget, instance = material.budget, context.default_node_type
    held = standings(material.seen, budgets, context)
    own_types = any(spec.node_type for spec in budget.specs)
    return Report(
        trace=material.name,
        instance=f"each node's type, or {instance}" if own_types else instance,
        level=level,
        findings=[*findings(budget), *budget_findings(held)],
        lines=lines(budget, level),
        namespaces=lines(budget, "namespace"),
        total=overall(budget),
        standings=held,
        notes=[*notes(budget), *material.notes],
    )
