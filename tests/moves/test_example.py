"""The reference case: balanced by day on m5.large, a batch at night that needs the memory of r4.xlarge."""

from __future__ import annotations

import numpy as np
import pytest

from engine.core.moves import Day, MovePlan, Terms, cheapest_day, plan_moves
from engine.moves.candidates import Wanted, candidates_of
from engine.moves.inputs import example_needs
from engine.moves.stretches import stretches
from engine.units import GIB
from tests.core.moves.brute_force import cheapest

NEEDS = example_needs()
CANDIDATES, NOTES = candidates_of(Wanted("m5.large", ["r4.xlarge"]))
TERMS = Terms(moves=2, arrival=1, restart_usd=0.05, drain_hours=1 / 12)


def planned(terms: Terms) -> MovePlan:
    plan = plan_moves(NEEDS.amounts, CANDIDATES, 0, terms)
    assert isinstance(plan, MovePlan), plan
    return plan


def test_it_is_on_the_two_machines_that_people_know() -> None:
    assert [(one.name, one.cores, one.memory_bytes / GIB) for one in CANDIDATES] == [
        ("m5.large", 2.0, 8.0),
        ("r4.xlarge", 4.0, 30.5),
    ]
    assert NOTES == []


@pytest.mark.parametrize("arrival", [0, 1])
@pytest.mark.parametrize("model", ["dedicated", "share"])
def test_it_is_what_brute_force_finds(model: str, arrival: int) -> None:
    terms = Terms(moves=2, arrival=arrival, restart_usd=0.05, drain_hours=1 / 12, model=model)
    least = cheapest(NEEDS.amounts, CANDIDATES, 0, terms)
    assert planned(terms).total_usd <= 1.02 * least  # what is asked for
    assert planned(terms).total_usd == pytest.approx(least)  # and what is so


def test_it_saves_over_30_percent_and_arrives_before_the_need() -> None:
    plan = planned(TERMS)
    # 38 half hours of 0.048, 10 of 0.133, two restarts of 0.05, 5 minutes of 0.096 and of 0.266 an hour:
    # 1.824 + 1.330 + 0.100 + 0.030 = 3.284, against 48 · 0.133 = 6.384
    assert plan.total_usd == pytest.approx(3.28417, abs=1e-5)
    assert plan.single is not None
    assert plan.single.usd == pytest.approx(6.384)
    assert plan.saving is not None
    assert plan.saving > 0.30
    there, back = plan.moves
    first_need = int((NEEDS.amounts[:, 1] > 8 * GIB).argmax())
    assert (there.ordered, there.serves, first_need) == (0, 1, 1)
    assert NEEDS.clock(back.serves) == "05:30"
    assert (NEEDS.amounts <= plan.capacity[plan.machine]).all()


def test_why_is_said() -> None:
    assert [each.why for each in stretches(planned(TERMS), NEEDS)] == [
        "memory decides: 4.2 of 8 GiB",
        "memory: needs 26 GiB, m5.large has 8 GiB",
        "all fits (cpu 1.7 cores), 0.170 USD an hour less",
    ]


def test_the_cheapest_day_that_repeats_is_this_plan() -> None:
    """As live decisions find it, whichever machine serves at midnight."""
    day = Day.of(NEEDS.amounts, CANDIDATES, TERMS)
    machine = cheapest_day(day, np.array([0, 1]), TERMS)
    assert machine is not None
    plan = planned(TERMS)
    assert machine.tolist() == plan.machine.tolist()
    assert day.usd(machine) == pytest.approx(plan.total_usd)
