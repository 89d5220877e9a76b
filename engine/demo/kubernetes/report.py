"""`report.html`: one file that needs no network."""

from __future__ import annotations

from html import escape
from importlib.resources import files
from string import Template
from typing import Final

from engine.demo.kubernetes.figures import totals_figure, workload_figure
from engine.demo.kubernetes.rows import Row, rows
from engine.demo.kubernetes.summary import KubernetesSummary
from engine.demo.kubernetes.watch import PodWatch
from engine.demo.recorded import Recorded
from engine.demo.words import percent, usd

PAGE: Final = Template("""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>trimtab on Kubernetes</title>
<style>$css</style><script>$plotly</script></head><body><main>
<header><h1>Pods resized in place</h1><p>$subtitle</p></header>$problems
<section class="cards">$cards</section>
<h2>Requested and used, all pods</h2><div class="panel">$totals</div>
<h2>Surges</h2>
<p>From the step in usage to the changed request on the pod object. Where it is a dash, the request had
room for the surge.</p><div class="panel"><table><tr><th>workload</th><th class="number">cores a replica</th>
<th class="number">changed after</th></tr>$surges</table></div>
<h2>Changes of pods</h2>
<p>Same pod, same containers, no restart: the request of the object changed, then its kubelet set
it.</p>
<div class="panel"><table><tr><th class="number">second</th><th>pod</th><th>change</th><th>decision</th>
<th class="number">actuated after</th></tr>$changes</table></div>
<h2>Commands</h2>
<div class="panel"><table><tr><th>came to</th><th class="number">commands</th></tr>$outcomes</table></div>
</main></body></html>
""")


def render(summary: KubernetesSummary, watch: PodWatch, recorded: Recorded) -> str:
    """The whole report as HTML."""
    from plotly.offline import get_plotlyjs  # noqa: PLC0415  (4 MB of text, for the report only)

    css = (files("engine.demo") / "assets" / "report.css").read_text()
    told = rows(watch, recorded)
    start_s = watch.totals[0][0]
    return PAGE.substitute(
        css=css, plotly=get_plotlyjs(), subtitle=escape(subtitle(summary)), cards=cards(summary),
        problems="".join(f'<p class="note bad">{escape(text)}</p>' for text in summary.problems()),
        totals=totals_figure(watch) + workload_figure(watch, start_s),
        surges="".join(
            f'<tr><td>{escape(s.workload)}</td><td class="number">{s.cpu:.3f}</td>'
            f'<td class="number">{"–" if s.changed_s is None else f"{s.changed_s:.1f} s"}</td></tr>'
            for s in summary.surges
        ),
        changes="".join(map(_row, told)), outcomes=_outcomes(summary),
    )  # fmt: skip


def subtitle(summary: KubernetesSummary) -> str:
    return (
        f"{summary.pods} pods on a real API server, their usage a real trace faster than life. "
        f"{summary.changes} changes of {summary.pods_changed_in_place} pods, {summary.pods_replaced} replaced, "
        f"{summary.restarts} restarted."
    )


def cards(summary: KubernetesSummary) -> str:
    s = summary
    told = (
        ("Requests, USD a month", f"{usd(s.usd_before)} → {usd(s.usd_after)}",
         f"{s.cores_before:g} → {s.cores_after:g} cores, {s.gib_before:g} → {s.gib_after:g} GiB"),
        ("CPU used above request", percent(s.shortage_cpu), f"as written it were {percent(s.shortage_cpu_written)}"),
        ("Memory used above request", percent(s.shortage_memory),
         f"as written it were {percent(s.shortage_memory_written)}"),
        ("Commands", f"{s.applied} of {s.commands}", f"applied; without outcome: {s.commands_without_outcome}"),
    )  # fmt: skip
    return "".join(
        f'<div class="card"><div class="label">{escape(label)}</div><div class="value">{escape(value)}</div>'
        f'<div class="more">{escape(more)}</div></div>'
        for label, value, more in told
    )


def _row(row: Row) -> str:
    after = "–" if row.actuated_s is None else f"{row.actuated_s:.2f} s"
    return (
        f'<tr><td class="number">{row.second:.1f}</td><td>{escape(row.pod)}</td><td>{escape(row.change)}</td>'
        f'<td><span class="tag {row.action}">{escape(row.action)}</span> {escape(row.text)}</td>'
        f'<td class="number">{after}</td></tr>'
    )


def _outcomes(summary: KubernetesSummary) -> str:
    told = {"applied": summary.applied}
    told |= {f"refused: {reason}": count for reason, count in summary.refused.items()}
    told |= {f"failed: {reason}": count for reason, count in summary.failed.items()}
    return "".join(f'<tr><td>{escape(k)}</td><td class="number">{v}</td></tr>' for k, v in told.items())
