"""The plan, and the node groups, on a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from engine.core.moves import Candidate, MovePlan, NodeGroup, Terms
from engine.moves.inputs import SLOT_S, Needs
from engine.moves.stretches import Stretch, stretches
from engine.units import HOURS_PER_MONTH

NONE: Final = "–"
SHOWN: Final = 12
"""Types of node groups that are shown: the cheapest."""
MODEL: Final = {
    "dedicated": "a machine of its own",
    "share": "a share of a node by the dominant resource, if the autoscaler gives back what is free",
}


def show_plan(console: Console, plan: MovePlan, needs: Needs, terms: Terms) -> None:
    """The table by stretches, then the sum beside the best single machine."""
    table = _table(f"Needs: {needs.source}")
    for name in ("from", "ordered", "type", "why"):
        table.add_column(name, no_wrap=name != "why")
    table.add_column("USD", justify="right", no_wrap=True)
    for stretch in stretches(plan, needs):
        table.add_row(*_cells(plan, needs, stretch))
    console.print(table)
    for line in (total_line(plan), comparison_line(plan)):
        console.print(line, style="bold", highlight=False)
    console.print(terms_line(terms), style="dim", highlight=False)


def _cells(plan: MovePlan, needs: Needs, stretch: Stretch) -> tuple[str, ...]:
    move = stretch.move
    cost = f"{stretch.usd:.3f}" if stretch.end > stretch.first else ""
    moved = f"move {move.usd:.3f}" if move else ""
    return (
        needs.clock(stretch.first),
        NONE if move is None else needs.clock(move.ordered),
        plan.offers[stretch.offer].name,
        stretch.why,
        "\n".join(part for part in (cost, moved) if part),
    )


def total_line(plan: MovePlan) -> str:
    """What a day costs."""
    count = len(plan.moves)
    moves = f", {plan.moves_usd:.3f} of it for {count} {'move' if count == 1 else 'moves'}" if count else ", no move"
    return f"Total {plan.total_usd:.3f} USD in {plan.hours:g} h{moves}."


def comparison_line(plan: MovePlan) -> str:
    """Beside the cheapest machine that fits always, and the one at the start if it does."""
    if plan.single is None:
        return "No single machine fits always."
    best = plan.offers[plan.single.offer].name
    line = f"{best}, the cheapest that fits always, costs {plan.single.usd:.3f}: "
    line += _saving(plan.saving or 0.0, plan.saving_usd_month or 0.0, best)
    if plan.staying is not None and plan.staying.offer != plan.single.offer:
        line += f" Staying on {plan.offers[plan.staying.offer].name} costs {plan.staying.usd:.3f}."
    return line


def _saving(share: float, usd_month: float, best: str) -> str:
    if share < 0:  # a plan that has to come back, or a start that is dear to leave
        return f"the plan costs {-share * 100:.1f} % more, {-usd_month:.2f} USD a month; move to {best} for good."
    return f"the plan saves {share * 100:.1f} %, {usd_month:.2f} USD a month."


def terms_line(terms: Terms) -> str:
    """What the plan rests on."""
    parts = [
        f"at most {terms.moves} moves a day",
        f"{terms.restart_usd:g} USD a restart",
        f"the old machine is paid for {terms.drain_hours * 60:g} min longer",
        f"ordered {terms.arrival * SLOT_S // 60} min before it serves",
        f"paid: {MODEL[terms.model]}",
        "back at the end" if terms.back else "not back at the end",
    ]
    if terms.allow_spot:
        parts.append(f"spot, with {terms.interruptions_per_hour:g} interruptions an hour at a restart each")
    return "Terms: " + "; ".join(parts) + "."


def show_groups(console: Console, groups: Sequence[NodeGroup], candidates: Sequence[Candidate], name: str) -> None:
    """The cheapest types for a cluster's needs, with what no packing can go below."""
    able = [group for group in groups if group.nodes is not None]
    table = _table(f"Node groups for {name}, the cheapest first")
    table.add_column("type")
    for column in ("nodes", "at least", "gap", "USD an hour", "at least", "USD a month"):
        table.add_column(column, justify="right")
    for group in able[:SHOWN]:
        table.add_row(
            candidates[group.candidate].name, f"{group.nodes:,}", f"{group.bound:,}", f"{group.gap:.1%}",
            f"{group.usd_hour:.3f}", f"{group.bound_usd_hour:.3f}", f"{group.usd_hour * HOURS_PER_MONTH:,.0f}",
        )  # fmt: skip
    console.print(table)
    if len(able) > SHOWN:
        console.print(f"… and {len(able) - SHOWN} more.", highlight=False)
    if able:
        rivals = [candidates[group.candidate].name for group in able[1:] if group.bound_usd_hour < able[0].usd_hour]
        names = f"only {', '.join(rivals)}" if rivals else "no other type"
        best = candidates[able[0].candidate].name
        console.print(f"However they are packed, {names} could be cheaper than {best}.", style="bold", highlight=False)
    small = [candidates[group.candidate].name for group in groups if group.nodes is None]
    if small:
        console.print(f"Too small for the largest container: {', '.join(small)}.", highlight=False)
    console.print("nodes: packed by first fit, the largest first; the fewest possible lie between that and the bound, "
                  "the sum of needs over a node.", style="dim", highlight=False)  # fmt: skip


def _table(title: str) -> Table:
    return Table(title=title, title_justify="left", box=SIMPLE, padding=(0, 1), collapse_padding=True, pad_edge=False)
