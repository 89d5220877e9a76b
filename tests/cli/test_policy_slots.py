"""Which slots get which rules."""

from __future__ import annotations

from engine.broker.controls import policy_for, touched_slots
from engine.identity import KILL_SWITCH, slot_of
from engine.messages import Cluster, Freeze, Policy, PolicyRule, SetPolicy

SLOTS = 5
SHOP = Cluster(name="shop", slots=SLOTS, declared_s=0.0)


def test_rules_for_one_workload_go_to_its_slot_only() -> None:
    scopes = ["web", "web/cart", "web/cart/app", "web/c*", "*/cart", "web/cart/*"]
    policy = SetPolicy(defaults=Policy(protected=True), rules=[PolicyRule(scope, Policy()) for scope in scopes])
    own = slot_of("web", "cart", SLOTS)
    for slot in touched_slots(SHOP, policy):
        found = policy_for(policy, slot, SLOTS)
        assert found.defaults == policy.defaults
        assert [rule.scope for rule in found.rules] == (scopes if slot == own else ["web", "web/c*", "*/cart"])


def test_a_policy_and_the_kill_switch_go_to_every_slot() -> None:
    assert touched_slots(SHOP, SetPolicy()) == list(range(SLOTS))
    assert touched_slots(SHOP, Freeze(scope=KILL_SWITCH)) == list(range(SLOTS))
