"""All figures of one number of rows a message: nanoseconds, bytes, counts; see `table.LINES` for what each is."""

from __future__ import annotations

from benchmarks.speed.core import parts
from benchmarks.speed.core.fold import Bench, Steady, steady
from benchmarks.speed.core.made_up import Containers
from engine.shell.memory import settle
from engine.shell.settings import EngineSettings

Figures = dict[str, float]
LARGEST_WITH_WINDOWS = 5_000
"""With more rows the outcomes of so many commands take minutes: each is found by going over the slot's names."""
CHECKPOINT_S: float = EngineSettings.model_fields["checkpoint_interval"].default


def measure(rows: int, hours: float, warm_up_hours: float) -> Figures:
    """Figures of a slot of so many rows, in nanoseconds a row unless their name says otherwise."""
    containers = Containers(rows)
    bench = Bench(containers)
    wave = bench.warm_up(warm_up_hours, 60.0)
    settle()  # as the engine does once it has its state; else the collector's pauses fall on some messages
    fold = steady(bench, hours)
    figures = _of_fold(fold, rows) | {"decision": wave}
    figures |= parts.decoding(containers) | parts.forecasting(rows) | parts.nowcasting(rows)
    figures |= parts.checkpoint(bench) | parts.at_once(bench, fold.plain()) | parts.allocations(bench)
    if rows <= LARGEST_WITH_WINDOWS:
        figures |= parts.at_windows(rows)
    return figures | {f"second_{name}": spent for name, spent in _a_second(figures).items()}


def sizes(rows: int) -> Figures:
    """Bytes a row, which are the same on every machine: of messages, of state, of what is allocated at once."""
    bench = Bench(Containers(rows))
    bench.warm_up(1.0, 60.0)
    return parts.message_sizes(bench.containers) | parts.state_size(bench) | parts.allocations(bench)


def _of_fold(fold: Steady, rows: int) -> Figures:
    of_rosters = sum(fold.spent["roster"])
    return {
        "sample": fold.plain() / rows,
        "sample_all": fold.of_metrics() / fold.samples,
        "sample_all_with_rosters": (fold.of_metrics() + of_rosters) / fold.samples,
        "roster": of_rosters / max(1, len(fold.spent["roster"])) / rows,
        "close": fold.more("close") / rows,
        "hour": fold.more("hour") / rows,
        "window": fold.more("window") / rows,
        "decisions_an_hour": fold.decisions / fold.samples * 240,
    }


def _a_second(figures: Figures) -> Figures:
    """Nanoseconds a second that a container costs at a scrape of 15 s: each part by how often it comes."""
    return {
        "sample": figures["sample"] / 15.0,
        "roster": figures["roster"] / 600.0,
        "close": figures["close"] * 11 / 3600.0,
        "hour": figures["hour"] / 3600.0,
        "window": figures["window"] / 300.0,
        "checkpoint": figures["pack"] / CHECKPOINT_S,
    }
