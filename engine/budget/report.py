"""Everything that is shown of a budget, whatever it is shown on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.budget.findings import Finding, findings
from engine.budget.lines import Line, lines, overall
from engine.budget.sources import Material
from engine.budget.words import notes


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
    notes: Sequence[str]


def report(material: Material, instance: str, level: str) -> Report:
    """`instance`: whose price holds where a node's type has none."""
    budget = material.budget
    own_types = any(spec.node_type for spec in budget.specs)
    return Report(
        trace=material.name,
        instance=f"each node's type, or {instance}" if own_types else instance,
        level=level,
        findings=findings(budget),
        lines=lines(budget, level),
        namespaces=lines(budget, "namespace"),
        total=overall(budget),
        notes=[*notes(budget), *material.notes],
    )
