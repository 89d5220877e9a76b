"""The results as tables: on the terminal by rich, and in Markdown for the README."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from rich.box import SIMPLE
from rich.table import Table

from benchmarks.quality.compute import BATCH, NAMES, ONLINE, PEERS
from benchmarks.quality.scoring import LEADS_H, Record, over_series
from engine.backtest.online import NAME as TRIMTAB

NONE: Final = "–"
BEST_NAIVE: Final = "best naive"
CHEAP: Final = (TRIMTAB, *ONLINE, "lightgbm")
RESOURCES: Final = {"cpu": "CPU", "mem": "memory"}


@dataclass
class Grid:
    """A table before it has a form."""

    title: str
    columns: Sequence[str]
    rows: list[Sequence[str]] = field(default_factory=list)

    def rich(self) -> Table:
        shown = Table(box=SIMPLE, title=self.title, title_justify="left", pad_edge=False)
        for number, name in enumerate(self.columns):
            shown.add_column(name, justify="right" if number else "left", no_wrap=True)
        for row in self.rows:
            shown.add_row(*row)
        return shown

    def markdown(self) -> str:
        head = [f"**{self.title}**", "", _line(self.columns), _line(["---", *["--:"] * (len(self.columns) - 1)])]
        return "\n".join([*head, *map(_line, self.rows), ""])


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def grids(records: Sequence[Record]) -> Iterator[Grid]:
    """Accuracy, coverage and cost; those without a row are left out."""
    yield from (grid for grid in _all_grids(records) if grid.rows)


def _all_grids(records: Sequence[Record]) -> Iterator[Grid]:
    for resource, shown in RESOURCES.items():
        for lead in reversed(LEADS_H):
            some = [r for r in records if r.resource == resource and r.lead_h == lead]
            about = f"{shown}, {lead} h ahead"
            yield _accuracy(f"{about}: WAPE of the median, median / mean over all series", some, (*CHEAP, BEST_NAIVE))
            yield _accuracy(f"{about}: the same on the sample that the batch peers ran on", sampled(some), None)
            yield _ahead(f"{about}: geometric mean of trimtab's WAPE / the peer's, same targets", some)
            yield _halves(f"{about}: trimtab by halves of the series", some)
            yield _coverage(f"{about}: actuals at most p05 / p95, percent, all series", some)
    yield _cost(records)


def sampled(some: Sequence[Record]) -> list[Record]:
    """The records of all models on the series that every batch peer which ran has run on."""
    batch = {record.model for record in some} & set(BATCH)
    by_model = [{(r.source, r.series_id) for r in some if r.model == model} for model in batch]
    common = set.intersection(*by_model) if by_model else set()
    return [record for record in some if (record.source, record.series_id) in common]


def of(some: Iterable[Record], model: str, source: str) -> list[Record]:
    return [record for record in some if record.model == model and record.source == source]


def sources_of(some: Sequence[Record]) -> list[str]:
    return list(dict.fromkeys(record.source for record in some))


def _present(some: Sequence[Record], models: Sequence[str]) -> list[str]:
    there = {record.model for record in some}
    return [model for model in models if model in there or (model == BEST_NAIVE and there & set(NAMES))]


def _accuracy(title: str, some: Sequence[Record], models: Sequence[str] | None) -> Grid:
    shown = _present(some, models or (TRIMTAB, *PEERS, BEST_NAIVE))
    grid = Grid(title, ["source", "series", *shown])
    for source in sources_of(some):
        count = len({record.series_id for record in some if record.source == source and record.wape is not None})
        cells = [_best_naive(some, source) if m == BEST_NAIVE else _wape(of(some, m, source)) for m in shown]
        if count:
            grid.rows.append([source, str(count), *cells])
    return grid


def _best_naive(some: Sequence[Record], source: str) -> str:
    """The naive rule of the lowest median on this source, which nobody knows beforehand."""
    rules = [(over_series(of(some, name, source)), name) for name in NAMES]
    known = [(found["median"], name) for found, name in rules if found]
    return _wape(of(some, min(known)[1], source)) if known else NONE


def _wape(some: Sequence[Record]) -> str:
    found = over_series(some)
    return f"{_short(found['median'])} / {_short(found['mean'])}" if found else NONE


def _ahead(title: str, some: Sequence[Record]) -> Grid:
    shown = _present(some, (*PEERS, *NAMES)) if any(record.model == TRIMTAB for record in some) else []
    grid = Grid(f"{title} (share of series where trimtab errs less, percent)", ["source", *shown])
    for source in sources_of(some) if shown else []:
        grid.rows.append([source, *(_ratio(over_series(of(some, model, source))) for model in shown)])
    return grid


def _ratio(found: Mapping[str, float] | None) -> str:
    if not found or np.isnan(found["ratio"]):
        return NONE
    return f"{_short(found['ratio'], 2)} ({100 * found['ahead']:.0f})"


def _halves(title: str, some: Sequence[Record]) -> Grid:
    grid = Grid(title, ["source", "constants chosen on (even)", "series", "not seen (odd)", "series "])
    for source in sources_of(some):
        mine = [record for record in of(some, TRIMTAB, source) if record.wape is not None]
        halves = [[record for record in mine if record.even is even] for even in (True, False)]
        if mine:
            grid.rows.append([source, *(cell for half in halves for cell in (_wape(half), str(len(half))))])
    return grid


def _coverage(title: str, some: Sequence[Record]) -> Grid:
    spoken = {record.model for record in some if record.coverage_95 is not None}
    shown = [model for model in _present(some, (TRIMTAB, *PEERS)) if model in spoken]
    grid = Grid(title, ["source", *shown])
    for source in sources_of(some) if shown else []:
        grid.rows.append([source, *(_covered(over_series(of(some, model, source))) for model in shown)])
    return grid


def _covered(found: Mapping[str, float] | None) -> str:
    if not found or np.isnan(found["coverage_95"]):
        return NONE
    return f"{100 * found['coverage_05']:.1f} / {100 * found['coverage_95']:.1f}"


def _cost(records: Sequence[Record]) -> Grid:
    grid = Grid(
        "CPU time of a forecast (one origin, one lead), learning included, and what could not be said",
        ["model", "µs", "times trimtab", "series", "forecast, percent"],
    )
    ours = over_series([record for record in records if record.model == TRIMTAB])
    if ours:
        grid.rows.append(["trimtab in a slot of 512", f"{ours['slot_us']:,.1f}", "1.0", NONE, NONE])
    for model in _present(records, (TRIMTAB, *PEERS, *NAMES)):
        found = over_series([record for record in records if record.model == model])
        if found:
            times = f"{found['cpu_us'] / ours['slot_us']:,.1f}" if ours else NONE
            said = f"{100 * found['said']:.1f}"
            grid.rows.append([model, f"{found['cpu_us']:,.1f}", times, str(int(found["series"] / len(LEADS_H))), said])
    return grid


def _short(value: float, digits: int = 3) -> str:
    """Without the zero before the point, as such tables are read."""
    return f"{value:.{digits}f}".removeprefix("0")
