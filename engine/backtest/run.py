"""The backtest of a trace: trimtab and the forecasters beside it, over the series, in one process or several."""

from __future__ import annotations

import itertools
import multiprocessing
import signal
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.queues import Queue
from queue import Empty
from typing import Final

import numpy as np

from engine.backtest.buckets import Bucketed
from engine.backtest.model import Peer
from engine.backtest.naive import NAIVE
from engine.backtest.online import run_online
from engine.backtest.plan import Plan
from engine.backtest.results import Result, result_of
from engine.backtest.slot_cost import slot_cost_us
from engine.core.forecast import ForecastRows
from engine.errors import UserError

BUCKETS: Final = "buckets"
FORECASTERS: Final = "forecasters"
Advance = Callable[[str, int], None]
"""Told what is done: so many `BUCKETS` of the engine, or so many runs of `FORECASTERS` over a series."""
OFTEN: Final = 100
"""Buckets after which another process says so."""
POLL_S: Final = 0.2

_told: Queue[tuple[str, int]] | None = None


def peer_named(name: str) -> Peer:
    """A peer by its name. Raises UserError when there is none or its library is missing."""
    from engine.backtest.peers import PEERS  # noqa: PLC0415  (their libraries are heavy, and an extra)

    if name not in PEERS:
        raise UserError(f"--model {name}: expected one of {', '.join(PEERS)}.")
    try:
        return PEERS[name]()
    except ImportError as error:
        raise UserError(f"--model {name} needs {error.name}: pip install 'trimtab[peers]'.") from error


def work(series: Sequence[Bucketed], peers: int, jobs: int) -> dict[str, int]:
    """How much of each kind `run` will tell."""
    parts = split(series, jobs)
    buckets = sum(len(np.unique(np.concatenate([one.bucket for one in part]))) for part in parts)
    pairs = sum(one.spans(resource) is not None for one in series for resource in (0, 1))
    return {BUCKETS: buckets, FORECASTERS: pairs * peers}


def run(
    series: Sequence[Bucketed],
    plan: Plan,
    peers: Sequence[str] = (),
    jobs: int = 1,
    advance: Advance = lambda *_: None,
    measure: bool = False,
) -> list[Result]:  # fmt: skip
    """Results by series and resource, in the order of `series`; the same whatever `jobs` is, but for the CPU times.

    `measure`: what a forecast costs in a slot, too. Raises UserError.
    """
    for name in peers:
        peer_named(name)
    parts = split(series, jobs)
    if len(parts) == 1:
        return run_part(parts[0], plan, peers, advance, measure)
    found: dict[str, list[Result]] = {}
    for part in _in_processes(parts, plan, peers, advance, measure):
        for result in part:
            found.setdefault(result.series.series_id, []).append(result)
    return [result for one in series for result in found.get(one.series_id, [])]


def split(series: Sequence[Bucketed], jobs: int) -> list[Sequence[Bucketed]]:
    """The series in at most so many parts of about as many each."""
    count = min(jobs, len(series))
    ends = [len(series) * n // count for n in range(count + 1)]
    return [series[begin:end] for begin, end in itertools.pairwise(ends)] if count > 1 else [series]


def run_part(
    series: Sequence[Bucketed], plan: Plan, peers: Sequence[str], advance: Advance, measure: bool = False
) -> list[Result]:
    """The same in this process."""
    slot_us: list[float | None] = []

    def ended(rows: ForecastRows, bucket: int) -> None:
        slot_us.append(slot_cost_us(rows, bucket) if measure else None)

    online = run_online(series, plan, lambda: advance(BUCKETS, 1), ended)
    beside = [peer_named(name) for name in peers]
    leads = np.array(plan.leads, dtype=np.int64)
    results = []
    for one, both in zip(series, online, strict=True):
        for resource, said in enumerate(both):
            alone = one.series(resource)
            if alone is None:
                continue
            others = {naive.name: naive.forecast(alone, said.origins, leads) for naive in NAIVE}
            for peer in beside:
                others[peer.name] = peer.forecast(alone, said.origins, leads)
                advance(FORECASTERS, 1)
            results.append(result_of(alone, said, others, plan, slot_us[0]))
    return results


def _in_processes(
    parts: Sequence[Sequence[Bucketed]], plan: Plan, peers: Sequence[str], advance: Advance, measure: bool
) -> Iterator[list[Result]]:
    context = multiprocessing.get_context("spawn")
    told: Queue[tuple[str, int]] = context.Queue()
    with context.Pool(len(parts), _begin, (told,)) as pool:  # ends the processes when it is left
        pending = pool.starmap_async(_run_part_there, [(part, plan, peers, measure) for part in parts], chunksize=1)
        while not pending.ready():
            _pass_on(told, advance)
        yield from pending.get()


def _pass_on(told: Queue[tuple[str, int]], advance: Advance) -> None:
    try:
        advance(*told.get(timeout=POLL_S))
    except Empty:
        return


def _begin(told: Queue[tuple[str, int]]) -> None:
    global _told  # noqa: PLW0603  (a process of a pool has no other way to be given a queue)
    _told = told
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the first process ends the others


def _run_part_there(series: Sequence[Bucketed], plan: Plan, peers: Sequence[str], measure: bool) -> list[Result]:
    waiting = dict.fromkeys((BUCKETS, FORECASTERS), 0)

    def advance(kind: str, amount: int) -> None:
        waiting[kind] += amount
        if _told is not None and (kind == FORECASTERS or waiting[kind] >= OFTEN):
            _told.put((kind, waiting[kind]))
            waiting[kind] = 0

    return run_part(series, plan, peers, advance, measure)
