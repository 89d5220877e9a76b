"""What the end of a window costs the nowcast, a container (CPU and memory), with and without sizes that follow it."""

from __future__ import annotations

import time

import click
import numpy as np

from benchmarks.speed.closes import usage
from engine.core.nowcast import NowcastRows, end_window, note, requests, see
from engine.core.nowcast.state import DAY


@click.command()
@click.option("--containers", default=150, show_default=True, help="Of one slot.")
@click.option("--windows", default=288, show_default=True, help="Timed, after two days that are not.")
@click.option("--cadence", default=300.0, show_default=True, help="Seconds: 300 or 1800.")
def main(containers: int, windows: int, cadence: float) -> None:
    """Microseconds of processor time a window and container."""
    random = np.random.default_rng(1)
    base, rows, index = random.uniform(0.05, 1.0, (containers, 2)), NowcastRows.empty(containers), np.arange(containers)
    remembered = decided = 0.0
    for window in range(2 * DAY + windows):
        sample = usage(window, base, random)
        note(rows, index, sample)
        begun = time.process_time()
        ended = end_window(rows, window, index)
        noted = time.process_time()
        sight = see(rows, ended, sample, sample, cadence)
        requests(rows, sight, np.full(len(sight.row), 0.01), np.full(len(sight.row), 1.0))
        if window >= 2 * DAY:
            remembered += noted - begun
            decided += time.process_time() - noted
    for what, spent in (("a window is remembered", remembered), ("a request by it", decided)):
        click.echo(f"{what:<24} {spent / (windows * containers) * 1e6:>8.1f} µs")


if __name__ == "__main__":
    main()
