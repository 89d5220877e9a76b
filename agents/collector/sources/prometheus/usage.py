"""Usage over time, of some namespaces, folded from pods to containers of workloads.

A request must fit the replica that needs most, so replicas are folded to the largest of each time.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np

from agents.collector.rosters import Floats
from agents.collector.sources.prometheus.api import Api, Series, TooLargeError, together
from agents.collector.sources.prometheus.expressions import Expressions, in_namespaces
from agents.collector.sources.prometheus.owners import Identity
from engine.errors import UserError
from engine.units import DAY_S, HOUR_S, RESOURCES

Identify = Callable[[str, str, str], Identity | None]
"""Namespace, pod and container to whose usage it is."""
BATCH: Final = 1000
"""Containers asked for at once, unless a single namespace has more."""
CELLS: Final = 500_000
"""Values in an answer, about: 15 MB of JSON."""
POINTS: Final = 10_000
"""Prometheus gives no more than 11,000 points of a series."""


class Span(NamedTuple):
    """The steps that end at start_s + step_s … end_s: `steps` of them."""

    start_s: float
    end_s: float
    step_s: float

    @property
    def steps(self) -> int:
        return round((self.end_s - self.start_s) / self.step_s)

    def times_s(self) -> Floats:
        """[steps] The last whole second of each step: a time within the bucket that the step is of."""
        ends: Floats = self.start_s + self.step_s * np.arange(1, self.steps + 1, dtype=np.float64)
        return ends - 1.0

    def parts(self, steps: int) -> list[Span]:
        """Of so many steps each, the last one of what is left."""
        edges = [*np.arange(0, self.steps, steps).tolist(), self.steps]
        at = [self.start_s + edge * self.step_s for edge in edges]
        return [Span(start_s, end_s, self.step_s) for start_s, end_s in pairwise(at)]


def grid(days: float, until_s: float, step_s: float) -> Span:
    """The last whole steps before `until_s`, counted from 1970: so steps and the engine's buckets begin together."""
    end_s = math.floor(until_s / step_s) * step_s
    return Span(end_s - max(1, round(days * DAY_S / step_s)) * step_s, end_s, step_s)


@dataclass(frozen=True)
class Block:
    """`value` [n, steps, 2] of the containers `rows` (identity to row), cores and bytes, NaN for none."""

    rows: Mapping[Identity, int]
    value: Floats


async def namespaces(api: Api, expressions: Expressions, span: Span) -> dict[str, int]:
    """To the most containers that each had at a time, by a look an hour. Raises QueryError, UserError."""
    first_s = max(span.start_s, span.end_s - POINTS * HOUR_S)
    found: dict[str, int] = {}
    for series in await api.range(expressions.containers(), first_s, span.end_s, float(HOUR_S)):
        name = series.metric.get("namespace")
        if name:
            found[name] = max(found.get(name, 0), *(int(value) for _, value in series.values))
    for series in await api.instant(expressions.containers(), span.end_s):  # an hour's look may miss the end
        if (name := series.metric.get("namespace")) and series.value is not None:
            found[name] = max(found.get(name, 0), int(series.value[1]))
    return dict(sorted(found.items()))


def batches(sizes: Mapping[str, int], most: int = BATCH) -> list[list[str]]:
    """Namespaces that are asked for together.

    >>> batches({"a": 3, "b": 4, "c": 9, "d": 1}, most=8)
    [['a', 'b'], ['c'], ['d']]
    """
    found: list[list[str]] = []
    held = most
    for name, size in sizes.items():
        if held + size > most:
            found.append([])
            held = 0
        found[-1].append(name)
        held += size
    return found


def chunks(span: Span, containers: int) -> list[Span]:
    """Parts of the span whose answers are not too large."""
    return span.parts(max(1, min(POINTS, CELLS // max(1, containers))))


async def read_usage(
    api: Api, expressions: Expressions, names: Sequence[str], span: Span, identify: Identify
) -> Block:
    """Raises AwayError, UserError; what is too large for the server is asked for in halves."""
    matcher = in_namespaces(names)
    asked = (expressions.cpu(span.step_s, matcher), expressions.memory(span.step_s, matcher))
    first_s = span.start_s + span.step_s
    try:
        answers = await together([api.range(e, first_s, span.end_s, span.step_s) for e in asked])
    except TooLargeError as error:
        if span.steps < 2:
            raise UserError(f"The Prometheus cannot answer for one step: {error}.") from error
        halves = span.parts((span.steps + 1) // 2)
        return joined([await read_usage(api, expressions, names, half, identify) for half in halves])
    return fold(answers, span, identify)


async def read_all(
    api: Api, expressions: Expressions, sizes: Mapping[str, int], span: Span, identify: Identify
) -> Block:
    """Usage of all namespaces at once. `sizes`: their containers. Raises AwayError, UserError."""
    blocks = [await _whole(api, expressions, names, sizes, span, identify) for names in batches(sizes)]
    rows = {name: row for row, name in enumerate(name for block in blocks for name in block.rows)}
    nothing = np.empty((0, span.steps, len(RESOURCES)))
    return Block(rows, np.concatenate([nothing, *(block.value for block in blocks)]))


async def _whole(
    api: Api, expressions: Expressions, names: Sequence[str], sizes: Mapping[str, int], span: Span, identify: Identify
) -> Block:
    parts = chunks(span, sum(sizes[name] for name in names))
    return joined(await together([read_usage(api, expressions, names, part, identify) for part in parts]))


def fold(answers: Sequence[Sequence[Series]], span: Span, identify: Identify) -> Block:
    """`answers`: by resource, series by pod and container."""
    rows: dict[Identity, int] = {}
    placed: list[tuple[int, int, Series]] = []
    for resource, answer in enumerate(answers):
        for series in answer:
            labels = series.metric
            identity = identify(labels["namespace"], labels["pod"], labels["container"])
            if identity is not None:
                placed.append((rows.setdefault(identity, len(rows)), resource, series))
    value = np.full((len(rows), span.steps, len(RESOURCES)), np.nan)
    for row, resource, series in placed:
        pairs = np.array(series.values, np.float64).reshape(-1, 2)
        step = np.rint((pairs[:, 0] - span.start_s) / span.step_s).astype(np.int64) - 1
        value[row, step, resource] = np.fmax(value[row, step, resource], pairs[:, 1])
    return Block(rows, value)


def joined(blocks: Iterable[Block]) -> Block:
    """Blocks of spans that follow each other."""
    parts = list(blocks)
    rows = {name: row for row, name in enumerate(dict.fromkeys(name for part in parts for name in part.rows))}
    value = np.full((len(rows), sum(part.value.shape[1] for part in parts), len(RESOURCES)), np.nan)
    at = 0
    for part in parts:
        own = [rows[name] for name in part.rows]
        value[own, at : at + part.value.shape[1]] = part.value
        at += part.value.shape[1]
    return Block(rows, value)
