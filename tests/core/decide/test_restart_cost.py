"""Restarts outside of their windows, where they pay. NOW is 1970-01-02 09:20 UTC; the slot closes a minute later.

    09:21          10:00        08:00 on the next day
    decided        SOON opens   LATER opens, 22 h 39 min from now
"""

from __future__ import annotations

from copy import deepcopy
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from engine.core.decide import Verdicts, approve
from engine.core.decide.permits import note_restart
from engine.core.decide.restart_cost import _hours
from engine.core.forecast import ForecastRows, forecast_at, observe
from engine.core.rows import Array
from engine.core.state import SlotState
from engine.messages import Decision, Window
from engine.units import GIB
from tests.core.decide.build import BUCKET, CONTEXT, NOW, close, pairs, slot_of, urgent
from tests.core.decide.test_always_within_bounds import constrained_slot
from tests.core.decide.test_permits import only
from tests.core.decide.test_properties import ROWS, SEEDS, part_of, said, urgent_of, with_terms

SOON = Window(from_="10:00", to="11:00", time_zone="UTC")
LATER = Window(from_="08:00", to="09:00", time_zone="UTC")
LATER_S = 2 * 86_400.0 + 8 * 3600
HOURS = (LATER_S - NOW - 60.0) / 3600


@cache
def learned(rows: int, cpu: float, memory: float) -> ForecastRows:
    """33 hours of about the same use."""
    forecast, rng = ForecastRows.empty(rows), np.random.default_rng(1)
    for bucket in range(1, BUCKET + 1):
        use = pairs((cpu, memory), rows) * rng.lognormal(0, 0.03, (rows, 2))
        observe(forecast, bucket, use, use * 1.05)
    return forecast


def waiting(usd: float, window: Window = LATER, use: tuple[float, float] = (0.3, 0.3), **sizes: Any) -> SlotState:
    """A container that is restarted by changes, outside of its window."""
    slot = slot_of(peak=use, **sizes)
    slot.forecast = deepcopy(learned(1, *use))
    slot.window_sets, slot.placement.windows[:], slot.placement.in_place[:] = [[window]], 0, False
    slot.placement.restart_usd[:] = usd
    return slot


def told(slot: SlotState) -> tuple[str, str, str]:
    decision = only(close(slot))
    return decision.action, decision.reason, decision.disposition


PAID = ("resize_down", "restart_pays", "commanded")
HELD = ("hold", "outside_window", "none")


def test_a_cut_that_saves_more_than_its_restart_costs_does_not_wait() -> None:
    """Half a core for 22.65 hours is 0.453 USD, half a GiB 0.057; all of it idle but for some shortage at p99."""
    decision = only(close(waiting(0.40)))
    assert (decision.action, decision.reason, decision.disposition) == PAID
    assert decision.target.cpu_request == 0.5
    restart = decision.evidence.restart
    assert restart is not None
    assert 0.40 < restart.saved_usd < 0.51
    assert (restart.cost_usd, restart.window_s, restart.kill_expected) == (0.4, LATER_S, False)
    assert decision.evidence.cpu.reason == "demand_below_request"
    opening, saving, *_ = decision.text.split("; ")
    assert opening == "A change pays for its restart, and does not wait for the window"
    assert saving == f"it saves {restart.saved_usd:.2f} USD until the window at sat 08:00 UTC, " \
                     "a restart costs 0.40 USD"  # fmt: skip


def test_one_that_saves_less_waits() -> None:
    assert told(waiting(0.52)) == HELD
    assert told(waiting(0.40, SOON)) == HELD  # 39 minutes save 0.015 USD
    assert told(waiting(0.01, SOON)) == PAID
    assert told(waiting(np.nan)) == HELD
    assert only(close(waiting(0.52))).evidence.restart is None  # no forecast was asked: idle request alone is less


def test_all_replicas_save_and_the_cost_is_that_of_the_workload() -> None:
    slot = waiting(4.0)
    assert told(slot) == HELD
    slot = waiting(4.0)
    slot.placement.replicas[:] = 10
    assert told(slot) == PAID


def test_what_is_saved_is_idle_and_priced_shortage_hour_by_hour() -> None:
    """The same sum in plain numbers: the odds of the usual risk, 5 %, are 19."""
    slot = waiting(0.1, use=(0.45, 0.3))
    decision = only(close(slot))
    outlook = forecast_at(slot.forecast, BUCKET, [12 * hour for hour in range(1, 25)])
    target = (decision.target.cpu_request or 0.0), (decision.target.memory_request or 0.0)
    saved = 0.0
    for resource, usd in enumerate((0.04, 0.005 / GIB)):
        for hour in range(23):
            part = min(1.0, HOURS - hour)
            quantiles = (outlook.p05, outlook.p50, outlook.p90, outlook.p95, outlook.p99)
            for share, quantile in zip((0.275, 0.425, 0.225, 0.045, 0.03), quantiles, strict=True):
                amount = float(quantile[0, resource, hour])
                for sign, size in ((1, (1.0, GIB)[resource]), (-1, target[resource])):
                    saved += sign * part * share * usd * (max(size - amount, 0) + 19 * max(amount - size, 0))
    assert decision.evidence.restart is not None
    assert decision.evidence.restart.saved_usd == pytest.approx(saved, abs=1e-4)


