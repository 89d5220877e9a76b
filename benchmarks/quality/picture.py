"""A picture for the README: how far off each model is on each source, whether its 95 % hold, what a forecast costs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl

from benchmarks.quality.compute import BATCH, NAMES, PEERS
from benchmarks.quality.plots import COLOURS, LEAD_H, NAIVE_COLOUR
from benchmarks.quality.scoring import Record, over_series
from benchmarks.quality.tables import of, sampled, sources_of
from engine.backtest.online import NAME as TRIMTAB

mpl.use("Agg")
import matplotlib.pyplot as plt


def write(path: Path, records: Sequence[Record]) -> None:
    """PNG, of the batch peers' sample: CPU, 4 h ahead."""
    some = [record for record in records if record.resource == "cpu" and record.lead_h == LEAD_H]
    sample = [record for record in sampled(some) or some if record.wape is not None]
    models = [model for model in (*NAMES, *reversed(PEERS), TRIMTAB) if any(r.model == model for r in sample)]
    made, (errors, covered, price) = plt.subplots(1, 3, figsize=(15, 6), width_ratios=(3, 2, 2.4), layout="constrained")
    _errors(errors, sample, models)
    _covered(covered, sample, models)
    _price(price, sample, models)
    handles, labels = errors.get_legend_handles_labels()
    made.legend(handles[::-1], labels[::-1], loc="outside lower center", ncols=9, frameon=False)
    for axes in (errors, covered, price):
        axes.grid(color="#e5e8ec", linewidth=0.8)
        axes.set_axisbelow(True)
        axes.spines[["top", "right"]].set_visible(False)
    path.parent.mkdir(parents=True, exist_ok=True)
    made.savefig(path, dpi=110)
    plt.close(made)


def _errors(axes: Any, sample: Sequence[Record], models: Sequence[str]) -> None:
    sources = sources_of(sample)
    for model in models:
        found = [over_series(of(sample, model, source)) for source in sources]
        naive = "naive rules" if model == NAMES[0] else "" if model in NAMES else model
        median = [one["median"] if one else float("nan") for one in found]
        axes.plot(median, sources, linestyle="none", label=naive or None, **_marker(model))
    axes.invert_yaxis()
    axes.set(xscale="log", xlabel="WAPE, median over the series", title="Error, CPU, 4 h ahead")
    axes.xaxis.set_major_formatter("{x:g}")


def _covered(axes: Any, sample: Sequence[Record], models: Sequence[str]) -> None:
    sources = sources_of(sample)
    axes.axvspan(94, 96, color="#dbe7fd")
    for model in models:
        found = [over_series(of(sample, model, source)) for source in sources]
        share = [100 * one["coverage_95"] if one else float("nan") for one in found]
        axes.plot(share, range(len(sources)), linestyle="none", **_marker(model))
    axes.invert_yaxis()
    axes.set_yticks(range(len(sources)), [""] * len(sources))
    axes.set(xlabel="actuals at most p95, percent (95 ± 1 shaded)", title="Do the stated 95 % hold?")


def _price(axes: Any, sample: Sequence[Record], models: Sequence[str]) -> None:
    for model in models:
        found = over_series([record for record in sample if record.model == model])
        if not found:
            continue
        relative = 1.0 if model == TRIMTAB else 1 / found["ratio"]
        cost = found["slot_us" if model == TRIMTAB else "cpu_us"]
        axes.plot([cost], [relative], linestyle="none", **_marker(model))
        if "+" not in model:  # halves of two rules lie between them
            axes.annotate(model, (cost, relative), xytext=(7, 3), textcoords="offset points", fontsize=9)
    axes.set(xscale="log", xlabel="CPU µs a forecast", title="Error relative to trimtab's, and its price")
    axes.margins(x=0.2)


def _marker(model: str) -> dict[str, Any]:
    symbol = "*" if model == TRIMTAB else "D" if model in BATCH else "o"
    size = 13 if model == TRIMTAB else 6
    return {"color": COLOURS.get(model, NAIVE_COLOUR), "marker": symbol, "markersize": size}
