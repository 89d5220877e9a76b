"""What a cluster stands on is cut by a person's approval only."""

from __future__ import annotations

import doctest

import numpy as np
import pytest
from hypothesis import given, settings

from engine.core import protected
from engine.core.decide import approve
from engine.core.placement import PlacementRows, believe
from engine.core.protected import is_system
from engine.core.state import SlotState
from engine.messages import ContainerSpec, Size
from tests.core.decide.build import CONTEXT, NOW, close, slot_of, urgent
from tests.core.decide.test_properties import ROWS, SEEDS, both_paths, random_slot


def system_slot(**of: object) -> SlotState:
    slot = slot_of(**of)  # type: ignore[arg-type]
    slot.placement.system[:] = True
    return slot


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("kube-system/anything", "Deployment"), ("kube-flannel/x", "DaemonSet"), ("openshift-dns/x", "DaemonSet"),
        ("calico-system/x", "Deployment"), ("dns/coredns", "Deployment"), ("net/cilium", "DaemonSet"),
        ("net/calico-node@m5.large", "DaemonSet"),
        ("kube/kube-proxy", "DaemonSet"), ("storage/ebs-csi-node", "DaemonSet"), ("storage/csi-smb", "Deployment"),
        ("ops/agent", "Node"),
    ],
)  # fmt: skip
def test_what_a_cluster_stands_on(name: str, kind: str) -> None:
    namespace, workload = name.split("/")
    assert is_system(namespace, workload, kind)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("shop/web", "Deployment"), ("kubernetes/web", "Deployment"), ("openshift/web", "Deployment"),
        ("shop/csirt", "Deployment"), ("shop/dns", "Deployment"), ("nightly/csi-benchmark", "Job"),
        ("shop/coredns-ui", "Deployment"),
    ],
)  # fmt: skip
def test_what_only_looks_like_it(name: str, kind: str) -> None:
    namespace, workload = name.split("/")
    assert not is_system(namespace, workload, kind)


def test_examples() -> None:
    assert doctest.testmod(protected).failed == 0


def test_a_roster_says_it() -> None:
    rows = PlacementRows.empty(2)
    for row, namespace in enumerate(("shop", "kube-system")):
        spec = ContainerSpec(namespace=namespace, workload="w", container="c")
        believe(rows, np.array([row]), [spec], [-1], 0.0)
    assert rows.system.tolist() == [False, True]


def test_a_cut_is_recommended_and_commanded_only_when_it_is_approved() -> None:
    slot = system_slot(stage="full")
    verdicts = close(slot)
    [decision] = verdicts.decisions
    assert (decision.action, decision.reason, decision.disposition) == (
        "resize_down", "protected_system", "recommended",
    )  # fmt: skip
    assert decision.text.startswith("Less would do, but the cluster itself stands on it: cuts need consent; CPU:")
    assert verdicts.commands == []
    [command] = approve(slot, "shop/web/w0/app", decision.id, NOW + 90, CONTEXT).commands
    assert (command.reason, command.target.cpu_request) == ("protected_system", 0.5)


def test_a_ceiling_is_no_consent() -> None:
    verdicts = close(system_slot(stage="full", ceiling=0.7))
    assert (verdicts.decisions[0].reason, verdicts.commands) == ("protected_system", [])


def test_a_policy_may_consent_once_for_all_or_protect_it_by_its_own_word() -> None:
    slot = system_slot(stage="full")
    slot.placement.protected[:] = 0
    assert [command.reason for command in close(slot).commands] == ["demand_below_request"]
    slot = system_slot(stage="full")
    slot.placement.protected[:] = 1
    verdicts = close(slot)
    assert ([each.reason for each in verdicts.decisions], verdicts.commands) == (["protected"], [])


def test_raises_are_commanded_and_take_no_cut_along() -> None:
    [command] = close(system_slot(stage="full", p95=(3.0, 0.5))).commands
    assert (command.action, command.reason) == ("resize_up", "demand_above_request")
    assert command.target == Size(3.0, 6.0, 2.0**30, 2.0**31)
    assert urgent(system_slot(stage="full"), oom_kills=1).commands


def test_what_does_not_yet_suffice_for_a_cut_is_said_first() -> None:
    [decision] = close(system_slot(stage="full", seen=10)).decisions
    assert (decision.action, decision.reason) == ("hold", "not_enough_data")


@settings(max_examples=40)
@given(SEEDS)
def test_no_command_ever_takes_something_from_a_system_row(seed: int) -> None:
    slot = random_slot(seed)
    slot.placement.system[:] = np.arange(ROWS) % 2 == 0
    protected_names = set(slot.containers[::2])
    for command in (command for verdicts in both_paths(slot, seed) for command in verdicts.commands):
        if command.container in protected_names:
            for name in ("cpu_request", "memory_request"):
                before, after = getattr(command.expected, name), getattr(command.target, name)
                assert before is None or after >= before