def test_a_raise_whose_shortage_is_dear_does_not_wait() -> None:
    """2 cores are used, one is requested: a core short costs 19 x 0.04 USD an hour."""
    for usd, expected in ((15.0, ("resize_up", "restart_pays", "commanded")), (18.0, HELD)):
        slot = waiting(usd, use=(2.0, 0.5))
        decision = only(close(slot))
        assert (decision.action, decision.reason, decision.disposition) == expected
    assert decision.evidence.restart is not None
    assert "it would save 16." in decision.text or "it would save 17." in decision.text


def test_the_price_of_shortage_follows_the_stated_risk() -> None:
    slot = waiting(18.0, use=(2.0, 0.5))
    slot.placement.risk[:] = 0.01
    assert told(slot)[2] == "commanded"


def test_days_further_on_are_as_the_next() -> None:
    weekly = Window(days=("thu",), from_="08:00", to="09:00", time_zone="UTC")  # 1970-01-02 is a Friday
    assert told(waiting(2.2, weekly)) == PAID
    assert told(waiting(2.2)) == HELD
    assert _hours(np.array([HOURS * 3600, 30.5 * 3600]))[:, [0, 6, 7, 22, 23]].round(2).tolist() == [
        [1, 1, 1, 0.65, 0], [2, 1.5, 1, 1, 1],
    ]  # fmt: skip


def test_without_a_forecast_it_waits() -> None:
    slot = waiting(0.0)
    foreseen = slot_of().forecast  # of the next 4 hours, and no history from which a day could be forecast
    slot.forecast = foreseen
    assert told(slot) == HELD


def test_a_first_request_waits() -> None:
    slot = waiting(0.0)
    slot.placement.request[:], slot.placement.limit[:] = np.nan, np.nan
    assert told(slot) == HELD


@pytest.mark.parametrize(
    ("column", "value"),
    [("restart_from_s", NOW + 3600), ("restart_until_s", NOW + 120), ("restarts_a_day", 0), ("cuts_in_windows", True),
     ("frozen", True), ("by_run", True), ("protected", 1), ("restart_allowed", False), ("rollout_bucket", BUCKET - 1)],
)  # fmt: skip
def test_every_other_term_is_kept(column: str, value: float) -> None:
    """What pays by far is decided as if it did not, so never commanded."""
    free, priced = waiting(np.nan), waiting(0.01)
    for slot in (free, priced):
        getattr(slot.placement, column)[:] = value
    found = told(priced)
    assert found == told(free)
    assert found[2] != "commanded"


def test_restarts_of_a_day_are_counted() -> None:
    slot = waiting(0.01)
    slot.placement.restarts_a_day[:] = 1
    assert told(deepcopy(slot)) == PAID
    note_restart(slot, 0, NOW - 3600)
    assert told(slot) == HELD


def test_no_window_is_any_time_and_the_cost_has_no_say() -> None:
    slot = waiting(1e6)
    slot.placement.windows[:] = -1
    assert told(slot) == ("resize_down", "demand_below_request", "commanded")


def test_a_window_that_never_opens_is_waited_for() -> None:
    assert told(waiting(0.0, Window(from_="08:00", to="09:00", time_zone="Mars/Olympus"))) == HELD
    assert told(waiting(0.0, Window(from_="08:00", to="08:05", time_zone="UTC"))) == HELD  # shorter than a command


def test_where_only_recommendations_are_made_it_is_one() -> None:
    decision = only(close(slot := waiting(0.40, stage="recommend")))
    assert (decision.reason, decision.disposition) == ("restart_pays", "recommended")
    assert approve(slot, "shop/web/w0/app", decision.id, NOW + 90, CONTEXT).commands


