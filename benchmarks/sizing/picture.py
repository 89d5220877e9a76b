"""A picture for the README: idle share against share of samples above, of trimtab at several risks and of its peers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl

from benchmarks.sizing.runs import VPA, Result

mpl.use("Agg")
import matplotlib.pyplot as plt

COLOURS: Final = {"trimtab, 5 min": "#1f6feb", "trimtab, 30 min": "#79aef7", VPA: "#d1242f"}
_KRR: Final = "#bf8700"


def write(path: Path, results: Sequence[Result], sources: Sequence[str]) -> None:
    """PNG: a panel per source, CPU above and memory below where it has memory."""
    made, panels = plt.subplots(2, len(sources), figsize=(3.1 * len(sources), 7), layout="constrained", squeeze=False)
    for column, source in enumerate(sources):
        for row, (resource, shown) in enumerate((("cpu", "CPU"), ("mem", "memory"))):
            some = [one for one in results if one.source == source and one.row["resource"] == resource]
            _panel(panels[row, column], some, f"{source}, {shown}")
    handles, labels = panels[0, 0].get_legend_handles_labels()
    made.legend(handles, labels, loc="outside upper center", ncols=5, frameon=False)
    made.supylabel("share of what was requested that was idle")
    made.supxlabel("percent of samples above the request")
    path.parent.mkdir(parents=True, exist_ok=True)
    made.savefig(path, dpi=110)
    plt.close(made)


def _panel(axes: Any, some: Sequence[Result], title: str) -> None:
    if not some:
        axes.set_visible(False)
        return
    for sizes in dict.fromkeys(one.sizes for one in sorted(some, key=lambda one: one.sizes, reverse=True)):
        points = sorted((one for one in some if one.sizes == sizes), key=lambda one: one.row["above"])
        ours = sizes.startswith("trimtab")
        axes.plot(
            [100 * one.row["above"] for one in points],
            [one.row["slack"] for one in points],
            label=sizes,
            color=COLOURS.get(sizes, _KRR),
            marker="o" if ours else "D" if sizes == VPA else "s",
            markersize=4 if ours else 7,
            linestyle="-" if ours else "none",
        )
    axes.set_title(title, fontsize=9)
    axes.grid(color="#e5e8ec", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_xlim(left=0)
