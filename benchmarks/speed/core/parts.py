"""Parts of the core alone, nanoseconds a row: forecast, nowcast, decode, checkpoints, what is decided at once."""

from __future__ import annotations

from functools import partial
from statistics import median

import numpy as np

from benchmarks.speed.core.fold import RISK, SCRAPE_S, Bench, Steady
from benchmarks.speed.core.made_up import KEY, START_S, Containers, learned, sample, seen
from benchmarks.speed.core.timing import nanoseconds, peak_bytes, timed
from engine.codec import decode_event, encode
from engine.core.decide import SizingParameters
from engine.core.forecast import observe
from engine.core.forecast.state import HOUR
from engine.core.nowcast import Ended, NowcastRows, end_window, note, requests, see
from engine.core.rows import Array
from engine.core.snapshot import pack, unpack
from engine.messages import AnyEvent, Roster
from engine.units import BUCKET_S

CADENCE_S = 300.0
WINDOWS = round(SizingParameters().cadence_s / BUCKET_S)
REPEATS = 5
Figures = dict[str, float]


def decoding(containers: Containers) -> Figures:
    message = encode(containers.metrics(START_S))
    decode = nanoseconds(lambda: decode_event(message)) / containers.number
    return {"decode": decode} | message_sizes(containers)


def message_sizes(containers: Containers) -> Figures:
    events: dict[str, AnyEvent] = {"message": containers.metrics(START_S), "roster": containers.roster(START_S)}
    return {f"{name}_bytes": len(encode(event)) / containers.number for name, event in events.items()}


def forecasting(number: int) -> Figures:
    """A bucket that the forecast learns, and one on the hour, when it is made: two hours after two weeks."""
    rows, first = learned().take(np.arange(number) % len(learned())), int(START_S // BUCKET_S) + 1
    spent: dict[bool, list[float]] = {True: [], False: []}
    for bucket in range(first, first + 2 * HOUR):
        mean = sample(number, bucket * BUCKET_S)
        spent[bucket % HOUR == 0].append(timed(partial(observe, rows, bucket, mean, 1.2 * mean))[0])
    return {"forecast_learns": median(spent[False]) / number, "forecast_made": median(spent[True]) / number}


def nowcasting(number: int) -> Figures:
    """A window that is remembered, and a request by it."""
    rows, index = seen().take(np.arange(number) % len(seen())), np.arange(number)
    first, remembered, decided = int(START_S // BUCKET_S), [], []
    for window in range(first, first + 2 * REPEATS):
        value = sample(number, window * BUCKET_S)
        note(rows, index, value)
        spent, ended = timed(partial(end_window, rows, window, index))
        remembered.append(spent)
        decided.append(timed(partial(_request, rows, ended, value))[0])
    return {"window_remembered": median(remembered) / number, "window_request": median(decided) / number}


def _request(rows: NowcastRows, ended: Ended, value: Array) -> Array:
    sight = see(rows, ended, value, value, CADENCE_S)
    return requests(rows, sight, np.full(len(sight.row), 0.01), np.full(len(sight.row), 1.0))


def checkpoint(bench: Bench) -> Figures:
    number, row = bench.containers.number, pack(bench.state)
    return {
        "pack": nanoseconds(lambda: pack(bench.state)) / number,
        "unpack": nanoseconds(lambda: unpack(row)) / number,
    } | state_size(bench)


def state_size(bench: Bench) -> Figures:
    return {"state_bytes": len(pack(bench.state)) / bench.containers.number}


def at_once(bench: Bench, plain_ns: float) -> Figures:
    """One container in a hundred is killed: what its decision costs, and its encoding. The fold's state is kept."""
    kept, killed = bench.fold.snapshot(KEY), max(1, bench.containers.number // 100)
    record = bench.record(bench.containers.metrics(bench.time_s + SCRAPE_S, killed))
    spent, decisions = [], []
    for _ in range(REPEATS):
        bench.fold.load(KEY, kept)
        took, effects = timed(lambda: bench.fold.apply(record))
        spent.append(took)
        decisions = effects.decisions
    bench.fold.load(KEY, kept)
    if not decisions:
        return {}
    encoding = nanoseconds(lambda: [encode(decision) for decision in decisions]) / len(decisions)
    return {"urgent": (median(spent) - plain_ns) / len(decisions), "encode_decision": encoding}


def allocations(bench: Bench) -> Figures:
    """Most bytes a row at once while a plain message is folded, and while a roster is."""
    number, kept = bench.containers.number, bench.fold.snapshot(KEY)
    events: dict[str, AnyEvent] = {
        "sample": bench.containers.metrics(bench.time_s),
        "roster": bench.containers.roster(bench.time_s),
    }
    peaks = {f"peak_bytes_{name}": peak_bytes(partial(bench.apply, event)) / number for name, event in events.items()}
    bench.fold.load(KEY, kept)
    return peaks


def at_windows(number: int) -> Figures:
    """The end of a window where a risk is stated, auto-pilot is full and commands are carried out: ns a decision."""
    bench = Bench(Containers(number), RISK)
    bench.warm_up(1.0, 60.0)
    result, decisions = Steady(), 0
    for event in bench.events(3600.0, 60.0):
        sized, closed = bench.state.sized, bench.state.closed
        spent, effects = bench.apply(event)
        bench.carry_out(effects)
        if bench.state.closed > closed or isinstance(event, Roster):
            continue
        due = bench.state.sized > sized and bench.state.sized % WINDOWS == 0
        result.spent["due" if due else "plain"].append(spent)
        decisions += len(effects.decisions) if due else 0
    ended = len(result.spent["due"])
    return {
        "window_decision": result.more("due") * ended / max(1, decisions),
        "window_decisions": decisions / max(1, ended) / number,
    }
