"""Whose word holds for a container: the most specific scope, field by field, the workload's own in between."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.policy import Rules, is_frozen, layers, overlaid, scopes_around, specificity
from engine.messages import CpuLimit, Policy, PolicyRule, Restart, Risk, SetPolicy, Size, Stage

WEB = "shop/web/cart/app"


def holds(
    rules: dict[str, Policy],
    stages: dict[str, Stage] | None = None,
    annotation: Policy | None = None,
    defaults: Policy | None = None,
    container: str = WEB,
) -> Policy:
    policy = SetPolicy(defaults=defaults or Policy(), rules=[PolicyRule(scope, each) for scope, each in rules.items()])
    found = Policy()
    for layer in layers(container, Rules.of(policy), stages or {}, annotation):
        found = overlaid(found, layer.policy)
    return found


def test_scopes_from_the_most_specific() -> None:
    assert list(scopes_around(WEB)) == ["web/cart/app", "web/cart", "web", ""]


def test_scopes_of_a_daemon_set_hold_with_and_without_the_node_type() -> None:
    row = "shop/kube-system/agent@m5.large/main"
    assert list(scopes_around(row)) == [
        "kube-system/agent@m5.large/main", "kube-system/agent/main", "kube-system/agent@m5.large", "kube-system/agent",
        "kube-system", "",
    ]  # fmt: skip
    assert holds({}, {"kube-system/agent": "full"}, container=row).autopilot == "full"
    both: dict[str, Stage] = {"kube-system/agent": "full", "kube-system/agent@m5.large": "observe"}
    assert holds({}, both, container=row).autopilot == "observe"
    assert holds({}, {"kube-system/agent@c5.large": "full"}, container=row).autopilot is None
    assert holds({}, {}, Policy(autopilot="up_only"), container=row).autopilot == "up_only"
    full, only_seen = Policy(autopilot="full"), Policy(autopilot="observe")
    assert holds({"*/agent": full}, container=row).autopilot == "full"
    assert holds({"*/agent@m5.*": full, "*/agent@c5.*": only_seen}, container=row).autopilot == "full"
    assert holds({"*/agent*": full, "kube-system/agent": only_seen}, container=row).autopilot == "observe"
    assert holds({"kube-system/agent": full, "kube-system/agent@m5.large/main": only_seen}, container=row) == only_seen
    assert is_frozen(row, {"kube-system/agent": True})
    assert not is_frozen(row, {"kube-system/agent@c5.large": True})


@pytest.mark.parametrize(
    ("stages", "annotated", "expected"),
    [
        ({}, None, None),
        ({"": "full"}, None, "full"),
        ({"": "full", "web": "observe"}, None, "observe"),
        ({"": "full", "web": "full"}, "up_only", "up_only"),
        ({"web/cart": "full"}, "up_only", "full"),
        ({"web/cart": "full", "web/cart/app": "recommend"}, None, "recommend"),
        ({"web/other": "full", "db": "full"}, None, None),
    ],
)
def test_stages_of_controls(stages: dict[str, Stage], annotated: Stage | None, expected: Stage | None) -> None:
    annotation = Policy(autopilot=annotated) if annotated else None
    assert holds({}, stages, annotation).autopilot == expected


@pytest.mark.parametrize(
    ("scope", "stages", "annotated", "expected"),
    [
        ("web", {"": "observe"}, None, "full"),  # a narrower rule wins over a control
        ("web", {"web": "observe"}, None, "observe"),  # at the same scope the control wins
        ("w*", {"web": "observe"}, None, "observe"),
        ("web", {"web": "observe"}, "up_only", "up_only"),
        ("web/*", {"web": "observe"}, "up_only", "full"),
        ("web/cart/app", {"web/cart": "observe"}, "up_only", "full"),
        ("web/cart/app", {"web/cart/app": "observe"}, "up_only", "observe"),
        ("db", {}, None, None),
    ],
)
def test_stages_of_controls_and_rules(
    scope: str, stages: dict[str, Stage], annotated: Stage | None, expected: Stage | None
) -> None:
    annotation = Policy(autopilot=annotated) if annotated else None
    assert holds({scope: Policy(autopilot="full")}, stages, annotation).autopilot == expected


def test_fields_are_taken_one_by_one() -> None:
    found = holds(
        {
            "web": Policy(risk=Risk(cpu=0.02), families=["r5"], restart=Restart(most_a_day=3)),
            "web/cart": Policy(floor=Size(memory_request=2.0), cpu_limit=CpuLimit("none")),
        },
        defaults=Policy(
            floor=Size(cpu_request=1.0, memory_request=1.0),
            risk=Risk(0.01, 0.001),
            families=["m5", "c5"],
            restart=Restart(allowed=False),
            cpu_limit=CpuLimit("ratio", 2.0),
        ),
    )
    assert found == Policy(
        floor=Size(cpu_request=1.0, memory_request=2.0),
        risk=Risk(0.02, 0.001),
        families=["r5"],  # lists and kinds are taken whole
        restart=Restart(allowed=False, most_a_day=3),
        cpu_limit=CpuLimit("none"),
    )


@pytest.mark.parametrize(
    ("less", "more"),
    [
        ("*", "w*"), ("w*", "web"), ("web", "*/cart"), ("*/cart", "web/*"), ("web/c*", "web/car*"),
        ("web/c*", "web/cart"), ("web/cart", "*/*/app"), ("web/*/app", "web/cart/*"), ("web/c?rt", "web/cart"),
    ],
)  # fmt: skip
def test_which_of_two_scopes_is_more_specific(less: str, more: str) -> None:
    assert specificity(less) < specificity(more)
    rules = {less: Policy(protected=False), more: Policy(protected=True)}
    assert holds(rules).protected is True
    assert holds(dict(reversed(rules.items()))).protected is True


names = st.sampled_from(["web", "w*", "*", "?eb", "cart", "c*", "app", "a??"])
scopes = st.lists(names, min_size=1, max_size=3).map("/".join)
policies = st.builds(
    Policy,
    autopilot=st.none() | st.sampled_from(["observe", "full"]),
    floor=st.none() | st.builds(Size, st.none() | st.sampled_from([1.0, 2.0]), st.none(), st.none() | st.just(5.0)),
    protected=st.none() | st.booleans(),
    families=st.none() | st.just(["m5"]),
)


@given(st.dictionaries(scopes, policies, max_size=6), policies, st.randoms())
def test_the_order_of_rules_does_not_matter(rules: dict[str, Policy], defaults: Policy, random: object) -> None:
    items = list(rules.items())
    random.shuffle(items)  # type: ignore[attr-defined]
    assert holds(dict(items), defaults=defaults) == holds(rules, defaults=defaults)


@given(st.dictionaries(scopes, policies, max_size=6), policies, st.none() | policies)
def test_the_most_specific_word_holds(rules: dict[str, Policy], defaults: Policy, annotation: Policy | None) -> None:
    """Against a search that is written down differently: try scopes from the narrowest, the annotation in its place."""
    parts = ["web", "cart", "app"]
    matching = [
        scope
        for scope in rules
        if all(_matches(part, glob) for part, glob in zip(parts, scope.split("/"), strict=False))
    ]
    ranked: list[Policy] = []
    for depth in (3, 2, 1):
        if depth == 1 and annotation is not None:
            ranked.append(annotation)
        of_depth = [scope for scope in matching if scope.count("/") == depth - 1]
        ranked += [rules[scope] for scope in sorted(of_depth, key=specificity, reverse=True)]
    ranked.append(defaults)
    found = holds(rules, annotation=annotation, defaults=defaults)
    for field in ("autopilot", "protected", "families"):
        stated = [getattr(each, field) for each in ranked if getattr(each, field) is not None]
        assert getattr(found, field) == (stated[0] if stated else None)
    for part in ("cpu_request", "memory_request"):
        amounts = [getattr(each.floor, part) for each in ranked if each.floor and getattr(each.floor, part) is not None]
        assert (found.floor and getattr(found.floor, part)) == (amounts[0] if amounts else None)


def _matches(part: str, glob: str) -> bool:
    if glob == "*":
        return True
    if glob.endswith("*"):
        return part.startswith(glob[:-1])
    return len(part) == len(glob) and all(g in ("?", p) for p, g in zip(part, glob, strict=True))


def test_specificity_orders_all_scopes() -> None:
    found = sorted(map("/".join, itertools.product(["*", "w*", "web"], ["*", "cart"])), key=specificity)
    assert found == ["*/*", "*/cart", "w*/*", "w*/cart", "web/*", "web/cart"]


@pytest.mark.parametrize(
    ("freezes", "expected"),
    [
        ({}, False), ({"": True}, True), ({"web": True}, True), ({"web": False, "": True}, True), ({"db": True}, False),
        ({"*": True}, True), ({"*": True, "": False, "web": False}, True), ({"*": False}, False),
    ],
)  # fmt: skip
def test_any_freeze_around_a_container_holds(freezes: dict[str, bool], expected: bool) -> None:
    assert is_frozen(WEB, freezes) is expected
