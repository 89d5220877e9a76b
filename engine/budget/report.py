"""Everything that is shown of a budget, whatever it is shown on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.budget.budget import Budget
from engine.budget.findings import Finding, findings
from engine.budget.lines import Line, lines, overall
from engine.budget.sheet import called
from engine.budget.words import notes


@dataclass(frozen=True, slots=True)
class Report:
    """`lines` of the level asked for (of LEVELS); `names` by row of the budget, of which findings speak."""

    trace: str
    instance: str
    level: str
    names: Sequence[str]
    findings: Sequence[Finding]
    lines: Sequence[Line]
    namespaces: Sequence[Line]
    total: Line
    notes: Sequence[str]


def report(budget: Budget, trace: str, instance: str, level: str, lost: int) -> Report:
    """`lost`: samples that were left out of the trace."""
    return Report(
        trace=trace,
        instance=instance,
        level=level,
        names=[called(spec, name) for spec, name in zip(budget.specs, budget.series_ids, strict=True)],
        findings=findings(budget),
        lines=lines(budget, level),
        namespaces=lines(budget, "namespace"),
        total=overall(budget),
        notes=notes(budget, lost),
    )
