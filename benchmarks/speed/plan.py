"""What a plan of moves costs: milliseconds for a day of half hours over so many instance types."""

from __future__ import annotations

import time

import click
import numpy as np

from engine.core.moves import Candidate, Infeasible, Terms, plan_moves
from engine.units import GIB


@click.command()
@click.option("--slots", default=48, show_default=True)
@click.option("--types", default=40, show_default=True)
@click.option("--moves", default="0,2,4,8", show_default=True, help="Most in a day, with commas between.")
@click.option("--plans", default=200, show_default=True, help="Timed, each of other needs.")
def main(slots: int, types: int, moves: str, plans: int) -> None:
    """Milliseconds of processor time a plan, mean."""
    random = np.random.default_rng(1)
    candidates = [
        Candidate(f"t{n}", cores, gib * GIB, 0.03 * cores + 0.004 * gib)
        for n, (cores, gib) in enumerate(random.uniform((2, 4), (16, 64), (types, 2)).tolist())
    ]
    candidates[0] = Candidate("start", 16.0, 64 * GIB, 0.8)  # fits always, so that there is a plan
    needs = random.uniform((0.5, 1 * GIB), (12, 48 * GIB), (plans, slots, 2))
    for most in map(int, moves.split(",")):
        terms = Terms(moves=most, restart_usd=0.01, drain_hours=1 / 12)
        begun = time.process_time()
        found = [plan_moves(need, candidates, 0, terms) for need in needs]
        spent = (time.process_time() - begun) / plans
        assert not any(isinstance(each, Infeasible) for each in found)
        click.echo(f"{slots} slots, {types} types, {most} moves {spent * 1e3:>8.2f} ms")


if __name__ == "__main__":
    main()
