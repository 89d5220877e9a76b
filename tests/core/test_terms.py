"""A policy that is set, live: what stands in the columns, what it does to decisions, and that it can be replayed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from msgspec.structs import replace

from engine.core.partition import PartitionFold
from engine.core.placement import CPU_LIMITS, STAGES
from engine.core.rows import Array
from engine.identity import KILL_SWITCH
from engine.messages import (
    ContainerSpec,
    Control,
    CpuLimit,
    Decision,
    Forecaster,
    Freeze,
    Outcome,
    Policy,
    PolicyRule,
    Restart,
    Risk,
    SetPolicy,
    Size,
    Window,
)
from engine.units import GIB
from tests.core.build import CONTEXT, Log, autopilot, declare, metrics, roster, specs

NIGHT = Window(from_="22:00", to="06:00", time_zone="Europe/Berlin")


def policy(defaults: Policy | None = None, **rules: Policy) -> Control:
    """Rules by scope, with __ for /."""
    found = [PolicyRule(scope.replace("__", "/"), each) for scope, each in rules.items()]
    body = SetPolicy(defaults=defaults or Policy(), rules=found)
    return Control(cluster="shop", slot=0, sent_s=0.0, body=body)


def freeze(scope: str, frozen: bool = True) -> Control:
    return Control(cluster="shop", slot=0, sent_s=0.0, body=Freeze(scope=scope, frozen=frozen))


def annotated(*policies: Policy | None) -> list[ContainerSpec]:
    return [spec for n, each in enumerate(policies) for spec in [specs(n + 1, policy=each)[n]]]


def declared(containers: list[ContainerSpec]) -> Log:
    log = Log()
    log.add(declare())
    log.add(roster(0.0, containers))
    return log


def column(log: Log, name: str) -> Any:
    found: Array = getattr(log.slot.placement, name)
    return np.where(np.isnan(found), -9.0, found).tolist() if found.dtype.kind == "f" else found.tolist()


def test_nothing_stated() -> None:
    log = declared(specs(1))
    names = ("risk", "protected", "windows", "cuts_in_windows", "cpu_limit_kind", "keep_qos", "moves_a_day", "families")
    assert [column(log, name) for name in names] == [
        [[-9.0, -9.0]], [-1], [-1], [False], [0], [True], [-1], [-1],
    ]  # fmt: skip
    assert CPU_LIMITS[0] == "keep"
    assert STAGES[log.slot.placement.stage[0]] == "recommend"


def test_rules_reach_their_rows_and_go_with_the_next_policy() -> None:
    log = declared(specs(3))
    rules = {
        "web": Policy(risk=Risk(cpu=0.25), families=["m5"], floor=Size(cpu_request=0.5)),
        "web__w1": Policy(
            protected=True, windows=[NIGHT], families=["r5", "m5"], floor=Size(memory_request=GIB),
            cpu_limit=CpuLimit("ratio", 2.0), restart=Restart(False, 3, 5.0, 7.0, 0.5), keep_qos=False, moves_a_day=2,
        ),
        "web__*__app": Policy(autopilot="up_only", cuts_only_in_windows=True),
    }  # fmt: skip
    assert log.add(policy(Policy(cpu_limit=CpuLimit("none")), **rules)).dead_letters == []
    assert column(log, "risk") == [[0.25, -9.0]] * 3
    assert column(log, "floor") == [[0.5, -9.0], [0.5, GIB], [0.5, -9.0]]
    assert column(log, "stage") == [STAGES.index("up_only")] * 3
    assert column(log, "cuts_in_windows") == [True] * 3
    assert column(log, "protected") == [-1, 1, -1]
    assert (column(log, "windows"), log.slot.window_sets) == ([-1, 0, -1], [[NIGHT]])
    assert (column(log, "families"), log.slot.families) == ([0, 1, 0], [["m5"], ["m5", "r5"]])
    assert [CPU_LIMITS[kind] for kind in column(log, "cpu_limit_kind")] == ["none", "ratio", "none"]
    assert column(log, "cpu_limit_ratio") == [-9.0, 2.0, -9.0]
    assert column(log, "restart_allowed") == [True, False, True]
    assert (column(log, "restarts_a_day"), column(log, "moves_a_day")) == ([-1, 3, -1], [-1, 2, -1])
    assert (column(log, "restart_from_s")[1], column(log, "restart_until_s")[1]) == (5.0, 7.0)
    assert column(log, "restart_usd") == [-9.0, 0.5, -9.0]
    assert column(log, "keep_qos") == [True, False, True]
    log.add(policy())
    fresh = declared(specs(3)).slot
    for name, array in log.slot.placement.arrays().items():
        assert array.tobytes() == getattr(fresh.placement, name).tobytes(), name
    assert (log.slot.window_sets, log.slot.families) == ([], [])


def test_annotations_stand_between_namespace_and_workload() -> None:
    own = Policy(autopilot="observe", protected=True, floor=Size(cpu_request=0.25), risk=Risk(memory=0.5))
    log = declared(annotated(own, None, own))
    log.add(policy(web=Policy(autopilot="full", risk=Risk(cpu=0.25), floor=Size(memory_request=GIB))))
    log.add(policy(web=Policy(autopilot="full", risk=Risk(cpu=0.25)), web__w2=Policy(protected=False)))
    assert column(log, "stage") == [STAGES.index(stage) for stage in ("observe", "full", "observe")]
    assert column(log, "protected") == [1, -1, 0]
    assert column(log, "risk") == [[0.25, 0.5], [0.25, -9.0], [0.25, 0.5]]
    assert column(log, "floor") == [[0.25, -9.0], [-9.0, -9.0], [0.25, -9.0]]
    assert (log.slot.annotations, column(log, "annotation")) == ([own], [0, -1, 0])


def test_annotations_that_nobody_has_any_more_are_forgotten() -> None:
    one, two = Policy(protected=True), Policy(autopilot="full")
    log = declared(annotated(one, two))
    log.add(roster(60.0, annotated(None, two)))
    assert (log.slot.annotations, column(log, "annotation")) == ([two], [-1, 0])
    assert column(log, "protected") == [-1, -1]


def test_a_narrower_scope_may_take_windows_away() -> None:
    log = declared(specs(2))
    log.add(policy(Policy(windows=[NIGHT]), web__w1=Policy(windows=[])))
    assert column(log, "windows") == [0, -1]


def test_a_new_container_has_the_terms_of_its_scope() -> None:
    log = declared(specs(1))
    log.add(policy(web__w1=Policy(protected=True)))
    log.add(roster(60.0, specs(2)))
    assert column(log, "protected") == [-1, 1]


def test_controls_win_at_the_same_scope() -> None:
    log = declared(specs(2))
    log.add(autopilot("observe", "web"))
    log.add(policy(Policy(autopilot="full"), web=Policy(autopilot="full"), web__w1=Policy(autopilot="up_only")))
    assert column(log, "stage") == [STAGES.index("observe"), STAGES.index("up_only")]


def test_the_kill_switch_is_lifted_by_itself_only() -> None:
    log = declared(specs(2))
    log.add(freeze(KILL_SWITCH))
    log.add(freeze("", frozen=False))
    log.add(freeze("web", frozen=False))
    assert column(log, "frozen") == [True, True]
    log.add(freeze("web/w1"))
    log.add(freeze(KILL_SWITCH, frozen=False))
    assert column(log, "frozen") == [False, True]


def test_a_forecaster_by_rule() -> None:
    good = Forecaster("HoltWinters", {"alpha": 0.3})
    log = declared(specs(2))
    effects = log.add(policy(Policy(forecaster=good), web__w1=Policy(forecaster=Forecaster("Nonsense", {}))))
    assert log.slot.forecasters == {"shop/web/w0/app": good}
    assert [(letter.reason, "shop/web/w1/app" in letter.detail) for letter in effects.dead_letters] == [
        ("forecaster", True)
    ]


def test_a_time_zone_that_is_none_is_told_and_never_open() -> None:
    mars = Window(from_="00:00", to="24:00", time_zone="Mars/Olympus")
    log = declared(specs(1))
    (letter,) = log.add(policy(Policy(windows=[mars]))).dead_letters
    assert (letter.reason, letter.detail) == (
        "time_zone", "`Mars/Olympus` is no time zone: a window with it is never open",
    )  # fmt: skip


def live(*controls: Control, in_place: bool = True, minutes: int = 900) -> tuple[Log, list[Decision]]:
    """Two containers that use a tenth of their size, from midnight on; commands are applied."""
    log, found = Log(), list[Decision]()
    two = [replace(spec, in_place=in_place) for spec in specs(2)]
    for control in (declare(), autopilot("full"), *controls):
        log.add(control)
    for n in range(minutes):
        time_s = 60.0 * n
        if n == 0:
            log.add(roster(time_s, two))
        effects = log.add(metrics(time_s, two, [0.1 + 0.01 * (n % 7), 0.1], [1e8, 1e8]))
        found += effects.decisions
        for command in effects.commands:
            outcome = Outcome(
                cluster="shop", slot=0, sent_s=time_s, time_s=time_s, container=command.container,
                command_id=command.id, status="applied", size=command.target,
            )  # fmt: skip
            log.add(outcome)
    return log, found


def cut_hours(decisions: list[Decision]) -> set[int]:
    return {int(each.time_s // 3600) for each in decisions if each.disposition == "commanded"}


@pytest.fixture(scope="module")
def free() -> list[Decision]:
    """What is decided without a policy."""
    return live()[1]


def test_cuts_in_windows_only(free: list[Decision]) -> None:
    """From 07:00 to 09:00 UTC: in the winter of 1970 Berlin was an hour ahead."""
    terms = Policy(windows=[Window(from_="08:00", to="10:00", time_zone="Europe/Berlin")], cuts_only_in_windows=True)
    _, bound = live(policy(terms), minutes=660)
    assert cut_hours(free) - {7, 8, 9}
    assert cut_hours(bound)
    assert cut_hours(bound) <= {7, 8, 9}  # a bucket of 08:55 closes after 09:00
    assert {each.reason for each in bound} >= {"outside_window", "demand_below_request"}


def test_restarts_outside_of_the_window_where_they_pay() -> None:
    """The window opens at 12:00 UTC. w0 says what a restart costs: halving it pays, halving it again does not."""
    night = Policy(windows=[Window(from_="13:00", to="15:00", time_zone="Europe/Berlin")])
    cost = Policy(restart=Restart(cost_usd=0.05))
    _, bound = live(policy(night, web__w0=cost), in_place=False, minutes=740)
    first, second = ([d for d in bound if d.container == f"shop/web/w{n}/app"] for n in range(2))
    assert cut_hours(second) == {12}
    early, at_noon = (each for each in first if each.disposition == "commanded")
    assert (early.reason, early.target.cpu_request, at_noon.reason) == ("restart_pays", 0.5, "demand_below_request")
    assert early.time_s < 8 * 3600
    assert early.evidence.restart is not None
    assert early.evidence.restart.saved_usd > early.evidence.restart.cost_usd == 0.05
    assert early.evidence.restart.window_s == 12 * 3600


def test_restarts_a_day() -> None:
    log, bound = live(policy(Policy(restart=Restart(most_a_day=1))), in_place=False, minutes=1700)
    times = [int(each.time_s // 86_400) for each in bound if each.disposition == "commanded"]
    assert sorted(times) == [0, 0, 1, 1]  # of two containers, on two days
    assert log.slot.decide.restarts.tolist() == [1, 1]
    assert "restarts_used_up" in {each.reason for each in bound}


def test_a_risk_is_that_of_its_row(free: list[Decision]) -> None:
    """Row 0 has a risk for CPU. Row 1 and the memory of row 0 are as they are without any."""
    log, found = live(policy(web__w0=Policy(risk=Risk(cpu=0.1))))
    second = [each for each in found if each.container.endswith("w1/app")]
    assert second == [each for each in free if each.container.endswith("w1/app")]
    assert (log.slot.decide.sampled[1] == 0).all()
    assert (log.slot.nowcast.price != 0).tolist() == [[True, False], [False, False]]
    before, after = (
        [each.target.cpu_request for each in some if each.container.endswith("w0/app")] for some in (free, found)
    )
    assert after != before


@pytest.mark.parametrize("cut", [3, 200, 700])
def test_the_same_events_give_the_same_decisions_from_any_snapshot(cut: int) -> None:
    terms = Policy(
        windows=[Window(from_="03:00", to="10:00", time_zone="Europe/Berlin")], cuts_only_in_windows=True,
        risk=Risk(0.02), restart=Restart(most_a_day=2, cost_usd=0.01), families=["m5"],
    )  # fmt: skip
    log, decisions = live(policy(terms, web__w1=Policy(protected=True)), minutes=720)
    assert decisions
    whole, first, second = (PartitionFold(0, 1, CONTEXT) for _ in range(3))
    effects = [whole.apply(record) for record in log.records]
    for record in log.records[:cut]:
        first.apply(record)
    second.load(log.slot.key, first.snapshot(log.slot.key))
    assert [second.apply(record) for record in log.records[cut:]] == effects[cut:]
    assert second.snapshot(log.slot.key) == whole.snapshot(log.slot.key)
