"""Rules of namespace budgets: accepted by Prometheus, and firing when they should."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import yaml
from click.testing import CliRunner

from engine.cli.budget import budget
from tests.operations.test_rules import exported
from tests.tools import promtool

POLICY = """
version: 1
budgets:
- {namespace: shop, owner: anna@example.com, cpu: 10, memory: 16Gi, monthly_usd: 500}
- {namespace: "odd{{name}}\\"", owner: "{{ $value }} a \\\\ b", cpu: 500m}
"""
TESTS = """
rule_files: [rules.yaml]
evaluation_interval: 5m
tests:
- interval: 5m
  input_series:
  - {series: 'trimtab_engine_namespace_requested_cores{cluster="a",namespace="shop",job="1"}', values: "4x900"}
  - {series: 'trimtab_engine_namespace_requested_cores{cluster="a",namespace="shop",job="2"}', values: "2+0.002x900"}
  - {series: 'trimtab_engine_namespace_requested_cores{cluster="b",namespace="shop"}', values: "5x900"}
  - {series: 'trimtab_engine_namespace_requested_cores{cluster="a",namespace="other"}', values: "90x900"}
  alert_rule_test:
  - {eval_time: 40h, alertname: NamespaceBudgetWillBeExceeded, exp_alerts: []}
  - {eval_time: 72h, alertname: NamespaceBudgetExceeded, exp_alerts: []}
  - eval_time: 72h
    alertname: NamespaceBudgetWillBeExceeded
    exp_alerts:
    - exp_labels: {severity: warning, cluster: a, namespace: shop, budget: cpu, owner: anna@example.com}
      exp_annotations:
        summary: Namespace shop of a will request 11.8 cores in 7 days.
        description: Its budget is 10.0 cores; the line through the last 7 days exceeds it.
- interval: 5m
  input_series:
  - {series: 'trimtab_engine_namespace_requested_bytes{cluster="a",namespace="shop"}', values: "21474836480x9"}
  alert_rule_test:
  - {eval_time: 10m, alertname: NamespaceBudgetExceeded, exp_alerts: []}
  - eval_time: 30m
    alertname: NamespaceBudgetExceeded
    exp_alerts:
    - exp_labels: {severity: critical, cluster: a, namespace: shop, budget: memory, owner: anna@example.com}
      exp_annotations:
        summary: Namespace shop of a requests 20GiB.
        description: Its budget is 16GiB.
"""


def made(folder: Path, *arguments: str) -> Path:
    policy = folder / "policy.yaml"
    policy.write_text(POLICY)
    result = CliRunner().invoke(budget, ["rules", "--budgets", str(policy), *arguments])
    assert result.exception is None, result.exception
    rules = folder / "rules.yaml"
    rules.write_text(result.stdout)
    return rules


def checked(*arguments: str | Path) -> None:
    done = subprocess.run([promtool(), *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_each_cap_has_its_two_alerts_over_what_the_engine_exports(tmp_path: Path) -> None:
    text = made(tmp_path, "--cluster", "mill", "--ahead", "3").read_text()
    [group] = yaml.safe_load(text)["groups"]
    assert [(rule["labels"]["namespace"], rule["labels"]["budget"]) for rule in group["rules"][::2]] == [
        ("shop", "cpu"), ("shop", "memory"), ("shop", "monthly_usd"), ('odd{{ "{{" }}name}}"', "cpu"),
    ]  # fmt: skip
    assert set(re.findall(r"trimtab_engine_\w+", text)) <= exported()
    assert all('cluster="mill"' in rule["expr"] for rule in group["rules"])
    assert "259200" in group["rules"][1]["expr"]


def test_promtool_accepts_them(tmp_path: Path) -> None:
    checked("check", "rules", made(tmp_path))


def test_they_fire_when_they_should(tmp_path: Path) -> None:
    made(tmp_path)
    (tmp_path / "tests.yaml").write_text(TESTS)
    checked("test", "rules", tmp_path / "tests.yaml")
