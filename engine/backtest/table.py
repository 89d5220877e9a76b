"""The results as a table for people, on the terminal and on the page of the plots."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from rich.box import SIMPLE
from rich.table import Table

from engine.backtest.online import NAME

COLUMNS: Final = ("lead", "model", "n", "WAPE", "mean", "MASE", "≤p05", "≤p50", "≤p95", "µs")
CAPTION: Final = (
    "Of the scored targets: WAPE, its median and mean over the n series; MASE, its "
    "median; the share of actuals at most the quantile. µs: CPU time a forecast, trimtab's in a slot of 512."
)
NOTHING: Final = "No target is scored: no series is longer than the part at its start that is never scored."
NONE: Final = "–"


def duration(time_s: int) -> str:
    """Such as `15 min`, `4 h`."""
    return f"{time_s / 3600:g} h" if time_s >= 3600 else f"{time_s / 60:g} min"


def rows(found: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    """A row of text for each resource, lead and model that was scored, in the order of COLUMNS."""
    cost = {row["model"]: row.get("cpu_us_per_forecast_in_a_slot", row["cpu_us_per_forecast"]) for row in found["cost"]}
    for row in found["summary"]:
        scored = row["scored"]
        if scored["series"]:
            yield (
                f"{row['resource']} {duration(row['lead_s'])}",
                row["model"],
                str(scored["series"]),
                _number(scored["wape"], "median", ".3f"),
                _number(scored["wape"], "mean", ".3f"),
                _number(scored["mase"], "median", ".3f"),
                *(_number(scored[f"coverage_{level}"], "pooled", ".3f") for level in ("05", "50", "95")),
                NONE if cost[row["model"]] is None else f"{cost[row['model']]:,.1f}",
            )


def _number(value: Mapping[str, float] | None, which: str, form: str) -> str:
    """Without the zero before the point, as such tables are read."""
    return NONE if value is None else format(value[which], form).removeprefix("0")


def table(found: Mapping[str, Any]) -> Table:
    """A table of rich, narrow enough for 80 columns; a rule between leads."""
    shown = Table(box=SIMPLE, padding=(0, 1), collapse_padding=True, pad_edge=False, caption=CAPTION)
    shown.title, shown.title_justify, shown.caption_justify = found["trace"], "left", "left"
    for name in COLUMNS:
        shown.add_column(name, justify="left" if name in COLUMNS[:2] else "right", no_wrap=True)
    all_rows: Sequence[tuple[str, ...]] = list(rows(found))
    for n, row in enumerate(all_rows, start=1):
        ends = n == len(all_rows) or all_rows[n][0] != row[0]
        shown.add_row(*row, end_section=ends, style="bold" if row[1] == NAME else "")
    if not all_rows:
        shown.caption = NOTHING
    return shown
