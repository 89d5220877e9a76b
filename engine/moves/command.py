"""From the command line's wishes to a plan, and to where it shall be shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from engine.core.moves import Candidate, Infeasible, Terms, node_groups, plan_moves
from engine.errors import UserError
from engine.moves.candidates import Wanted, candidates_of
from engine.moves.inputs import Needs, read_group
from engine.moves.output import groups_json, plan_json, write_json
from engine.moves.stretches import why_none
from engine.moves.table import show_groups, show_plan


@dataclass(frozen=True, slots=True)
class Wishes:
    """`needs` are read when they are called for, None without a service; `group`: a cluster's containers."""

    needs: Callable[[], Needs] | None
    group: Path | None
    wanted: Wanted
    terms: Terms
    json: Path | None
    plot: Path | None


def run_command(wishes: Wishes, console: Console) -> None:
    """Prints on `console`. Raises UserError, also where there is no plan."""
    for path in (wishes.json, wishes.plot):
        if path is not None and not path.parent.is_dir():
            raise UserError(f"There is no directory {path.parent} to write {path.name} into.")
    candidates, notes = candidates_of(wishes.wanted)
    found: dict[str, Any] = {"notes": [wishes.wanted.words(), *notes]}
    if wishes.needs is not None:
        with console.status("reading the needs"):
            needs = wishes.needs()
        found["plan"] = _plan(wishes, needs, candidates, console)
    if wishes.group is not None:
        groups = node_groups(read_group(wishes.group), candidates)
        show_groups(console, groups, candidates, wishes.group.name)
        found["node_groups"] = groups_json(groups, candidates)
    for note in (wishes.wanted.words(), *notes):
        console.print(note, style="dim", highlight=False)
    if wishes.json is not None:
        write_json(wishes.json, found)


def _plan(wishes: Wishes, needs: Needs, candidates: list[Candidate], console: Console) -> dict[str, Any]:
    plan = plan_moves(needs.amounts, candidates, 0, wishes.terms)
    if isinstance(plan, Infeasible):
        raise UserError(f"There is no plan: {why_none(plan, needs, wishes.terms, candidates[0].name)}")
    show_plan(console, plan, needs, wishes.terms)
    if wishes.plot is not None:
        try:
            from engine.moves.figure import write_page  # noqa: PLC0415  (plotly is an extra)
        except ImportError as error:
            raise UserError("--plot needs plotly: pip install 'trimtab[demo]'.") from error
        write_page(wishes.plot, plan, needs)
    return plan_json(plan, needs, wishes.terms)
