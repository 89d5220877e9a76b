"""Policy files: what is read, and every problem with its line and column."""

from __future__ import annotations

import pytest

from engine.messages import CpuLimit, Policy, PolicyRule, Restart, Risk, Size, Window
from engine.policy import NamespaceBudget, PolicyFile, read_policy

HEAD = "version: 1\n"


def problems(text: str) -> list[str]:
    return [problem.told("policy.yaml") for problem in read_policy(text).problems]


def test_a_whole_file() -> None:
    text = """
version: 1
cluster: shop
defaults:
  autopilot: recommend
  floor: {cpu: 50m, memory: 64Mi}
  risk: 0.5%
  windows:
    - mon-fri 22:00-06:00 Europe/Berlin
    - {days: [sat], from: 8:00, to: 24:00, time_zone: UTC}
  cuts_only_in_windows: true
  restart:
    {allowed: true, most_a_day: 2, not_before: 2026-12-27, not_after: 2026-12-28 06:00 Europe/Berlin, cost_usd: 0.40}
rules:
  - scope: web/*
    policy: {cpu_limit: {ratio: 2}, families: [m5, r5], moves_a_day: 2, keep_qos: false, protected: no}
  - {scope: db, policy: {cpu_limit: none, risk: {cpu: 0.01}, ceiling: {cpu: 2}}}
budgets:
  - {namespace: web, owner: ann, cpu: 40, memory: 160Gi, monthly_usd: 2500}
"""
    weekdays = Window(days=("mon", "tue", "wed", "thu", "fri"), from_="22:00", to="06:00", time_zone="Europe/Berlin")
    assert read_policy(text).file == PolicyFile(
        version=1,
        cluster="shop",
        defaults=Policy(
            autopilot="recommend",
            floor=Size(cpu_request=0.05, memory_request=64 * 2.0**20),
            risk=Risk(0.005, 0.005),
            windows=[weekdays, Window(days=("sat",), from_="08:00", to="24:00", time_zone="UTC")],
            cuts_only_in_windows=True,
            restart=Restart(True, 2, 1_798_329_600.0, 1_798_434_000.0, 0.4),
        ),
        rules=[
            PolicyRule(
                "web/*",
                Policy(
                    cpu_limit=CpuLimit("ratio", 2.0), families=["m5", "r5"], moves_a_day=2, keep_qos=False,
                    protected=False,
                ),
            ),
            PolicyRule(
                "db", Policy(cpu_limit=CpuLimit("none"), risk=Risk(cpu=0.01), ceiling=Size(cpu_request=2.0))
            ),
        ],
        budgets=[
            NamespaceBudget(namespace="web", owner="ann", cpu=40.0, memory=160 * 2.0**30, monthly_usd=2500.0)
        ],
    )  # fmt: skip


