"""The figures as Markdown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

Figures = dict[str, float]
LINES: Final[tuple[tuple[str, str], ...]] = (
    ("decode", "decode a message of metrics (JSON)"),
    ("sample", "fold of a sample, decode included; nothing ends with it"),
    ("sample_all", "the same, with all closes, windows and decisions of an hour"),
    ("sample_all_with_rosters", "the same, with a roster each 10 minutes, as agents send"),
    ("roster", "fold of a roster that says nothing new"),
    ("close", "bucket close, what it costs more"),
    ("hour", "close on the hour: the forecast, the hour's sums"),
    ("window", "end of a window"),
    ("forecast_learns", "of a close: the forecast learns"),
    ("forecast_made", "of a close on the hour: the forecast is made"),
    ("window_remembered", "of a window: it is remembered"),
    ("window_request", "of a window, where a risk is stated: a request by it"),
    ("window_decision", "a decision at a window's end, where a risk is stated"),
    ("decision", "a decision at a close, where all rows have one"),
    ("urgent", "an urgent decision (1 row in 100 has an OOM kill)"),
    ("encode_decision", "a decision's JSON"),
    ("pack", "checkpoint, pack"),
    ("unpack", "checkpoint, unpack"),
)
COUNTS: Final[tuple[tuple[str, str], ...]] = (
    ("message_bytes", "bytes of a message of metrics"),
    ("roster_bytes", "bytes of a roster"),
    ("state_bytes", "bytes of state"),
    ("peak_bytes_sample", "most bytes allocated at once, fold of a message of metrics"),
    ("peak_bytes_roster", "most bytes allocated at once, fold of a roster"),
    ("decisions_an_hour", "decisions a container and hour, steady state"),
    ("window_decisions", "decisions a container and window, where a risk is stated"),
)
SHARES: Final[tuple[tuple[str, str], ...]] = (
    ("second_sample", "samples, one in 15 s"),
    ("second_close", "closes, one in 5 minutes but on the hour"),
    ("second_hour", "closes on the hour"),
    ("second_window", "ends of windows, one in 5 minutes"),
    ("second_roster", "rosters, one in 10 minutes"),
    ("second_checkpoint", "checkpoints, one in 10 s (pack alone)"),
)
WHOLE: Final = (
    ("whole", "all; 1,000 are a core for 1,000,000 containers. A slot has 150 rows, up to 500 in large clusters"),
)


def markdown(result: dict[str, Any]) -> str:
    by_rows: dict[str, Figures] = result["rows"]
    whole = {rows: {"whole": sum(each[name] for name, _ in SHARES)} for rows, each in by_rows.items()}
    return "\n".join([
        *_table("ns a row (rows a second) by rows a message", LINES, by_rows, _with_rate), "",
        *_table("a row", COUNTS, by_rows, _count), "",
        *_table("ns of processor time a second and container, at a scrape of 15 s", SHARES, by_rows, _count),
        *_table("", WHOLE, whole, _count)[2:], "",
        *_peers(result),
    ])  # fmt: skip


def _table(
    title: str, lines: tuple[tuple[str, str], ...], by_rows: Mapping[str, Figures], cell: Callable[[float], str]
) -> list[str]:
    heads = " | ".join(f"{int(rows):,}" for rows in by_rows)
    return [f"| {title} | {heads} |", "|---|" + "---:|" * len(by_rows)] + [
        f"| {text} | " + " | ".join(cell(each.get(name, float("nan"))) for each in by_rows.values()) + " |"
        for name, text in lines
    ]


def _with_rate(ns: float) -> str:
    return f"{ns:,.0f} ({1e9 / ns:,.0f})" if ns > 0 else "-"  # not measured, or less than its noise


def _count(amount: float) -> str:
    return "-" if amount != amount else f"{amount:,.2f}" if amount < 10 else f"{amount:,.0f}"  # noqa: PLR0124


def _peers(result: dict[str, Any]) -> list[str]:
    lines = ["| peers, no broker, nothing durable | |", "|---|---:|"]
    lines.append(f"| river HoltWinters, one resource, learn_one | {result['river_ns']:,.0f} ns |")
    if isinstance(result["vpa"], str):
        lines.append(f"| VPA recommender | {result['vpa']} |")
    else:
        for each in result["vpa"]:
            at = f"| VPA {each['vpa']}, {each['containers']:,} containers: "
            recommendation = each["aggregate_ns"] + each["recommend_ns"]
            lines += [
                f"{at}AddSample | {each['add_sample_ns']:,.0f} ns ({each['samples_per_second']:,.0f} a second) |",
                f"{at}a container's CPU and memory | {each['scrape_ns']:,.0f} ns |",
                f"{at}the same under a VPA, which measures quality | {each['scrape_under_vpa_ns']:,.0f} ns |",
                f"{at}a recommendation, of it making | {recommendation:,.0f}, {each['recommend_ns']:,.0f} ns |",
                f"{at}memory of a container | {each['bytes_per_container']:,.0f} bytes |",
            ]
    return lines + [f"| {name} | {value:.2f} |" for name, value in result["ratios"].items()]
