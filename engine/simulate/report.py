"""What a simulation found: files and a table."""

from __future__ import annotations

import gzip
import io
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import numpy as np
from rich.box import SIMPLE
from rich.table import Table

from engine.backtest.buckets import NAMES
from engine.backtest.output import quoted
from engine.errors import UserError
from engine.simulate.trajectory import Fit, Trajectory
from engine.traces import Series

Fits = Mapping[str, Sequence[tuple[Fit | None, Fit | None]]]
"""By whose sizes they are, for each series: CPU and memory."""
HEADS: Final = ("sizes", "series", "slack", "above", "p90 above", "depth", "changes a day", "episodes")


def write_targets(path: Path, series: Sequence[Series], found: Sequence[Trajectory]) -> None:
    """CSV, packed where it ends in .gz; a row per change, an empty field where none is set. Raises UserError."""
    text = io.StringIO()
    text.write("series_id,timestamp_s,cpu_target,mem_target\n")
    for one, trajectory in zip(series, found, strict=True):
        name = quoted(one.name)
        for time_s, target in zip(trajectory.time_s, trajectory.target, strict=True):
            cpu, memory = ("" if np.isnan(each) else f"{each:.9g}" for each in target)
            text.write(f"{name},{time_s:.10g},{cpu},{memory}\n")
    content = text.getvalue().encode()
    try:
        path.write_bytes(gzip.compress(content, 6, mtime=0) if path.suffix == ".gz" else content)
    except OSError as error:
        raise UserError(f"The targets cannot be written: {error}.") from error


def summary(fits: Fits) -> list[dict[str, Any]]:
    """Means over the series, by whose sizes and resource; `above_p90` is the share that a tenth of them exceeds."""
    found = []
    for sizes, pairs in fits.items():
        for resource, name in enumerate(NAMES):
            some = [pair[resource] for pair in pairs]
            known = [each for each in some if each is not None]
            if known:
                above = np.array([each.above for each in known])
                found.append(
                    {
                        "sizes": sizes,
                        "resource": name,
                        "series": len(known),
                        "slack": float(np.mean([each.slack for each in known])),
                        "above": float(above.mean()),
                        "above_p90": float(np.quantile(above, 0.9)),
                        "depth": float(np.mean([each.depth for each in known])),
                        "changes_a_day": float(np.mean([each.changes_a_day for each in known])),
                        "episodes": sum(each.episodes for each in known),
                    }
                )
    return found


def tables(rows: Sequence[Mapping[str, Any]]) -> list[Table]:
    """One per resource."""
    made = []
    for name, shown in (("cpu", "CPU"), ("mem", "memory")):
        table = Table(box=SIMPLE, title=f"{shown}: means over the series", title_justify="left", pad_edge=False)
        for head in HEADS:
            table.add_column(head, justify="left" if head == "sizes" else "right", no_wrap=True)
        for row in rows:
            if row["resource"] == name:
                table.add_row(
                    row["sizes"], str(row["series"]), f"{row['slack']:.3f}", f"{row['above']:.4f}",
                    f"{row['above_p90']:.4f}", f"{row['depth']:.4f}", f"{row['changes_a_day']:.1f}",
                    f"{row['episodes']:,}",
                )  # fmt: skip
        if table.row_count:
            made.append(table)
    return made


def as_json(title: str, series: Sequence[Series], fits: Fits, settings: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "trace": title,
        "settings": dict(settings),
        "about": {
            "slack": "Share of what was requested that was idle.",
            "above": "Share of samples above the request.",
            "depth": "Share of what was used that lay above the request.",
            "episodes": "Runs of samples above the request; for memory each would have been an OOM kill.",
        },
        "summary": summary(fits),
        "series": [
            {
                "series_id": one.name,
                **{
                    sizes: {
                        name: None if fit is None else asdict(fit)
                        for name, fit in zip(NAMES, pairs[place], strict=True)
                    }
                    for sizes, pairs in fits.items()
                },
            }
            for place, one in enumerate(series)
        ],
    }
