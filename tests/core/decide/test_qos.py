"""QoS classes, and CPU limits by policy. Requests 1 core and 1 GiB; used are 0.5 cores and 0.5 GiB."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine.core.decide import Verdicts
from engine.core.decide.qos import BEST_EFFORT, BURSTABLE, GUARANTEED, class_of
from engine.core.forecast.compact import encode
from engine.core.state import SlotState
from engine.messages import CpuLimit, Decision, LimitRange, Policy, Size
from engine.units import GIB
from tests.core.decide.build import BUCKET, NOW, close, slot_of
from tests.core.decide.test_constraints import told

MIB = 2.0**20


def only(verdicts: Verdicts) -> Decision:
    [decision] = verdicts.decisions
    return decision


def under(cpu_limit: CpuLimit, keep_qos: bool | None = None, highest: float = np.nan, **kinds: Any) -> SlotState:
    """A slot with a policy on CPU limits; the highest sample of the next hours is surely this many cores."""
    slot = told(slot_of(**kinds), policy=Policy(cpu_limit=cpu_limit, keep_qos=keep_qos))
    slot.forecast.window_pending[:, 0] = encode(np.array([highest / slot.forecast.unit[0, 0], 0.0]))
    return slot


@pytest.mark.parametrize(
    ("request_", "limit", "expected"),
    [
        ((1.0, 1.0), (1.0, 1.0), GUARANTEED),
        ((1.0, 1.0), (1.0, 2.0), BURSTABLE),
        ((1.0, np.nan), (1.0, np.nan), BURSTABLE),
        ((np.nan, np.nan), (np.nan, np.nan), BEST_EFFORT),
        ((np.nan, np.nan), (np.nan, 1.0), BURSTABLE),
    ],
)
def test_classes(request_: tuple[float, float], limit: tuple[float, float], expected: int) -> None:
    assert class_of(np.array([request_]), np.array([limit])).tolist() == [expected]


def test_burstable_does_not_become_guaranteed_by_rounding() -> None:
    # Memory's limit is its request. CPU's is 1.0004 times its request: both would be 500 m.
    slot = slot_of(limit=(1.0004, 1.0))
    decision = only(close(slot))
    assert decision.target == Size(0.5, 0.501, 538 * MIB, 538 * MIB)
    may = only(close(told(slot_of(limit=(1.0004, 1.0)), policy=Policy(keep_qos=False))))
    assert may.target == Size(0.5, 0.5, 538 * MIB, 538 * MIB)


def test_where_the_limit_cannot_rise_the_request_gives_way_or_nothing_changes() -> None:
    def slot(floor: float) -> SlotState:
        return told(
            slot_of(p95=(2.0, 1.0), peak=0.9, request=(1.0, 1.0), limit=(1.0004, 1.0)),
            limit_range=LimitRange(max=Size(cpu_limit=2.0), min=Size(cpu_request=floor)),
        )

    assert only(close(slot(0.1))).target == Size(1.999, 2.0, 1076 * MIB, 1076 * MIB)
    held = only(close(slot(2.0)))
    assert (held.action, held.reason) == ("hold", "keeps_qos")


def test_guaranteed_stays_guaranteed_whatever_the_policy_on_limits() -> None:
    for kind in (CpuLimit("none"), CpuLimit("ratio", 3.0)):
        decision = only(close(under(kind, limit=1.0)))
        assert decision.target == Size(0.5, 0.5, 538 * MIB, 538 * MIB)
    assert only(close(under(CpuLimit("none"), keep_qos=False, limit=1.0))).target.cpu_limit is None


def test_a_cpu_limit_is_removed_with_the_next_change_or_by_itself() -> None:
    assert only(close(under(CpuLimit("none")))).target == Size(0.5, None, 538 * MIB, 1076 * MIB)
    alone = only(close(under(CpuLimit("none"), p95=(0.97, 0.9), peak=0.9)))
    assert (alone.action, alone.reason) == ("resize_up", "cpu_limit_policy")
    assert alone.target == Size(1.0, None, GIB, 2 * GIB)
    bounds = LimitRange(max=Size(cpu_limit=9.0))
    counted = told(slot_of(), policy=Policy(cpu_limit=CpuLimit("none")), limit_range=bounds)
    assert only(close(counted)).target.cpu_limit == 1.0, "a LimitRange refuses pods without a limit"


def test_a_cpu_limit_in_a_stated_ratio() -> None:
    assert only(close(under(CpuLimit("ratio", 3.0)))).target.cpu_limit == 1.5
    alone = only(close(under(CpuLimit("ratio", 1.5), p95=(0.97, 0.9), peak=0.9)))
    assert (alone.action, alone.reason, alone.target.cpu_limit) == ("resize_down", "cpu_limit_policy", 1.5)
    near = only(close(under(CpuLimit("ratio", 1.9), p95=(0.97, 0.9), peak=0.9)))
    assert (near.action, near.reason) == ("hold", "within_band"), "1.9 lies within 15 % of 2"
    cooling = under(CpuLimit("ratio", 1.5), p95=(0.97, 0.9), peak=0.9)
    cooling.decide.changed_s[:] = NOW - 60
    assert only(close(cooling)).reason == "cooling_down"
    assert only(close(under(CpuLimit("ratio", 0.5)))).target.cpu_limit == 1.0, "half at a time"
    assert only(close(under(CpuLimit("ratio"), limit=1.7))).target.cpu_limit == 0.85, "no ratio is stated: kept"


def test_a_cpu_limit_by_the_forecast() -> None:
    decision = only(close(under(CpuLimit("forecast"), highest=1.25)))
    assert decision.target.cpu_limit == pytest.approx(1.5, rel=0.01)  # 1.25 cores and a fifth
    assert only(close(under(CpuLimit("forecast"), highest=0.1))).target.cpu_limit == 1.0, "half at a time"
    assert only(close(under(CpuLimit("forecast")))).target.cpu_limit == 1.0, "nothing is forecast: kept"


def test_the_first_request_of_a_container_without_any_is_allowed() -> None:
    decision = only(close(slot_of(request=np.nan, limit=np.nan), BUCKET))
    assert decision.reason == "no_request_set"
    assert decision.target == Size(cpu_request=0.5, memory_request=538 * MIB)
