"""Plans of moves: exact against brute force, and what holds of every plan."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.moves import Candidate, Infeasible, MovePlan, Terms, Why, plan_moves
from engine.core.rows import Array
from engine.units import GIB
from tests.core.moves.brute_force import all_orders, cheapest, orders_of, walked

SMALL = Candidate("small", 2.0, 8 * GIB, 0.10)
LARGE = Candidate("large", 4.0, 32 * GIB, 0.30)
TWO = [SMALL, LARGE]
FREE = Terms(arrival=0)


def needs_of(*gib: float, cores: float = 1.0) -> Array:
    return np.array([(cores, amount * GIB) for amount in gib])


def planned(needs: Array, terms: Terms, candidates: list[Candidate] = TWO, start: int = 0) -> MovePlan:
    plan = plan_moves(needs, candidates, start, terms)
    assert isinstance(plan, MovePlan), plan
    return plan


def said(needs: Array, terms: Terms, candidates: list[Candidate] = TWO, start: int = 0) -> Infeasible:
    plan = plan_moves(needs, candidates, start, terms)
    assert isinstance(plan, Infeasible), plan
    return plan


amounts = st.integers(0, 8).map(lambda n: n / 4)
prices = st.integers(1, 9).map(lambda n: n / 10)


@st.composite
def cases(draw: st.DrawFn) -> tuple[Array, list[Candidate], int, Terms]:
    slots, machines = draw(st.integers(1, 5)), draw(st.integers(1, 3))
    needs = np.array([[draw(amounts), draw(amounts)] for _ in range(slots)])
    candidates = [Candidate(f"t{n}", draw(amounts) + 0.5, draw(amounts) + 0.5, draw(prices)) for n in range(machines)]
    terms = Terms(
        moves=draw(st.integers(0, 3)),
        arrival=draw(st.integers(0, 2)),
        restart_usd=draw(st.sampled_from([0.0, 0.01, 0.2])),
        drain_hours=draw(st.sampled_from([0.0, 0.25])),
        back=draw(st.booleans()),
        model=draw(st.sampled_from(["dedicated", "share"])),
    )
    return needs, candidates, draw(st.integers(0, machines - 1)), terms


@settings(max_examples=300)
@given(cases())
def test_brute_force_finds_nothing_cheaper(case: tuple[Array, list[Candidate], int, Terms]) -> None:
    needs, candidates, start, terms = case
    plan, least = plan_moves(needs, candidates, start, terms), cheapest(*case)
    if isinstance(plan, Infeasible):
        assert least == np.inf
        return
    assert plan.total_usd == pytest.approx(least, rel=1e-9, abs=1e-12)
    assert walked(needs, candidates, start, terms, orders_of(plan)) == pytest.approx(plan.total_usd)


@settings(max_examples=200)
@given(cases())
def test_what_holds_of_every_plan(case: tuple[Array, list[Candidate], int, Terms]) -> None:
    needs, candidates, start, terms = case
    plan = plan_moves(needs, candidates, start, terms)
    if isinstance(plan, Infeasible):
        return
    assert len(plan.moves) <= terms.moves
    assert (needs <= plan.capacity[plan.machine]).all()
    for move in plan.moves:
        assert move.serves - move.ordered == terms.arrival
        assert move.source != move.target
        assert (needs[move.ordered : move.serves] <= plan.capacity[move.source]).all()
    assert all(before.serves <= after.ordered for before, after in zip(plan.moves, plan.moves[1:], strict=False))
    assert (plan.moves[-1].target if plan.moves else start) == start or not terms.back
    more = plan_moves(needs, candidates, start, replace(terms, moves=terms.moves + 1))
    assert isinstance(more, MovePlan)
    assert more.total_usd <= plan.total_usd + 1e-12


@settings(max_examples=200)
@given(cases())
def test_what_is_said_of_no_plan_is_so(case: tuple[Array, list[Candidate], int, Terms]) -> None:
    needs, candidates, start, terms = case
    plan = plan_moves(needs, candidates, start, terms)
    if not isinstance(plan, Infeasible):
        return
    if plan.why is Why.NO_WAY_BACK:
        assert isinstance(plan_moves(needs, candidates, start, replace(terms, back=False)), MovePlan)
        return
    there = replace(terms, back=False)
    assert cheapest(needs[: plan.slot + 1], candidates, start, there) == np.inf
    assert plan.slot == 0 or cheapest(needs[: plan.slot], candidates, start, there) < np.inf or plan.why in {
        Why.NOTHING_FITS, Why.START_TOO_SMALL,
    }  # fmt: skip


def test_a_night_worked_out_by_hand() -> None:
    # 4 slots of half an hour: small, large, large, small. 2 · 0.05 + 2 · 0.15 = 0.40, and two moves of 0.02:
    # 0.44 against 4 · 0.15 = 0.60 of large alone.
    plan = planned(needs_of(4, 20, 20, 4), Terms(moves=2, arrival=1, restart_usd=0.02))
    assert plan.machine.tolist() == [0, 1, 1, 0]
    assert [(move.ordered, move.serves) for move in plan.moves] == [(0, 1), (2, 3)]
    assert plan.total_usd == pytest.approx(0.44)
    assert plan.single is not None
    assert plan.offers[plan.single.offer].name == "large"
    assert plan.single.usd == pytest.approx(0.60)
    assert plan.staying is None
    assert plan.saving == pytest.approx(1 - 0.44 / 0.60)
    assert plan.saving_usd_month == pytest.approx(0.16 / 2 * 730)


def test_moves_that_cost_more_than_they_save_are_not_made() -> None:
    # the way there must be paid for, the way back is not: staying on large costs 0.15 - 0.05 more
    plan = planned(needs_of(4, 20, 20, 4), Terms(moves=2, arrival=1, restart_usd=0.11, back=False))
    assert plan.machine.tolist() == [0, 1, 1, 1]
    assert len(plan.moves) == 1


def test_the_old_machine_is_paid_for_while_it_drains() -> None:
    # 0.40 for the slots; a quarter of an hour of small (0.025), then one of large (0.075)
    assert planned(needs_of(4, 20, 20, 4), Terms(drain_hours=0.25)).total_usd == pytest.approx(0.50)


def test_a_share_of_a_node_is_paid_by_the_dominant_resource() -> None:
    # 1 of 2 cores, 2 of 8 GiB: half of small; 1 of 4 cores, 2 of 32 GiB: a quarter of large
    plan = planned(needs_of(2, 2), Terms(model="share", moves=0))
    assert plan.hourly[0].tolist() == pytest.approx([0.05, 0.075])
    assert plan.total_usd == pytest.approx(0.05)


def test_back_at_the_end_is_a_move_that_serves_the_next_day() -> None:
    plan = planned(needs_of(4, 20), Terms(moves=2, arrival=1))
    assert plan.machine.tolist() == [0, 1]
    assert [(move.ordered, move.serves, move.target) for move in plan.moves] == [(0, 1, 1), (1, 2, 0)]
    assert len(planned(needs_of(4, 20), Terms(moves=2, arrival=0)).moves) == 2


SPOT = [replace(SMALL, spot_usd_hour=0.04), LARGE]


def test_spot_is_planned_only_where_the_policy_allows_it() -> None:
    needs = needs_of(4, 4)
    assert planned(needs, FREE, SPOT).moves == ()
    # 0.04 and 0.1 interruptions of 0.05 are 0.045 an hour; an hour of it and two moves of 0.05 cost more than 0.10 ...
    allowed = replace(FREE, allow_spot=True, restart_usd=0.05, interruptions_per_hour=0.1)
    assert planned(needs, allowed, SPOT).moves == ()
    # ... and a day of it does not: 24 · 0.045 + 0.10 = 1.18 against 2.40
    day = planned(np.tile(needs, (24, 1)), allowed, SPOT)
    assert day.offers[day.machine[0]].name == "small spot"
    assert day.total_usd == pytest.approx(1.18)


@pytest.mark.parametrize(
    ("gib", "terms", "slot", "why"),
    [
        ((4, 40, 4), FREE, 1, Why.NOTHING_FITS),
        ((20, 4), Terms(arrival=1), 0, Why.START_TOO_SMALL),
        ((4, 20), Terms(arrival=2), 1, Why.START_TOO_SMALL),
        ((4, 4, 20), Terms(moves=0), 2, Why.OUT_OF_REACH),
        ((4, 20, 4), Terms(moves=1), 3, Why.NO_WAY_BACK),
    ],
)
def test_no_plan_says_where_and_why(gib: tuple[float, ...], terms: Terms, slot: int, why: Why) -> None:
    assert said(needs_of(*gib), terms) == Infeasible(slot, why)


def test_a_second_need_that_comes_too_early_is_out_of_reach() -> None:
    # memory, then cores, of which no machine has both; ordered only once the first has arrived
    candidates = [SMALL, Candidate("memory", 2.0, 32 * GIB, 0.2), Candidate("cores", 8.0, 8 * GIB, 0.2)]
    needs = np.array([(1, 4 * GIB), (1, 4 * GIB), (1, 20 * GIB), (6, 4 * GIB)])
    assert said(needs, Terms(arrival=2, back=False), candidates) == Infeasible(3, Why.OUT_OF_REACH)
    assert planned(needs, Terms(arrival=1, back=False), candidates).machine.tolist() == [0, 0, 1, 2]


@pytest.mark.parametrize("needs", [np.empty((0, 2)), np.ones(3), np.array([[1.0, np.nan]]), np.array([[-1.0, 1.0]])])
def test_needs_that_are_not_known_are_refused(needs: Array) -> None:
    with pytest.raises(ValueError, match="expected needs"):
        plan_moves(needs, TWO, 0, FREE)


def test_terms_that_make_no_sense_are_refused() -> None:
    with pytest.raises(ValueError, match="expected a model"):
        Terms(model="rent")
    with pytest.raises(ValueError, match="0 or more"):
        Terms(restart_usd=-1.0)
    with pytest.raises(ValueError, match="expected a start"):
        plan_moves(needs_of(1), TWO, 2, FREE)


def test_all_orders_are_all() -> None:
    # no move; one of 2 targets at 3 times; two at 3 pairs of times
    assert len(list(all_orders(2, 2, 2))) == 1 + 6 + 3 * 4
