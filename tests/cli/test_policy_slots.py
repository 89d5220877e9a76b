"""What a policy and a kill switch write, and into which slots. What is written is caught before it reaches a broker."""

from __future__ import annotations

import pytest

from engine.broker import controls
from engine.broker.controls import policy_for, send_control, touched_slots
from engine.broker.records import Outgoing
from engine.codec import decode_command, decode_event
from engine.identity import KILL_SWITCH, slot_of
from engine.messages import Cluster, Control, Freeze, FreezeCommand, Policy, PolicyRule, SetPolicy

SLOTS = 5
SHOP = Cluster(name="shop", slots=SLOTS, declared_s=0.0)
SCOPES = ["web", "web/cart", "web/cart/app", "web/c*", "*/cart", "web/cart/*"]
POLICY = SetPolicy(defaults=Policy(protected=True), rules=[PolicyRule(scope, Policy()) for scope in SCOPES])
ELSEWHERE = ["web", "web/c*", "*/cart"]


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[Outgoing]:
    records: list[Outgoing] = []
    monkeypatch.setattr(controls, "connect", lambda _: None)
    monkeypatch.setattr(controls, "declared_partitions", lambda *_: 4)
    monkeypatch.setattr(controls, "publish", lambda _, outgoing: records.extend(outgoing))
    return records


def test_rules_for_one_workload_go_to_its_slot_only() -> None:
    own = slot_of("web", "cart", SLOTS)
    for slot in touched_slots(SHOP, POLICY):
        found = policy_for(POLICY, slot, SLOTS)
        assert found.defaults == POLICY.defaults
        assert [rule.scope for rule in found.rules] == (SCOPES if slot == own else ELSEWHERE)


def test_a_policy_goes_to_every_slot_and_not_to_the_executor(written: list[Outgoing]) -> None:
    assert send_control("nowhere", SHOP, POLICY, "ann", sent_s=5.0) == list(range(SLOTS))
    assert [record.topic for record in written] == ["events"] * SLOTS
    for slot, record in enumerate(written):
        event = decode_event(record.value)
        body = policy_for(POLICY, slot, SLOTS)
        assert event == Control(cluster="shop", slot=slot, sent_s=5.0, author="ann", body=body)
        assert record.key == f"shop/{slot}"


def test_the_kill_switch_goes_to_the_executor_first_and_to_every_slot(written: list[Outgoing]) -> None:
    send_control("nowhere", SHOP, Freeze(scope=KILL_SWITCH), "ann", sent_s=5.0)
    first, *rest = written
    assert first.topic == "commands.shop"
    assert decode_command(first.value) == FreezeCommand(cluster="shop", scope="*", author="ann", sent_s=5.0)
    bodies = [event.body for event in (decode_event(record.value) for record in rest) if isinstance(event, Control)]
    assert bodies == [Freeze(scope="*")] * SLOTS
