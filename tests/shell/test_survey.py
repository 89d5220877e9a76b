"""Gauges from state, worked by hand."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest
from prometheus_client import generate_latest

from engine.core.context import Context
from engine.core.forecast import LEADS
from engine.core.state import SlotState
from engine.shell.namespaces import count_feedback, count_requests
from engine.shell.survey import count, judge, lead_label, progress
from engine.shell.telemetry import Telemetry
from engine.units import GIB


def slot(number: int, watermark_s: float, clock: str = "wall", containers: int = 2) -> SlotState:
    state = SlotState("shop", number, 2, clock=clock, watermark_s=watermark_s)
    state.add_rows([f"shop/web/s{number}w{n}/app" for n in range(containers)])
    state.count("samples_folded", 10)
    return state


def value(telemetry: Telemetry, name: str, **labels: str) -> float | None:
    registries = (telemetry.registry, telemetry.namespaces)
    found: float | None = next(
        (v for r in registries if (v := r.get_sample_value(f"trimtab_engine_{name}", labels)) is not None), None
    )
    return found


def test_progress_is_that_of_the_last_slot() -> None:
    assert progress([slot(0, 900.0), slot(1, 600.0)]) == {"clusters": {"shop": {"watermark_s": 600.0, "slots": 2}}}


def test_sums_over_slots() -> None:
    telemetry = Telemetry()
    asyncio.run(count([slot(0, 900.0), slot(1, 600.0, containers=3)], telemetry, now_s=1000.0))
    assert value(telemetry, "samples", result="folded") == 20
    assert value(telemetry, "containers", cluster="shop") == 5
    assert value(telemetry, "slots", cluster="shop") == 2
    assert value(telemetry, "watermark_lag_seconds", cluster="shop") == 400
    asyncio.run(count([], telemetry, now_s=1000.0))
    assert value(telemetry, "slots", cluster="shop") is None, "the partitions went elsewhere"


def test_containers_on_types_that_are_not_rated_are_told() -> None:
    telemetry, state = Telemetry(), slot(0, 900.0, containers=4)
    state.node_types = ["m5.large", "m9z.large"]
    state.placement.node_type[:] = [-1, 0, 1, 1]
    asyncio.run(count([state, slot(1, 900.0)], telemetry, now_s=1000.0, known={"m5.large": 1.0}))
    name = "unrated_node_type_containers"
    assert value(telemetry, name, cluster="shop", node_type="m9z.large") == 2
    assert value(telemetry, name, cluster="shop", node_type="m5.large") is None
    asyncio.run(count([], telemetry, now_s=1000.0))
    assert value(telemetry, name, cluster="shop", node_type="m9z.large") is None


def test_a_replay_is_behind_its_first_slot_not_the_wall_clock() -> None:
    telemetry = Telemetry()
    asyncio.run(count([slot(0, 900.0, "replay"), slot(1, 600.0, "replay")], telemetry, now_s=1e9))
    assert value(telemetry, "watermark_lag_seconds", cluster="shop") == 300


def test_medians_are_over_containers_that_were_scored() -> None:
    telemetry = Telemetry()
    state = slot(0, 900.0, containers=4)
    state.forecast.absolute_errors[:, 0, -1] = [1.0, 2.0, 9.0, 5.0]
    state.forecast.actuals[:, 0, -1] = [10.0, 10.0, 10.0, 0.0]  # the fourth was never scored: .1, .2, .9
    state.forecast.scored[:, 0, -1] = [10, 10, 10, 0]
    state.forecast.covered[:, 0, -1] = [10, 9, 8, 0]
    asyncio.run(judge([state], telemetry))
    assert value(telemetry, "wape_ratio", resource="cpu", lead="4h") == pytest.approx(0.2)
    assert value(telemetry, "coverage_ratio", resource="cpu", lead="4h") == pytest.approx(27 / 30)
    assert value(telemetry, "wape_ratio", resource="memory", lead="4h") is None
    assert value(telemetry, "monthly_saving_usd", cluster="shop") == 0.0
    assert not np.isnan(state.forecast.absolute_errors).any()


def test_what_namespaces_request_is_of_the_newest_roster_and_of_all_replicas() -> None:
    state = SlotState("shop", 0, 2, node_types=["m5.large"])
    state.add_rows(["shop/web/a/app", "shop/web/b/app", "shop/ops/c/app", "shop/ops/gone/app"])
    state.rosters = {"old": np.array([3]), "new": np.array([0, 1, 2])}
    place = state.placement
    place.request[:] = [[1.0, GIB], [np.nan, 2 * GIB], [0.5, np.nan], [9.0, 9.0]]
    place.replicas[:], place.node_type[:] = [3, 1, 2, 1], 0
    telemetry, context = Telemetry(), Context(prices={"m5.large": (0.04, 0.005)})
    other = SlotState("shop", 1, 2)
    asyncio.run(count_requests([state, other], telemetry, context))
    web, ops = ({"cluster": "shop", "namespace": name} for name in ("web", "ops"))
    assert value(telemetry, "namespace_requested_cores", **web) == 3.0
    assert value(telemetry, "namespace_requested_bytes", **web) == 5 * GIB
    assert value(telemetry, "namespace_requested_usd_month", **web) == pytest.approx(3 * 29.2 + 5 * 3.65)
    assert value(telemetry, "namespace_requested_cores", **ops) == 1.0
    asyncio.run(count_requests([], telemetry, context))
    assert value(telemetry, "namespace_requested_cores", **web) is None


def test_leads_are_named_as_rules_and_dashboards_have_them() -> None:
    assert [lead_label(lead) for lead in LEADS] == ["15m", "30m", "1h", "2h", "4h"]


def test_every_metric_has_help_and_the_program_in_its_name() -> None:
    telemetry = Telemetry()
    telemetry.write_namespaces()
    text = (generate_latest(telemetry.registry) + telemetry.namespaces_text).decode()
    assert "trimtab_engine_namespace_requested_cores" in text
    names = [line.split()[2] for line in text.splitlines() if line.startswith("# HELP")]
    assert len(names) > 20
    assert all(name.startswith("trimtab_engine_") for name in names)


def test_accuracy_and_savings_are_by_namespace_and_sums_over_containers() -> None:
    telemetry = Telemetry()
    web, other = slot(0, 900.0), slot(1, 900.0, containers=1)
    other.containers = ["shop/batch/job/app"]
    web.judgement.judged[:], web.judgement.right[:] = [3, 1], [2, 1]
    web.account.promised[:], web.account.saved[:] = [10.0, 2.0], [0.5, -0.125]
    web.decide.realised_saving[:] = [8.0, 2.0]
    asyncio.run(count_feedback([web, other], telemetry))
    of_web = {"cluster": "shop", "namespace": "web"}
    assert value(telemetry, "decisions_judged", **of_web) == 4
    assert value(telemetry, "decision_accuracy", **of_web) == 0.75
    assert value(telemetry, "saving_promised_usd_month", **of_web) == 12.0
    assert value(telemetry, "saving_realised_usd_month", **of_web) == 10.0
    assert value(telemetry, "saved_usd", **of_web) == 0.375
    assert value(telemetry, "decision_accuracy", cluster="shop", namespace="batch") is None, "nothing was judged"
    asyncio.run(count_feedback([other], telemetry))
    assert value(telemetry, "decisions_judged", **of_web) is None, "the slot went elsewhere"
