"""trimtab itself in the backtest: the engine's own forecast, fed with the buckets of all series in order of time.

Each series is a row, as a container is in a slot. A row's forecast depends on its own samples only, so that rows share
the work of a bucket and nothing else.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from engine.backtest.asking import ask
from engine.backtest.buckets import Bucketed
from engine.backtest.model import Buckets, Floats, PeerForecast
from engine.backtest.plan import Plan
from engine.core.forecast import ForecastRows, observe
from engine.core.rows import Array

NAME: Final = "trimtab"
Advance = Callable[[], None]
"""Called when a bucket is done."""

Ended = Callable[[ForecastRows, int], None]
"""Given the rows as the trace has left them, and the last bucket."""


@dataclass(frozen=True, slots=True)
class OnlineForecast:
    """Of one resource of a series: `forecast` [origins, leads], and why not, uint8 [origins] (0 where it can say)."""

    origins: Buckets
    forecast: PeerForecast
    why: Array


@dataclass(frozen=True, slots=True)
class Close:
    """A bucket closes: `mean` and `peak` [n, 2] of all rows, NaN for none."""

    bucket: int
    mean: Floats
    peak: Floats


def closes(series: Sequence[Bucketed]) -> Iterator[Close]:
    """The buckets in which any series has a sample, in order of time."""
    row = np.repeat(np.arange(len(series)), [len(one.bucket) for one in series])
    bucket = np.concatenate([one.bucket for one in series])
    mean = np.concatenate([one.mean for one in series])
    peak = np.concatenate([one.peak for one in series])
    if not len(bucket):
        return
    order = np.argsort(bucket, kind="stable")
    named, starts = np.unique(bucket[order], return_index=True)
    for name, some in zip(named, np.split(order, starts[1:]), strict=True):
        close = Close(int(name), np.full((len(series), 2), np.nan), np.full((len(series), 2), np.nan))
        close.mean[row[some]], close.peak[row[some]] = mean[some], peak[some]
        yield close


def run_online(
    series: Sequence[Bucketed], plan: Plan, advance: Advance, ended: Ended = lambda rows, bucket: None
) -> list[list[OnlineForecast]]:
    """Forecasts of each series and resource. Series without a sample of a resource have no origins there."""
    agenda = _Agenda(series, plan)
    rows, said = ForecastRows.empty(len(series)), _Said(plan)
    started = time.process_time()
    for close in closes(series):
        said.ask(rows, agenda.before(close.bucket))
        observe(rows, close.bucket, close.mean, close.peak)
        advance()
    said.ask(rows, agenda.before(None))
    spent_s = time.process_time() - started
    ended(rows, int(rows.last_bucket.max(initial=-1)))
    return said.collect(agenda, series, spent_s)


class _Agenda:
    """Which rows are to be forecast at which origin."""

    def __init__(self, series: Sequence[Bucketed], plan: Plan) -> None:
        self.spans = [[one.spans(resource) for resource in (0, 1)] for one in series]
        self.origins = [
            [np.empty(0, np.int64) if span is None else plan.origins(*span) for span in spans] for spans in self.spans
        ]
        pairs = [
            (int(origin), row) for row, both in enumerate(self.origins) for origin in np.unique(np.concatenate(both))
        ]
        self._pairs = sorted(pairs)
        self._next = 0

    def before(self, bucket: int | None) -> Iterator[tuple[int, Array]]:
        """Origins before a bucket, or all that are left, that were not given out yet, each with its rows."""
        while self._next < len(self._pairs) and (bucket is None or self._pairs[self._next][0] < bucket):
            origin, end = self._pairs[self._next][0], self._next
            while end < len(self._pairs) and self._pairs[end][0] == origin:
                end += 1
            yield origin, np.array([row for _, row in self._pairs[self._next : end]])
            self._next = end


class _Said:
    """What was forecast, in the order in which it was."""

    def __init__(self, plan: Plan) -> None:
        self._leads = plan.leads
        self._rows: list[Array] = [np.empty(0, np.int64)]
        self._origins: list[Array] = [np.empty(0, np.int64)]
        self._values: list[Array] = [np.empty((0, 2, len(plan.leads), 4))]
        self._why: list[Array] = [np.empty((0, 2), np.uint8)]

    def ask(self, rows: ForecastRows, origins: Iterator[tuple[int, Array]]) -> None:
        for origin, wanted in origins:
            some = rows if len(wanted) == len(rows) else rows.take(wanted)
            values, why = ask(some, origin, self._leads)
            self._rows.append(wanted)
            self._origins.append(np.full(len(wanted), origin))
            self._values.append(values)
            self._why.append(why)

    def collect(self, agenda: _Agenda, series: Sequence[Bucketed], spent_s: float) -> list[list[OnlineForecast]]:
        row, origin = np.concatenate(self._rows), np.concatenate(self._origins)
        value, why = np.concatenate(self._values), np.concatenate(self._why)
        order = np.argsort(row, kind="stable")
        ends = np.searchsorted(row[order], np.arange(1, len(series)))
        asked = sum(len(origins) for both in agenda.origins for origins in both)
        forecasts = []
        for n, mine in enumerate(np.split(order, ends)):
            both = []
            for resource, wanted in enumerate(agenda.origins[n]):
                at = mine[np.isin(origin[mine], wanted)]
                share_s = spent_s * len(wanted) / max(1, asked)
                forecast = _in_units(value[at, resource], series[n].scale[resource], share_s)
                both.append(OnlineForecast(wanted, forecast, why[at, resource]))
            forecasts.append(both)
        return forecasts


def _in_units(value: Floats, scale: float, cpu_seconds: float) -> PeerForecast:
    """Back to the trace's units; float64 [origins, leads, 4]."""
    p05, p50, p95, mean = np.moveaxis(value / scale, -1, 0)
    return PeerForecast(p05=p05, p50=p50, p95=p95, mean=mean, cpu_seconds=cpu_seconds)
