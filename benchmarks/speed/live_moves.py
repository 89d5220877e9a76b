"""What a plan of moves costs at a bucket close, a container that is due (once in six hours): outlook, then choice.

Containers without families in their policy cost a mask: the last line.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import click
import numpy as np

from engine.core.decide.calendar import SLOTS
from engine.core.decide.move_needs import needs_of
from engine.core.decide.moves import due_rows, plan_row
from engine.core.forecast import observe
from engine.core.forecast.state import DAYS, HOUR
from engine.core.placement import STAGES
from engine.core.state import SlotState
from engine.shell.context import shipped_context
from engine.units import GIB

DAY = 24 * HOUR


def slot_of(containers: int, families: list[str]) -> tuple[SlotState, int]:
    """Two weeks of hours in which memory is needed at night; nothing is decided yet."""
    random = np.random.default_rng(1)
    slot = SlotState("bench", 0, 1, node_types=["m5.large"], families=[families])
    slot.add_rows([f"bench/n/w{number}/app" for number in range(containers)])
    slot.placement.node_type[:], slot.placement.families[:] = 0, 0
    slot.placement.stage[:], slot.placement.request[:] = STAGES.index("recommend"), (1.0, GIB)
    last = (DAYS + 1) * DAY
    for bucket in range(HOUR, last + 1, HOUR):
        night = bucket % DAY < 8 * HOUR
        mean = (0.4, 6 * GIB) if night else (1.0, 1.5 * GIB)
        usage = np.array(mean) * random.lognormal(0, 0.05, (containers, 2))
        observe(slot.forecast, bucket, usage, usage)
    return slot, last


def milliseconds(work: Callable[[], object], repeats: int) -> float:
    begun = time.process_time()
    for _ in range(repeats):
        work()
    return (time.process_time() - begun) / repeats * 1e3


@click.command()
@click.option("--containers", default=64, show_default=True, help="Due at one close.")
@click.option("--families", default="m5,r5,c5", show_default=True)
@click.option("--repeats", default=5, show_default=True)
def main(containers: int, families: str, repeats: int) -> None:
    """Milliseconds of processor time."""
    context, (slot, bucket) = shipped_context(), slot_of(containers, sorted(families.split(",")))
    rows = np.arange(containers)
    needs = needs_of(slot, rows, bucket, context)
    one = needs_of(slot, rows[:1], bucket, context)
    assert not np.isnan(needs).any()
    assert one.shape == (1, SLOTS, 2)

    def plan() -> int:
        slot.decide.move_bucket[:], slot.decide.move_slot[:] = -1, 255
        return sum(len(plan_row(slot, row, bucket, needs[row], context)) for row in rows.tolist())

    outlook = milliseconds(lambda: needs_of(slot, rows, bucket, context), repeats)
    alone = milliseconds(lambda: needs_of(slot, rows[:1], bucket, context), repeats)
    click.echo(f"outlook of {containers} together, each  {outlook / containers:>8.3f} ms")
    click.echo(f"outlook of one alone          {alone:>8.3f} ms")
    click.echo(f"choice and decision, each     {milliseconds(plan, repeats) / containers:>8.3f} ms, {plan()} decide")
    slot.placement.families[:] = -1
    nothing = milliseconds(lambda: due_rows(slot, rows, bucket, context.moves), 1000)
    click.echo(f"{containers} without families         {nothing:>8.4f} ms")


if __name__ == "__main__":
    main()
