"""Parts of the report in words and tables: functions from a summary to HTML or to a sentence."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Final

from engine import __version__
from engine.demo.accuracy import Accuracy
from engine.demo.interesting import Shown
from engine.demo.summary import Summary
from engine.demo.words import buckets, lead, milliseconds, percent, ratio, usd
from engine.messages import Decision, Outcome

ACCURACY_LEAD: Final = (
    "Five-minute means, forecasts made on the hour, before their target was seen; medians over containers, the warm-up "
    "included. WAPE is sum|error| / sum|actual|; the yardstick is the last value known when the forecast was made."
)


def subtitle(summary: Summary) -> str:
    return (
        f"{summary.trace} · {summary.containers} containers · {summary.event_days:.1f} days of event time "
        f"in {summary.wall_seconds:.0f} s of wall time"
    )


def cards(summary: Summary) -> str:
    """The key figures."""
    s = summary
    refused = sum(s.commands_refused.values())
    memory = "" if s.coverage_95_memory is None else f"; memory {percent(s.coverage_95_memory)}"
    balanced = "all accounted for" if s.balance else "do not balance"
    parts = [
        _card("Monthly saving", usd(s.monthly_saving_usd), f"{usd(s.monthly_saving_realised_usd)} carried out, "
              f"{usd(s.monthly_saving_recommended_usd)} recommended"),
        _card("Forecast error, 4 h, CPU", ratio(s.wape_4h),
              f"last value: {ratio(s.wape_4h_naive)}; 2 h: {ratio(s.wape_2h)}"),
        _card("Below the 95 % quantile", percent(s.coverage_95), f"promised 95 %{memory}"),
        _card("Metric to command", milliseconds(s.latency_ms.p50), f"median; p99 {milliseconds(s.latency_ms.p99)}"),
        _card("Commands applied", f"{s.commands_applied:,}", f"of {s.commands:,}; {refused} refused"),
        _card("Decisions", f"{sum(s.decisions.values()):,}", ", ".join(
            f"{count:,} {action.replace('_', ' ')}" for action, count in s.decisions.items())),
        _card("Right 4 h later", percent(s.decision_accuracy),
              f"{s.decisions_right:,} of {s.decisions_judged:,} changes; promised "
              f"{usd(s.monthly_saving_promised_usd)} a month, {usd(s.monthly_saving_realised_usd)} realised"),
        _card("Audit", "equal" if s.audit.decisions_equal else "differs", "published decisions are the "
              "offline fold's, bit for bit", "good" if s.audit.decisions_equal else "bad"),
        _card("Samples", f"{s.samples_sent:,}", balanced, "" if s.balance else "bad"),
    ]
    return "".join(parts)


def _card(label: str, value: str, more: str, kind: str = "") -> str:
    return (
        f'<div class="card {kind}"><div class="label">{escape(label)}</div><div class="value">{escape(value)}</div>'
        f'<div class="more">{escape(more)}</div></div>'
    )


def problems(summary: Summary) -> str:
    return "".join(f'<p class="note bad">{escape(problem.capitalize())}.</p>' for problem in summary.problems())


def halves(scope: str, summary: Summary) -> str:
    return (
        f"On day {summary.autopilot_day:.1f} a control turned auto-pilot to full for namespace {scope}: its decisions "
        "became commands. The other half was only told what to do; the dashed line is what it would have requested. "
        "A container without a sample in a bucket counts with its last one."
    )


def figure_id(number: int) -> str:
    return f"container-{number}"


def container_panel(number: int, shown: Shown) -> str:
    name = shown.container.partition("/")[2]
    return (
        f'<div class="panel"><h3>{escape(name)}</h3><p>{escape(shown.why)}</p>'
        f'<div id="{figure_id(number)}"></div></div>'
    )


def accuracy_table(accuracies: Sequence[Accuracy]) -> str:
    head = ["", "lead", "WAPE", "last value", "≤ p95", "p05–p95", "forecasts"]
    rows = [
        [
            {"cpu": "CPU", "memory": "memory"}[a.resource], lead(a.lead_s), ratio(a.wape), ratio(a.naive),
            percent(a.above), percent(a.within), f"{a.forecasts:,}",
        ]
        for a in accuracies
        if a.forecasts
    ]
    return table(head, rows, numbers_from=2)


def counts_table(summary: Summary) -> str:
    s = summary
    rows = [
        ["samples sent by the collector", f"{s.samples_sent:,}"],
        ["folded by the engine", f"{s.samples_folded:,}"],
        ["… of these late, counted and used for nothing", f"{s.samples_late:,}"],
        ["… of these seen before", f"{s.samples_duplicate:,}"],
        ["dead-lettered", f"{s.samples_dead_lettered:,}"],
        ["decisions published", f"{sum(s.decisions.values()):,}"],
        ["… judged four hours later or at the next change, and right",
         f"{s.decisions_judged:,}, {s.decisions_right:,}"],
        ["… missing, extra, different from the offline fold",
         f"{s.audit.missing}, {s.audit.extra}, {s.audit.different}"],
        ["commands", f"{s.commands:,}"],
        ["… applied", f"{s.commands_applied:,}"],
        *([f"… refused: {reason}", f"{count:,}"] for reason, count in s.commands_refused.items()),
        ["writes that the simulated cluster received", f"{s.simulated_writes:,}"],
        ["event time from command to outcome, in buckets (p50, p99)",
         f"{buckets(s.outcome_delay_buckets.p50)}, {buckets(s.outcome_delay_buckets.p99)}"],
    ]
    return table(["", "count"], rows, numbers_from=1)


def decisions_lead(shown: int, total: int) -> str:
    part = "All" if shown == total else f"{shown:,} of {total:,}, those that change something first, of all"
    return f"{part} decisions that the engine published; every one with its whole evidence is in decisions.jsonl."


def became(decision: Decision, outcome: Outcome | None) -> str:
    """What came of a decision, in a word or two."""
    if outcome is None:
        return "" if decision.disposition == "none" else decision.disposition
    return outcome.status if not outcome.reason else f"{outcome.status}: {outcome.reason.replace('_', ' ')}"


def footer() -> str:
    return f"trimtab {__version__}. Prices: the catalogue that ships with it; a month is 730 hours."


def table(head: Sequence[str], rows: Sequence[Sequence[str]], numbers_from: int) -> str:
    """An HTML table; columns from `numbers_from` on are aligned right."""

    def line(cells: Sequence[str], tag: str) -> str:
        kinds = [' class="number"' if n >= numbers_from else "" for n in range(len(cells))]
        return "<tr>" + "".join(f"<{tag}{k}>{escape(c)}</{tag}>" for c, k in zip(cells, kinds, strict=True)) + "</tr>"

    return f"<table><thead>{line(head, 'th')}</thead><tbody>{''.join(line(row, 'td') for row in rows)}</tbody></table>"


def closing(summary: Summary, out: Path) -> str:
    """The last words on the terminal."""
    s = summary
    kinds = ", ".join(f"{number:,} {action.replace('_', ' ')}" for action, number in s.decisions.items()) or "none"
    refused = sum(s.commands_refused.values())
    return "\n".join(
        [
            f"{s.samples_sent:,} samples sent = {s.samples_folded:,} folded + {s.samples_dead_lettered:,} dead-lettered"
            f"{'' if s.balance else ' DOES NOT HOLD'}; {s.samples_late:,} late, {s.samples_duplicate:,} seen before",
            f"decisions: {kinds}; audit: {'equal to the offline fold' if s.audit.decisions_equal else 'DIFFERS'}",
            f"commands: {s.commands:,}, {s.commands_applied:,} applied, {refused:,} refused; from metric to command "
            f"{milliseconds(s.latency_ms.p50)} (p50), {milliseconds(s.latency_ms.p99)} (p99)",
            f"forecast error (WAPE, CPU): {ratio(s.wape_2h)} at 2 h, {ratio(s.wape_4h)} at 4 h "
            f"(last value: {ratio(s.wape_2h_naive)}, {ratio(s.wape_4h_naive)})",
            f"monthly saving: {usd(s.monthly_saving_usd)} ({usd(s.monthly_saving_realised_usd)} carried out, "
            f"{usd(s.monthly_saving_recommended_usd)} recommended)",
            f"report: {out / 'report.html'} ({s.wall_seconds:.0f} s)",
        ]
    )
