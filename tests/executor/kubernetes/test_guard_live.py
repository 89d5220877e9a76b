"""Each rule of the live guard, with only what it is about stated."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from agents.executor.guard import MEANING
from agents.executor.kubernetes.circumstances import Circumstances, Replica, Word
from agents.executor.kubernetes.codes import FAILURE_MEANING, LIVE_MEANING
from agents.executor.kubernetes.guard import LIVE_RULES, judge_live
from agents.kubernetes.bounds import LimitItem, Limits, LimitsSpec, Quota, QuotaSpec, QuotaStatus
from agents.kubernetes.pods import Metadata
from engine.messages import Policy, Size
from tests.executor.build import LARGE, MIB, SMALL, command

DOCUMENT = Path(__file__).parents[3] / "docs" / "kubernetes.md"
SIDE = Size(cpu_request=0.1)
CALM = Circumstances(
    container="app",
    deleting=False,
    paused=False,
    policy=Policy(),
    others=None,
    limits=[],
    quotas=[],
    replicas=[
        Replica("web-0", "n1", {"app": SMALL, "side": SIDE}, "Burstable"),
        Replica("web-1", "n1", {"app": SMALL, "side": SIDE}, "Burstable"),
    ],
    free={"n1": (1.0, 1e12)},
    restart="",
    may_restart=False,
)


def limits(**item: Any) -> list[Limits]:
    return [Limits(metadata=Metadata(name="l"), spec=LimitsSpec(limits=[LimitItem(**{"type": "Container", **item})]))]


def quota(hard: dict[str, str], used: dict[str, str], **spec: Any) -> list[Quota]:
    return [Quota(metadata=Metadata(name="q"), spec=QuotaSpec(**spec), status=QuotaStatus(hard=hard, used=used))]


CUT = {"action": "resize_down", "expected": LARGE, "target": SMALL}
GUARANTEED = Size(cpu_request=0.4, cpu_limit=0.4, memory_request=MIB, memory_limit=MIB)
CASES: list[tuple[str, dict[str, Any], dict[str, Any], str | None]] = [
    ("calm", {}, {}, None),
    ("deleted", {}, {"deleting": True}, "being_deleted"),
    ("paused", {}, {"paused": True}, "rollout_paused"),
    ("stage", {}, {"policy": Policy(autopilot="observe")}, "policy_forbids"),
    ("approved above the stage", {"approved": True}, {"policy": Policy(autopilot="recommend")}, None),
    ("raises only", CUT, {"policy": Policy(autopilot="up_only")}, "policy_forbids"),
    ("a raise of raises only", {}, {"policy": Policy(autopilot="up_only")}, None),
    ("protected", CUT, {"policy": Policy(protected=True)}, "policy_forbids"),
    ("protected, a raise", {}, {"policy": Policy(protected=True)}, None),
    ("above the ceiling", {}, {"policy": Policy(ceiling=Size(cpu_request=0.3))}, "policy_forbids"),
    ("approved is not above bounds", {"approved": True}, {"policy": Policy(ceiling=Size(cpu_request=0.3))},
     "policy_forbids"),
    ("below the floor", CUT, {"policy": Policy(floor=Size(cpu_request=0.2))}, "policy_forbids"),
    ("the ceiling wins over the floor", {}, {"policy": Policy(floor=Size(cpu_request=9.0),
     ceiling=Size(cpu_request=0.4))}, None),
    ("others", {}, {"others": Word("argocd", 5.0, "the template")}, "drifted_by_others"),
    ("limit range, most", {}, {"limits": limits(max={"cpu": "500m"})}, "limit_range"),
    ("limit range, least", {}, {"limits": limits(min={"cpu": "500m"})}, "limit_range"),
    ("limit range, ratio", {}, {"limits": limits(max_limit_request_ratio={"cpu": "1.5"})}, "limit_range"),
    ("limit range of pods", {}, {"limits": limits(type="Pod", max={"cpu": "450m"})}, "limit_range"),
    ("limit range of claims", {}, {"limits": limits(type="PersistentVolumeClaim", max={"cpu": "1m"})}, None),
    ("quota", {}, {"quotas": quota({"cpu": "1"}, {"cpu": "500m"})}, "quota"),
    ("quota that has room", {}, {"quotas": quota({"cpu": "1100m"}, {"cpu": "500m"})}, None),
    ("quota of limits", {}, {"quotas": quota({"limits.memory": "1Gi"}, {"limits.memory": "1000Mi"})}, "quota"),
    ("quota, exceeded, of a cut", CUT, {"quotas": quota({"cpu": "1"}, {"cpu": "3"})}, None),
    ("quota of other pods", {}, {"quotas": quota({"cpu": "1"}, {"cpu": "1"}, scopes=["BestEffort"])}, None),
    ("class", {"target": GUARANTEED}, {"replicas": [Replica("p", "n1", {"app": SMALL}, "Burstable")]}, "qos_class"),
    ("class kept by another container", {"target": GUARANTEED}, {}, None),
    ("below usage", CUT, {"replicas": [Replica("p", "n1", {"app": LARGE}, "Burstable", 200 * MIB)]}, "below_usage"),
    ("no room for both", {}, {"free": {"n1": (0.5, 1e12)}}, "no_room"),
    ("exactly room for both", {}, {"free": {"n1": (0.6, 1e12)}}, None),
    ("a cut on a node that is too full", CUT, {"free": {"n1": (-1.0, -1.0)}}, None),
    ("restart", {}, {"restart": "why"}, "needs_restart"),
    ("restart allowed", {}, {"restart": "why", "may_restart": True}, None),
    ("restart, held up", {}, {"restart": "why", "may_restart": True, "budget": "b"}, "disruption_budget"),
    ("budget without a restart", {}, {"budget": "b"}, None),
    ("new pods find a node of their own", {}, {"restart": "why", "may_restart": True, "free": {"n1": (0.0, 0.0)}},
     None),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "facts", "code"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_rules(changes: dict[str, Any], facts: dict[str, Any], code: str | None) -> None:
    now = CALM
    if changes.get("expected") == LARGE:
        now = now._replace(replicas=[each._replace(sizes={**each.sizes, "app": LARGE}) for each in now.replicas])
    refusal = judge_live(replace(command(), **changes), now._replace(**facts))
    assert (None if refusal is None else refusal.code) == code
    assert refusal is None or refusal.detail


def test_every_code_says_what_it_means() -> None:
    assert [code for code, _ in LIVE_RULES] == list(LIVE_MEANING)
    rows = DOCUMENT.read_text().splitlines()
    for code, sentence in (*MEANING.items(), *LIVE_MEANING.items(), *FAILURE_MEANING.items()):
        assert f"| `{code}` | {sentence} |" in rows


def test_the_first_to_act_wins() -> None:
    refusal = judge_live(command(), CALM._replace(deleting=True, paused=True))
    assert refusal is not None
    assert refusal.code == "being_deleted"
