"""`trimtab policy`, without a broker."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.cli.test_sentences import trimtab

FILE = """version: 1
cluster: shop
defaults:
  autopilot: recommend
  floor: {cpu: 50m, memory: 64Mi}
rules:
  - scope: web/*
    policy:
      autopilot: full
      floor: {cpu: 100m}
"""
MANIFEST = """kind: Deployment
metadata:
  name: cart
  namespace: web
  annotations: {trimtab.io/autopilot: observe, trimtab.io/risk: 0.5%}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "policy.yaml"
    path.write_text(FILE, encoding="utf-8")
    return path


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    path = tmp_path / "deployment.yaml"
    path.write_text(MANIFEST, encoding="utf-8")
    return path


def test_check(file: Path, manifest: Path) -> None:
    result = trimtab("policy", "check", str(file), "--annotations", str(manifest))
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.splitlines() == [
        f"{file}: 2 defaults, 1 rule, 0 budgets, for cluster shop",
        f"{manifest}: 1 workload with annotations, no problems",
    ]


def test_check_tells_every_problem_and_ends_with_2(file: Path) -> None:
    file.write_text(FILE.replace("full", "ful").replace("scope", "scop"), encoding="utf-8")
    result = trimtab("policy", "check", str(file))
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.splitlines() == [
        f"{file}:7:5: scope is missing - at rules[0]",
        f"{file}:7:5: unknown key 'scop', did you mean scope? - at rules[0]",
        f"{file}:9:18: expected one of observe, recommend, up_only, full, got 'ful' - at rules[0].policy.autopilot",
        f"trimtab: {file} has 3 problems",
    ]


def test_check_of_annotations(manifest: Path) -> None:
    manifest.write_text(MANIFEST.replace("observe", "ful"), encoding="utf-8")
    result = trimtab("policy", "check", "--annotations", str(manifest))
    assert result.returncode == 2
    assert result.stderr.splitlines() == [
        f"{manifest}:5:39: expected one of observe, recommend, up_only, full, got 'ful' - at trimtab.io/autopilot",
        f"trimtab: {manifest} has 1 problem",
    ]


def test_check_knows_which_forecasters_there_are(file: Path) -> None:
    file.write_text(FILE.replace("autopilot: full", "forecaster: {model: Nonsense}"), encoding="utf-8")
    result = trimtab("policy", "check", str(file))
    assert result.returncode == 2
    assert result.stderr.startswith(f"{file}:9:")
    assert "rules[0].policy.forecaster" in result.stderr


def test_explain_says_which_line(file: Path, manifest: Path) -> None:
    result = trimtab("policy", "explain", str(file), "--container", "web/cart/app", "--annotations", str(manifest))
    assert (result.returncode, result.stderr) == (0, "")
    rows = {line.split()[0]: line.split(maxsplit=2)[1:] for line in result.stdout.splitlines()}
    assert rows["autopilot"] == ["full", f"{file}:9 rule web/*"]
    assert rows["floor.cpu"] == ["100m", f"{file}:10 rule web/*"]
    assert rows["floor.memory"] == ["64Mi", f"{file}:5 defaults"]
    assert rows["risk.cpu"] == ["0.5%", f"{manifest}:1 annotation of Deployment cart"]
    assert rows["protected"] == ["no", "nobody states it"]
    result = trimtab("policy", "explain", str(file), "--container", "kube-system/coredns/coredns")
    assert re.search(r"^protected +yes +nobody states it, and it is a system workload$", result.stdout, re.MULTILINE)


def test_the_example_passes(tmp_path: Path) -> None:
    path = tmp_path / "example.yaml"
    path.write_text(trimtab("policy", "example").stdout, encoding="utf-8")
    assert trimtab("policy", "check", str(path)).returncode == 0


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("check",), "name a policy file, or a manifest with --annotations"),
        (("check", "/nowhere.yaml"), "/nowhere.yaml cannot be read: "),
        (("explain", "FILE", "--container", "web/cart"), "a container is namespace/workload/container, got 'web/cart'"),
        (("apply", "FILE", "--cluster", "mill"), "FILE is for cluster shop, not for mill"),
    ],
)
def test_what_a_person_can_mend(arguments: tuple[str, ...], sentence: str, file: Path) -> None:
    result = trimtab("policy", *(str(file) if each == "FILE" else each for each in arguments))
    assert result.returncode == 2
    assert result.stderr.startswith(f"trimtab: {sentence.replace('FILE', str(file))}")
    assert result.stderr.count("\n") == 1


def test_a_scope_of_a_control_is_no_pattern() -> None:
    result = trimtab("control", "unfreeze", "--cluster", "shop", "--scope", "*")
    assert result.returncode == 2
    assert result.stderr.startswith("trimtab: a scope names one thing, got '*'")
