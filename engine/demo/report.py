"""`report.html`: one file that needs no network, with plots, tables and the script that draws them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from string import Template
from typing import Any, Final

import orjson
from plotly.offline import get_plotlyjs

from engine.demo import axes, kinds, sections
from engine.demo.accuracy import Accuracy
from engine.demo.cluster_plots import halves_figure, latency_figure
from engine.demo.interesting import Shown
from engine.demo.plots import Figure, container_figure, since
from engine.demo.standing import in_order
from engine.demo.summary import Summary
from engine.demo.trajectories import Trajectories
from engine.messages import Decision, Outcome

SHOWN_BEFORE_S: Final = 2 * 86_400
"""Plots of containers start so long before auto-pilot was turned on."""
ROWS: Final = 4000
"""The table holds at most so many decisions, those that change something first."""
RARE: Final = ("urgent_up", "rollback", "move")
"""They stay when others have to go."""


@dataclass(frozen=True, slots=True)
class Material:
    """What the report is made of. `scope`: the namespace that auto-pilot was turned on for, at `pilot_s`.

    Event time; `start_s`: the replay's first.
    """

    summary: Summary
    accuracies: Sequence[Accuracy]
    trajectories: Trajectories
    decisions: Sequence[Decision]
    outcomes: Mapping[str, Outcome]
    latencies_ms: list[float]
    shown: Sequence[Shown]
    scope: str
    pilot_s: float
    start_s: float


def render(material: Material) -> str:
    """The whole report as HTML."""
    asset = files("engine.demo") / "assets"
    summary = material.summary
    rows = table_rows(material.decisions, material.outcomes, material.start_s)
    data = {"figures": _figures(material), "decisions": rows}
    return Template((asset / "report.html").read_text()).substitute(
        trace=escape(summary.trace),
        css=(asset / "report.css").read_text(),
        subtitle=escape(sections.subtitle(summary)),
        cards=sections.cards(summary),
        problems=sections.problems(summary),
        assumptions=escape(f"{summary.derived} {summary.assumed}".strip()),
        halves=escape(sections.halves(material.scope, summary)),
        containers="".join(sections.container_panel(n, shown) for n, shown in enumerate(material.shown)),
        accuracy_lead=escape(sections.ACCURACY_LEAD),
        accuracy=sections.accuracy_table(material.accuracies),
        kinds_lead=escape(kinds.LEAD),
        kinds=kinds.table(summary.kinds),
        decisions_lead=escape(sections.decisions_lead(len(rows), len(material.decisions))),
        actions="".join(f"<option>{action}</option>" for action in sorted({row["action"] for row in rows})),
        counts=sections.counts_table(summary),
        footer=escape(sections.footer()),
        plotly=get_plotlyjs(),
        data=_embedded(data),
        script=(asset / "report.js").read_text(),
    )


def table_rows(
    decisions: Sequence[Decision], outcomes: Mapping[str, Outcome], start_s: float, limit: int = ROWS
) -> list[dict[str, Any]]:
    """Rows of the table of decisions, in order of time; when there are too many, holds and small savings go first.

    `latest` is each container's last change of size, and its last move; those and rare kinds stay longest.
    """
    changes = [d for d in in_order(decisions) if d.action != "hold"]
    latest = set({(d.container, d.action == "move"): d.id for d in changes}.values())

    def rank(d: Decision) -> tuple[bool, bool, float]:
        return d.id not in latest and d.action not in RARE, d.action == "hold", -abs(d.monthly_saving_usd)

    kept = sorted(decisions, key=rank)[:limit]
    return [
        {
            "time": axes.day(d.time_s, start_s),
            "time_s": d.time_s,
            "container": d.container.partition("/")[2],
            "action": d.action,
            "text": d.text,
            "change": axes.machines(d.move) if d.move else axes.change(d.current, d.target),
            "saving": round(d.monthly_saving_usd, 2),
            "latest": d.id in latest,
            "became": sections.became(d, outcomes.get(d.id)),
        }
        for d in in_order(kept)
    ]


def _figures(material: Material) -> dict[str, Figure]:
    m = material
    recent = since(m.trajectories, m.pilot_s - SHOWN_BEFORE_S)
    figures = {
        sections.figure_id(n): container_figure(recent, shown.container, m.decisions, m.outcomes, m.pilot_s, m.start_s)
        for n, shown in enumerate(m.shown)
    }
    figures["halves"] = halves_figure(m.trajectories, m.decisions, m.scope, m.pilot_s, m.start_s)
    figures["latency"] = latency_figure(m.latencies_ms)
    return {name: orjson.Fragment(figure.to_json()) for name, figure in figures.items()}


def _embedded(data: dict[str, Any]) -> str:
    """JSON that cannot end the script element that holds it."""
    return orjson.dumps(data).decode().replace("<", "\\u003c")


