"""How long the messages of a slot hold up all others: some hours of scrapes, in a small cluster and in a large one."""

from __future__ import annotations

from typing import Final

import click
import numpy as np

from benchmarks.speed.core.timing import timed
from benchmarks.speed.scale.fleet import Slot, slots_of
from engine.codec import encode
from engine.core.partition import PartitionFold, Record
from engine.core.rows import Array
from engine.core.warm_up import warm_up
from engine.identity import SPREAD, partition_of, slots_for
from engine.messages import AnyEvent, Autopilot, Command, Control, Declare
from engine.shell.context import shipped_context
from engine.simulate.replay import applied
from engine.units import DAY_S, HOUR_S

CLUSTER: Final = "portions"
PER_SLOT: Final = 500
STEP_S: Final = 300.0
SCRAPE_S: Final = 15.0
BEGIN_S: Final = 1.7e9 // HOUR_S * HOUR_S


class Bench:
    """One slot of a cluster of so many, whose commands are applied at once."""

    def __init__(self, slots: int) -> None:
        self.slot = Slot(CLUSTER, 0, slots, partition_of(CLUSTER, 0, 1), _members(slots))
        self._places = {name: place for place, name in enumerate(self.slot.containers())}
        self._fold, self._offset = PartitionFold(self.slot.partition, 1, shipped_context()), 0
        for body in (Declare(slots=slots, clock="replay"), Autopilot(stage="full")):
            self.apply(Control(cluster=CLUSTER, slot=0, sent_s=BEGIN_S, body=body))
        self.apply(self.slot.roster_event(BEGIN_S))

    def apply(self, event: AnyEvent) -> tuple[float, list[Command]]:
        """Milliseconds of processor time, and the commands that followed."""
        self._offset += 1
        record = Record(self.slot.partition, self._offset, self.slot.key, encode(event), event.sent_s)
        spent, effects = timed(lambda: self._fold.apply(record))
        assert not effects.dead_letters, effects.dead_letters[0].detail
        return spent / 1e6, effects.commands

    def scrapes(self, from_s: float, until_s: float, step_s: float) -> list[float]:
        """Milliseconds of each."""
        took = []
        for time_s in np.arange(from_s, until_s, step_s).tolist():
            spent, commands = self.apply(self.slot.metrics(time_s))
            took.append(spent)
            for command in commands:
                self.slot.sizes[self._places[command.container]] = command.target
                self.apply(applied(command, time_s))
        return took


def _members(slots: int) -> Array:
    """Numbers of containers of the first slot."""
    return slots_of(CLUSTER, slots * PER_SLOT, 1, slots)[0].numbers[:PER_SLOT]


@click.command()
@click.option("--hours", default=6, show_default=True, help="Of scrapes that are measured, after two days.")
def main(hours: int) -> None:
    """Milliseconds of processor time of the messages of a slot."""
    warm_up()
    click.echo("| slots of the cluster | rows | median | p99 | longest | all, a container and hour, µs |")
    click.echo("|---:|---:|---:|---:|---:|---:|")
    for slots in (SPREAD, slots_for(4 * SPREAD * PER_SLOT)):
        bench = Bench(slots)
        warm_s = BEGIN_S + 2 * DAY_S
        bench.scrapes(BEGIN_S + STEP_S, warm_s, STEP_S)
        bench.scrapes(warm_s, warm_s + HOUR_S, SCRAPE_S)
        took = np.array(bench.scrapes(warm_s + HOUR_S, warm_s + (1 + hours) * HOUR_S, SCRAPE_S))
        rows = len(bench.slot)
        figures = (np.median(took), np.percentile(took, 99), took.max(), took.sum() / hours / rows * 1e3)
        click.echo(f"| {slots} | {rows} | " + " | ".join(f"{figure:.1f}" for figure in figures) + " |")


if __name__ == "__main__":
    main()
