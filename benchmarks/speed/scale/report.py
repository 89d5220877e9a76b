"""The figures as tables in Markdown."""

from __future__ import annotations

from typing import Any

from benchmarks.speed.scale.figures import PARTS
from benchmarks.speed.scale.plots import label


def table(head: list[str], rows: list[list[str]]) -> str:
    """The first column to the left, the others to the right."""
    rule = ["---"] + ["--:"] * (len(head) - 1)
    return "\n".join("| " + " | ".join(row) + " |" for row in (head, rule, *rows)) + "\n"


def scales(found: list[dict[str, Any]]) -> str:
    """A column for each size of the fleet."""
    rows = [
        ["samples a second", *[f"{s['samples_per_s']:,.0f}" for s in found]],
        ["engine, cores", *[f"{s['cores']['engine']:.2f}" for s in found]],
        ["broker, cores", *[f"{s['cores']['broker']:.2f}" for s in found]],
        ["load, cores", *[f"{s['cores']['load']:.2f}" for s in found]],
        ["engine, CPU s a million samples", *[f"{s['cpu_s_per_million']['engine']:.1f}" for s in found]],
        ["broker, the same", *[f"{s['cpu_s_per_million']['broker']:.1f}" for s in found]],
        ["state, bytes a container", *[f"{s['state_per_container']:,.0f}" for s in found]],
        ["engine, RSS bytes a container", *[f"{s['rss_per_container']:,.0f}" for s in found]],
        ["lag, messages: first half, second half, max", *[
            f"{s['lag_first_half']:.0f}, {s['lag_second_half']:.0f}, {s['lag_max']:.0f}" for s in found
        ]],
        ["checkpoints, MiB/s", *[f"{s['checkpoint_bytes_per_s'] / 2**20:.1f}" for s in found]],
        ["oldest change not durable, s", *[f"{s['checkpoint_age_max_s']:.0f}" for s in found]],
        ["decisions, commands a second", *[f"{s['decisions_per_s']:.0f}, {s['commands_per_s']:.0f}" for s in found]],
        ["urgent commands, n", *[f"{s['latency']['urgent']['n']:,}" for s in found]],
        *[[f"metric to command, {q}, ms", *[_of(s["latency"]["urgent"], q) for s in found]]
          for q in ("p50", "p99", "p99.9", "max")],
        *[[f"{part}, p50 and p99", *[_both(s["latency"]["parts"][part]) for s in found]] for part in PARTS],
    ]
    return table(["", *[label(s["containers"]) for s in found]], rows)


def _of(quantiles: dict[str, float], name: str) -> str:
    return f"{quantiles[name]:,.1f}" if name in quantiles else "–"


def _both(quantiles: dict[str, float]) -> str:
    return f"{_of(quantiles, 'p50')}, {_of(quantiles, 'p99')}"


def others(result: dict[str, Any]) -> str:
    """Everything else, a line each."""
    rows: list[list[str]] = []
    if (caught := result.get("catch_up")) is not None:
        rows += [
            ["catch-up", f"{caught['samples'] / 1e6:.1f} million samples in {caught['seconds']:.0f} s",
             f"{caught['times_real_time']:.1f} times real time"],
            ["beside it, a cluster of its own partition", "metric to command, p50 and p99, ms",
             _both(caught["beside_backlog"]["urgent"])],
        ]
    for found in result.get("recovery", []):
        after = "SIGKILL, a second worker takes over" if found["second_worker"] else "SIGKILL, started again"
        case = f"{after}, {label(found['containers'])}"
        if found["first_command_s"] is not None:
            rows.append([case, "first command, s", f"{found['first_command_s']:.1f}"])
        normal_s = found["normal_lag_s"]
        rows.append([case, "lag as before, s", "not within 300" if normal_s is None else f"{normal_s:.1f}"])
    if (bulk := result.get("bulk")) is not None:
        rows.append([
            "bulk", f"{bulk['samples'] / 1e6:.0f} million samples from Kafka to durable state",
            f"{bulk['durable_s'] / 60:.1f} min, {bulk['samples_per_s'] / 1e3:,.0f} k a second",
        ])
    if (come := result.get("workers")) is not None:
        rows.append(["workers", "samples sent, folded", f"{come['samples_sent']:,}, {come['samples_folded']:,}"])
        rows += [
            ["", f"to {step['workers']} in all: longest without a partition, s", f"{step['longest_gap_s']:.1f}"]
            for step in come["steps"]
        ]
    for day in result.get("growth", []):
        if day["day"] in {1, 2, 7, 14, 30}:
            rows.append([f"day {day['day']}", "CPU ms a container and day; bytes of state",
                         f"{day['us'] / 1000:.2f}; {day['bytes']:,.0f}"])
    return table(["", "", ""], rows) if rows else ""
