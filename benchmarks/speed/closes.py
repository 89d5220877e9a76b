"""What a bucket close costs the forecast, a container (CPU and memory), after two weeks of hours.

Eleven of twelve closes record and score; on the hour the forecast is made, which is most of the mean.
"""

from __future__ import annotations

import time

import click
import numpy as np

from engine.core.forecast import ForecastRows, observe
from engine.core.forecast.state import DAYS, HOUR
from engine.core.rows import Array

DAY = 24 * HOUR


def usage(bucket: int, base: Array, random: np.random.Generator) -> Array:
    """A daily season with noise, like `base` [containers, 2]."""
    season = 1 + 0.5 * np.sin(2 * np.pi * bucket / DAY)
    amounts: Array = base * season * random.lognormal(0, 0.1, base.shape)
    return amounts


@click.command()
@click.option("--containers", default=512, show_default=True)
@click.option("--hours", default=24, show_default=True, help="Timed, after two weeks that are not.")
def main(containers: int, hours: int) -> None:
    """Microseconds of processor time a close and container."""
    random = np.random.default_rng(1)
    base, rows = random.uniform(0.05, 1.0, (containers, 2)), ForecastRows.empty(containers)
    first = (DAYS + 1) * DAY
    for bucket in range(HOUR, first, HOUR):  # the end of each hour: all that is looked at two weeks later
        mean = usage(bucket, base, random)
        observe(rows, bucket, mean, mean)
    spent, on_the_hour = 0.0, 0.0
    for bucket in range(first, first + hours * HOUR):
        mean = usage(bucket, base, random)
        begun = time.process_time()
        observe(rows, bucket, mean, 1.2 * mean)
        took = time.process_time() - begun
        spent += took
        on_the_hour += took if bucket % HOUR == 0 else 0.0
    click.echo(f"a close, mean            {spent / (hours * HOUR * containers) * 1e6:>8.1f} µs")
    click.echo(f"a close on the hour      {on_the_hour / (hours * containers) * 1e6:>8.1f} µs")


if __name__ == "__main__":
    main()