def test_a_container_that_was_killed_is_raised_at_once_where_its_next_kill_would_restart_it_anyway() -> None:
    """Killed at 2 GiB: one replica is restarted either way, of three replicas the other two cost."""
    slot = waiting(50.0, use=(0.5, 0.9))
    decision = only(urgent(slot, oom_kills=1))
    assert (decision.action, decision.reason, decision.disposition) == ("urgent_up", "oom_kill", "commanded")
    restart = decision.evidence.restart
    assert restart is not None
    assert (restart.kill_expected, restart.cost_usd) == (True, 0.0)
    assert "a restart costs 0.00 USD beside that of an OOM kill which is expected before" in decision.text
    slot = waiting(51.0, use=(0.5, 0.9))
    slot.placement.replicas[:] = 3
    decision = only(urgent(slot, oom_kills=1))
    assert decision.disposition == "recommended"
    assert decision.evidence.restart is not None
    assert decision.evidence.restart.cost_usd == 34.0
    assert only(urgent(waiting(np.nan, use=(0.5, 0.9)), oom_kills=1)).disposition == "recommended"


def random_terms(seed: int) -> SlotState:
    """Rows of every kind under terms of every kind, most of them restarted by a change and outside of their window."""
    slot, rng = with_terms(constrained_slot(seed), seed), np.random.default_rng(seed + 2)
    place = slot.placement
    slot.forecast = deepcopy(learned(ROWS, 0.5, 0.5))
    slot.decide.changed_s[:], slot.decide.pending_until_s[:] = -np.inf, -np.inf
    slot.window_sets[1] = [LATER]
    place.windows[:] = rng.choice([-1, 0, 1, 1, 1, 1], ROWS)
    place.in_place[:], place.restart_allowed[:] = rng.random(ROWS) < 0.2, rng.random(ROWS) < 0.8
    place.cuts_in_windows[:], place.stage[:] = rng.random(ROWS) < 0.2, rng.choice([1, 2, 3, 3, 3], ROWS)
    place.quota[:], place.least[:], place.most[:] = np.nan, np.nan, np.nan
    return slot


def tried(seed: int, usd: float, rows: Array | None = None) -> list[Verdicts]:
    """The fast and the slow path, each by itself, a restart at this price; of these rows, or of all."""
    slot = random_terms(seed)
    slot.placement.restart_usd[:] = usd
    slot = slot if rows is None else part_of(slot, rows)
    return [urgent_of(deepcopy(slot), np.arange(len(slot.containers)), seed), close(slot)]


def restarted(verdicts: list[Verdicts]) -> set[str]:
    return {command.id for each in verdicts for command in each.commands}


@settings(max_examples=40)
@given(SEEDS, st.floats(0.0, 10.0), st.floats(0.0, 10.0))
def test_a_dearer_restart_never_makes_more_changes(seed: int, one: float, other: float) -> None:
    cheap, dear = restarted(tried(seed, min(one, other))), restarted(tried(seed, max(one, other)))
    assert restarted(tried(seed, np.nan)) <= dear <= cheap


@settings(max_examples=20)
@given(SEEDS)
def test_a_row_does_not_depend_on_its_neighbours(seed: int) -> None:
    order = np.random.default_rng(seed).permutation(ROWS)
    apart = [verdicts for rows in (order[:5], order[5:]) for verdicts in tried(seed, 0.2, rows)]
    assert said(tried(seed, 0.2)) == said(apart)


@settings(max_examples=40)
@given(SEEDS, st.floats(0.0, 2.0))
def test_what_is_changed_outside_of_a_window_keeps_all_other_terms(seed: int, usd: float) -> None:
    slot = random_terms(seed)
    place, made = slot.placement, np.where(slot.decide.restarts_day == 1, slot.decide.restarts, 0)
    verdicts, without = tried(seed, usd), restarted(tried(seed, np.nan))
    for command in (command for each in verdicts for command in each.commands if command.id not in without):
        row = slot.containers.index(command.container)
        assert not place.in_place[row]
        assert place.windows[row] == 1
        assert place.restart_allowed[row]
        assert not place.frozen[row]
        assert not place.by_run[row]
        assert place.restarts_a_day[row] < 0 or made[row] < place.restarts_a_day[row]
        if command.action == "resize_down":
            assert not place.cuts_in_windows[row]
            assert place.protected[row] == 0 or (place.protected[row] < 0 and not place.system[row])


@settings(max_examples=20)
@given(SEEDS)
def test_a_price_that_nothing_pays_changes_no_decision(seed: int) -> None:
    """But for a single replica that an OOM kill would restart anyway."""
    free, dear = (decisions(tried(seed, usd)) for usd in (np.nan, 1e30))
    assert all(decision.evidence.restart is None for decision in free)
    for before, decision in zip(free, dear, strict=True):
        restart = decision.evidence.restart
        if restart is None or not restart.kill_expected or decision.replicas > 1:
            assert replace(decision, text="", evidence=before.evidence) == replace(before, text="")


def decisions(verdicts: list[Verdicts]) -> list[Decision]:
    return [decision for each in verdicts for decision in each.decisions]