def test_all_problems_at_once_in_the_order_of_lines() -> None:
    text = """version: 1
defaults:
  autopilot: ful
  flor: {cpu: 1}
rules:
  - scope: web
    policy:
      floor: {cpu: 5x, memory: 1Gi}
      risk: 200%
      protected: 1
  - policy: {moves_a_day: -1}
"""
    assert problems(text) == [
        "policy.yaml:3:14: expected one of observe, recommend, up_only, full, got 'ful' - at defaults.autopilot",
        "policy.yaml:4:3: unknown key 'flor', did you mean floor? - at defaults",
        "policy.yaml:8:20: '5x' is not an amount of CPU as Kubernetes writes it, such as 750m, 0.75 or 2"
        " - at rules[0].policy.floor.cpu",
        "policy.yaml:9:13: expected a share above 0 and below 100%, got '200%' - at rules[0].policy.risk",
        "policy.yaml:10:18: expected true or false, got '1' - at rules[0].policy.protected",
        "policy.yaml:11:5: scope is missing - at rules[1]",
        "policy.yaml:11:27: expected a whole number >= 0, got '-1' - at rules[1].policy.moves_a_day",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "1:1: expected YAML, got nothing"),
        ("version: 2\n", "1:10: expected 1, got '2' - at version"),
        ("version: [\n", "2:1: not YAML: expected the node content, but found '<stream end>'"),
        ("version: 1\n---\nversion: 1\n", "2:1: not YAML: but found another document"),
        ("- version\n", "1:1: expected a mapping, got a list"),
        ("cluster: shop\n", "1:1: version is missing"),
        (HEAD + "version: 1\n", "2:1: version is there twice, first on line 1"),
        (HEAD + "cluster: Shop\n", "2:10: expected text matching regex '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\\\Z',"
                                   " got 'Shop' - at cluster"),
        (HEAD + "rules: web\n", "2:8: expected a list, got 'web' - at rules"),
        (HEAD + "rules: [{scope: a/b/c/d, policy: {}}]\n",
         "2:17: expected namespace, namespace/workload or namespace/workload/container, with * and ?, got 'a/b/c/d'"
         " - at rules[0].scope"),
        (HEAD + "defaults: {windows: [22:00-06:00]}\n",
         "2:22: expected a time zone such as Europe/Berlin or UTC at the end, got '22:00-06:00'"
         " - at defaults.windows[0]"),
        (HEAD + "defaults: {windows: [moon 22:00-06:00 UTC]}\n",
         "2:22: expected days such as mon-fri or mon,wed, got 'moon' - at defaults.windows[0]"),
        (HEAD + "defaults: {windows: [{from: 25:00, to: 6:00, time_zone: UTC}]}\n",
         "2:29: expected a time of day such as 22:00, got '25:00' - at defaults.windows[0].from"),
        (HEAD + "defaults: {windows: [{from: 5:00, to: 6:00, time_zone: Europe/Berlim}]}\n",
         "2:56: expected a time zone such as Europe/Berlin or UTC, got 'Europe/Berlim', did you mean Europe/Berlin?"
         " - at defaults.windows[0].time_zone"),
        (HEAD + "defaults: {cpu_limit: {ratio: 0.5}}\n",
         "2:31: expected a number >= 1.0, got '0.5' - at defaults.cpu_limit.ratio"),
        (HEAD + "defaults: {cpu_limit: some}\n",
         "2:23: expected keep, none, forecast or {ratio: 2}, got 'some' - at defaults.cpu_limit"),
        (HEAD + "defaults: {restart: {not_before: soon}}\n",
         "2:34: expected a moment such as 2026-12-27 or 2026-12-27 06:00 Europe/Berlin, got 'soon'"
         " - at defaults.restart.not_before"),
        (HEAD + "defaults:\n  restart: {cost_usd: -1}\n",
         "3:23: expected a number >= 0.0, got '-1' - at defaults.restart.cost_usd"),
        (HEAD + "defaults:\n  restart: {cost_usd: cheap}\n",
         "3:23: expected a number, got 'cheap' - at defaults.restart.cost_usd"),
        (HEAD + "defaults: {restart: {not_before: 2026-12-27, not_after: 2026-12-26}}\n",
         "2:57: not_after is earlier than not_before: nothing could restart - at defaults.restart.not_after"),
        (HEAD + "defaults: {floor: {memory: 2Gi}, ceiling: {memory: 1Gi}}\n",
         "2:28: the floor of memory is above its ceiling - at defaults.floor.memory"),
        (HEAD + "defaults: {floor: {cpu_limit: 1}}\n",
         "2:20: unknown key 'cpu_limit', known are cpu, memory - at defaults.floor"),
        (HEAD + "rules: [{scope: web, policy: {}}, {scope: web, policy: {}}]\n",
         "2:43: 'web' is there twice, first at rules[0] - at rules[1].scope"),
        (HEAD + "budgets: [{namespace: web}]\n",
         "2:11: a budget needs a cap: cpu, memory or monthly_usd - at budgets[0]"),
        (HEAD + "budgets: [{namespace: web, cpu: 1}, {namespace: web, cpu: 2}]\n",
         "2:49: 'web' is there twice, first at budgets[0] - at budgets[1].namespace"),
        (HEAD + "defaults: {windows: [{days: [], from: 1:00, to: 2:00, time_zone: UTC}]}\n",
         "2:29: expected one or more, got an empty list - at defaults.windows[0].days"),
        (HEAD + "defaults: {windows: [{from: , to: 2:00, time_zone: UTC}]}\n",
         "2:28: expected a value, got nothing - at defaults.windows[0].from"),
        (HEAD + "defaults: {families: m5}\n", "2:22: expected a list, got 'm5' - at defaults.families"),
        (HEAD + "defaults: {families: [m 5]}\n",
         "2:23: expected an instance family such as m5, got 'm 5' - at defaults.families[0]"),
        (HEAD + "rules:\n  - scope: web\n    policy:\n", "4:12: expected a value, got nothing - at rules[0].policy"),
        (HEAD + "defaults: {forecaster: {model: 3, parameters: []}}\n",
         "2:32: expected text matching regex '^[A-Za-z]+$', got '3' - at defaults.forecaster.model"),
        (HEAD + "defaults: {autopilot: [full]}\n",
         "2:23: expected one of observe, recommend, up_only, full, got a list - at defaults.autopilot"),
    ],
)  # fmt: skip
def test_each_problem_says_expected_got_and_where(text: str, expected: str) -> None:
    assert problems(text)[0] == f"policy.yaml:{expected}"


def test_values_that_yaml_takes_for_others() -> None:
    """22:00 is 1320 in YAML 1.1, and a date is a date."""
    text = HEAD + "defaults: {windows: [{days: mon, from: 22:00, to: 6:00, time_zone: UTC}]}\n"
    file = read_policy(text).file
    assert file is not None
    assert file.defaults.windows == [Window(days=("mon",), from_="22:00", to="06:00", time_zone="UTC")]


def test_null_is_as_if_it_were_not_there() -> None:
    file = read_policy(HEAD + "cluster:\ndefaults: {autopilot: null, floor: ~, risk:}\n").file
    assert file == PolicyFile(version=1)


def test_lines_of_what_is_set() -> None:
    rules = "rules:\n- scope: web\n  policy:\n    floor:\n      cpu: 2\n"
    found = read_policy(HEAD + "defaults:\n  floor: {cpu: 1}\n" + rules)
    assert (found.lines["defaults.floor.cpu"], found.lines["rules[0].policy.floor.cpu"]) == (3, 8)


def test_anchors() -> None:
    text = HEAD + "defaults: {windows: &nights [22:00-06:00 UTC]}\nrules: [{scope: a, policy: {windows: *nights}}]\n"
    file = read_policy(text).file
    assert file is not None
    assert file.rules[0].policy.windows == file.defaults.windows
