"""The history of a cluster as a trace, and its sizes as a sheet: what backtest, simulate and budget read."""

from __future__ import annotations

import csv
import gzip
import io
import math
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final

import numpy as np

from agents.collector.sources.prometheus.access import PrometheusAccess
from agents.collector.sources.prometheus.api import Api
from agents.collector.sources.prometheus.expressions import Expressions
from agents.collector.sources.prometheus.facts import Facts, read_facts
from agents.collector.sources.prometheus.sheet import sheet_rows
from agents.collector.sources.prometheus.usage import Block, Span, batches, namespaces, read_all
from engine.errors import UserError
from engine.traces import COLUMNS
from engine.units import CPU, DAY_S, HOUR_S, MEMORY

LAST_S: Final = 120.0
"""Pods of the last two minutes say what holds now, and how many replicas there are."""
Say = Callable[[str, int, int], None]
"""Told what is done, how much of it, and of how much."""


@dataclass
class Exported:
    """What was written, for people to read."""

    containers: int = 0
    samples: int = 0
    namespaces: int = 0
    days: float = 0.0
    guessed: int = 0
    """Pods whose workload was guessed by their name."""
    sized: int = 0
    workloads: set[tuple[str, str]] = field(default_factory=set)


async def export(
    access: PrometheusAccess, span: Span, out: Path, sheet: Path | None, namespace: str | None, say: Say
) -> Exported:
    """Writes `out`, and `sheet` if one is wanted, each whole or not at all. Raises QueryError, UserError."""
    expressions = Expressions(access.selector)
    async with Api(access) as api:
        say("looking for namespaces", 0, 1)
        sizes = await namespaces(api, expressions, span)
        if namespace is not None:
            sizes = {name: size for name, size in sizes.items() if name == namespace}
        if not sizes:
            raise UserError(_nothing(access, span, namespace))
        facts = await _facts(api, expressions, span, say)
        exported = Exported(namespaces=len(sizes))
        with _replaced(out) as file:
            write = csv.writer(file, lineterminator="\n").writerows
            write([COLUMNS])
            async for block in _blocks(api, expressions, sizes, span, facts, say):
                _write(block, span, write, exported)
    if sheet is not None:
        with _replaced(sheet) as file:
            rows = sheet_rows(facts, sizes)
            csv.writer(file, lineterminator="\n").writerows(rows)
            exported.sized = len(rows) - 1
    exported.guessed = len(facts.owners.guessed)
    return exported


async def _facts(api: Api, expressions: Expressions, span: Span, say: Say) -> Facts:
    """Of all days, the earliest first, and once more of the last minutes: the latest word on a size holds."""
    facts = Facts()
    days = span.parts(max(1, round(DAY_S / span.step_s)))
    for number, day in enumerate(days):
        say("reading owners and sizes", number, len(days))
        await read_facts(api, expressions, day.start_s, day.end_s, facts)
    await read_facts(api, expressions, max(span.start_s, span.end_s - LAST_S), span.end_s, facts)
    return facts


async def _blocks(
    api: Api, expressions: Expressions, sizes: dict[str, int], span: Span, facts: Facts, say: Say
) -> AsyncIterator[Block]:
    """The whole span of some namespaces after another."""
    done, total = 0, sum(sizes.values())
    for names in batches(sizes):
        batch = {name: sizes[name] for name in names}
        say(f"reading usage of {names[0]}" + (f" and {len(names) - 1} more" if names[1:] else ""), done, total)
        yield await read_all(api, expressions, batch, span, facts.identify)
        done += sum(batch.values())
    say("done", total, total)


def _write(block: Block, span: Span, write: Callable[[Iterable[Iterable[str]]], None], exported: Exported) -> None:
    times = [f"{time_s:.0f}" for time_s in span.times_s()]
    for identity in sorted(block.rows):
        value = block.value[block.rows[identity]]
        has = np.flatnonzero(~np.isnan(value).all(axis=1)).tolist()
        rows = zip(has, value[has, CPU].tolist(), value[has, MEMORY].tolist(), strict=True)
        name = str(identity)
        write((name, times[at], _cores(cpu), _bytes(memory)) for at, cpu, memory in rows)
        exported.containers += 1
        exported.samples += len(has)
        exported.workloads.add(identity[:2])
        if has:
            exported.days = max(exported.days, (has[-1] - has[0] + 1) * span.step_s / DAY_S)


def _cores(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.6g}"


def _bytes(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.0f}"


@contextmanager
def _replaced(path: Path) -> Iterator[IO[str]]:
    """A file, gzipped if its name says so, that takes the place of `path` when it is complete. Raises UserError."""
    part = path.with_name(f"{path.name}.part")
    try:
        with part.open("wb") as raw:
            if path.suffix == ".gz":
                with gzip.GzipFile("", "wb", 6, raw, mtime=0) as packed, io.TextIOWrapper(packed, "utf-8") as text:
                    yield text
            else:
                with io.TextIOWrapper(raw, "utf-8") as text:
                    yield text
        part.replace(path)
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error.strerror or error}.") from error
    finally:
        part.unlink(missing_ok=True)


def _nothing(access: PrometheusAccess, span: Span, namespace: str | None) -> str:
    where = f" in the namespace {namespace}" if namespace else ""
    hint = f" that meets {access.selector}" if access.selector else ""
    hours = (span.end_s - span.start_s) / HOUR_S
    return (
        f"{access.url} has no container_memory_working_set_bytes of a container{where}{hint} in those {hours:g} h:"
        " it must scrape the kubelets' /metrics/cadvisor."
    )
