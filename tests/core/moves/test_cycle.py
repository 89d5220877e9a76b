"""Days that repeat: exact against every cycle there is."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.moves import Candidate, Day, Terms, cheapest_day
from engine.core.moves.cycle import undominated
from engine.core.rows import Array
from engine.units import GIB
from tests.core.moves.brute_force import usd_hour

amounts = st.integers(0, 8).map(lambda n: n / 4)


@st.composite
def cases(draw: st.DrawFn) -> tuple[Array, list[Candidate], Terms]:
    slots, machines = draw(st.integers(1, 5)), draw(st.integers(1, 3))
    needs = np.array([[draw(amounts), draw(amounts)] for _ in range(slots)])
    price = st.integers(1, 9).map(lambda n: n / 10)
    candidates = [Candidate(f"t{n}", draw(amounts) + 0.5, draw(amounts) + 0.5, draw(price)) for n in range(machines)]
    terms = Terms(
        moves=draw(st.integers(0, 4)),
        restart_usd=draw(st.sampled_from([0.0, 0.01, 0.2])),
        drain_hours=draw(st.sampled_from([0.0, 0.25])),
        model=draw(st.sampled_from(["dedicated", "share"])),
    )
    return needs, candidates, terms


def cycle_usd(needs: Array, candidates: list[Candidate], terms: Terms, machine: tuple[int, ...]) -> float:
    """Slot by slot, around the day; infinite if it breaks a rule."""
    usd, moves = 0.0, 0
    for slot, now in enumerate(machine):
        one, before = candidates[now], machine[slot - 1]
        if needs[slot, 0] > one.cores or needs[slot, 1] > one.memory_bytes:
            return np.inf
        usd += usd_hour(needs[slot], one, terms) * terms.slot_hours
        if now != before:
            moves += 1
            usd += terms.restart_usd + terms.drain_hours * usd_hour(needs[slot - 1], candidates[before], terms)
    return usd if moves <= terms.moves else np.inf


@settings(max_examples=300)
@given(cases())
def test_no_cycle_is_cheaper(case: tuple[Array, list[Candidate], Terms]) -> None:
    needs, candidates, terms = case
    every = product(range(len(candidates)), repeat=len(needs))
    best = min(cycle_usd(needs, candidates, terms, machine) for machine in every)
    day = Day.of(needs, candidates, terms)
    found = cheapest_day(day, np.arange(len(candidates)), terms)
    if found is None:
        assert np.isinf(best)
        return
    assert day.usd(found) == pytest.approx(best)
    assert cycle_usd(needs, candidates, terms, tuple(found.tolist())) == pytest.approx(best)
    assert day.bound_usd <= best * (1 + 1e-9)


def test_only_what_is_allowed_serves() -> None:
    candidates = [Candidate("cheap", 4, 8 * GIB, 0.1), Candidate("dear", 4, 8 * GIB, 0.2)]
    needs, terms = np.full((4, 2), 1.0), Terms()
    day = Day.of(needs, candidates, terms)
    found = cheapest_day(day, np.array([1]), terms)
    assert found is not None
    assert found.tolist() == [1, 1, 1, 1]


def test_of_a_family_that_is_shared_the_smallest_that_fits_is_looked_at() -> None:
    sizes = [Candidate(f"m{n}", 2.0 * n, 8 * n * GIB, 0.1 * n) for n in (1, 2, 4)]
    day = Day.of(np.array([[1.0, 4 * GIB], [3.0, 4 * GIB]]), sizes, Terms(model="share"))
    assert undominated(day, np.arange(3)).tolist() == [1]  # m1 does not fit at noon; m4 costs the same as m2
