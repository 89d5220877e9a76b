"""The files that a backtest writes: forecasts as CSV, results as JSON."""

from __future__ import annotations

import gzip
import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import orjson

from engine import __version__
from engine.backtest.buckets import Bucketed
from engine.backtest.plan import Plan
from engine.backtest.results import Result, cost, summary, targets_s
from engine.errors import UserError
from engine.units import BUCKET_S

COLUMNS: Final = ("series_id", "resource", "origin_s", "target_s", "p50", "p95", "mean", "p05")
ABOUT: Final = {
    "scored": "Forecasts whose target lies in the last score_last_s of the series, never in its first score_skip_s.",
    "all": "Every forecast that has a target, from the first hour of the series on.",
    "coverage": "The share of actuals that are at most the quantile, of all forecasts, by kind of moment: young (the "
    "first day), night (target in 22-6 h UTC), day, after_shift (within 6 h after 3 h outside the range of 2 days).",
    "mase": "Mean absolute error over that of the last value, over the targets that both forecast.",
    "pinball": "Mean pinball loss, in the units of the series.",
    "no_forecast": "Origins at which nothing was forecast: fewer than 3 buckets seen (young), no sample within the "
    "last hour (silent).",
    "no_target": "Forecasts whose target has no sample.",
    "cpu_us_per_forecast": "CPU time over forecasts of one resource at one lead, learning included, in this run. "
    "trimtab's rows share the work of a bucket: in_a_slot is measured with the rows repeated to 512 containers.",
}


def write_forecasts(path: Path, results: Sequence[Result], plan: Plan) -> None:
    """trimtab's forecasts, a row for each that could be made. Raises UserError when the file cannot be written."""
    try:
        with path.open("wb") as file:
            if path.suffix == ".gz":
                with gzip.GzipFile("", "wb", 6, file, mtime=0) as packed:  # the same forecasts, the same bytes
                    _write(packed, results, plan)
            else:
                _write(file, results, plan)
    except OSError as error:
        raise UserError(f"The forecasts cannot be written: {error}.") from error


def _write(file: Any, results: Sequence[Result], plan: Plan) -> None:
    text = io.TextIOWrapper(file, "utf-8", newline="")
    text.write(",".join(COLUMNS) + "\n")
    for result in results:
        text.writelines(_lines(result, plan))
    text.flush()
    text.detach()


def _lines(result: Result, plan: Plan) -> Iterator[str]:
    said = result.online.forecast
    ends = targets_s(result.online, plan)
    at = ~np.isnan(said.p50)
    origins = np.broadcast_to(result.online.origins[:, None] * BUCKET_S, ends.shape)
    name = f"{quoted(result.series.series_id)},{result.series.resource}"
    columns = [array[at].tolist() for array in (origins, ends, said.p50, said.p95, said.mean, said.p05)]
    for origin, target, p50, p95, mean, p05 in zip(*columns, strict=True):
        yield f"{name},{origin},{target},{p50:.9g},{p95:.9g},{mean:.9g},{p05:.9g}\n"


def quoted(name: str) -> str:
    """A field of a CSV (RFC 4180)."""
    return '"' + name.replace('"', '""') + '"' if set(name) & set(',"\r\n') else name


def as_json(title: str, series: Sequence[Bucketed], results: Sequence[Result], plan: Plan) -> dict[str, Any]:
    """Everything found: about, cost, summary over the series, and each series."""
    records = [record for result in results for record in result.records]
    return {
        "trace": title,
        "version": __version__,
        "series_count": len(series),
        "samples_refused": {one.series_id: one.refused.tolist() for one in series if one.refused.any()},
        "leads_s": [lead * BUCKET_S for lead in plan.leads],
        "every_s": plan.every * BUCKET_S,
        "score_last_s": plan.score_last * BUCKET_S,
        "score_skip_s": plan.score_skip * BUCKET_S,
        "about": ABOUT,
        "cost": cost(results),
        "summary": summary(records),
        "series": records,
    }


def write_json(path: Path, found: dict[str, Any]) -> None:
    """Raises UserError when the file cannot be written."""
    try:
        path.write_bytes(orjson.dumps(found, option=orjson.OPT_INDENT_2))
    except OSError as error:
        raise UserError(f"The results cannot be written: {error}.") from error
