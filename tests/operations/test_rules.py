"""Alert rules, dashboard and compose file: checked as far as that goes without running them."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
import yaml
from prometheus_client import CollectorRegistry

from agents.collector.telemetry import Telemetry as CollectorTelemetry
from agents.executor.telemetry import Telemetry as ExecutorTelemetry
from engine.cli.main import cli
from engine.shell.telemetry import Telemetry as EngineTelemetry
from tests.tools import promtool

DOCKER = Path(__file__).parents[2] / "docker"
RULES = DOCKER / "prometheus" / "rules.yaml"


def exported() -> set[str]:
    """Names of all series that the three programs export."""
    registries: list[CollectorRegistry] = [
        EngineTelemetry().registry,
        EngineTelemetry().namespaces,
        CollectorTelemetry().registry,
        ExecutorTelemetry().registry,
    ]
    names = set()
    for metric in (metric for registry in registries for metric in registry.collect()):
        suffixes = {"counter": ["_total"], "histogram": ["_bucket", "_sum", "_count"]}.get(metric.type, [""])
        names |= {metric.name + suffix for suffix in suffixes}
    return names


def expressions() -> Iterator[str]:
    for group in yaml.safe_load(RULES.read_text())["groups"]:
        yield from (rule["expr"] for rule in group["rules"])
    dashboard = json.loads((DOCKER / "grafana" / "dashboards" / "trimtab.json").read_text())
    for panel in dashboard["panels"]:
        yield from (target["expr"] for target in panel.get("targets", []))


def test_rules_and_dashboard_name_only_what_is_exported_or_recorded() -> None:
    recorded = {
        rule["record"]
        for group in yaml.safe_load(RULES.read_text())["groups"]
        for rule in group["rules"]
        if "record" in rule
    }
    used = {name for text in expressions() for name in re.findall(r"trimtab[a-z0-9_:]+", text)}
    jobs = {f"trimtab-{program}" for program in ("engine", "collector", "executor")}
    assert used - exported() - recorded - {job.split("-")[0] for job in jobs} == set()


@pytest.mark.parametrize("what", ["rules", "config"])
def test_promtool_accepts(what: str) -> None:
    file = RULES if what == "rules" else RULES.with_name("prometheus.yaml")
    done = subprocess.run([promtool(), "check", what, file], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_alerts_fire_when_they_should(tmp_path: Path) -> None:
    shutil.copy(RULES, tmp_path)
    shutil.copy(Path(__file__).with_name("rules_test.yaml"), tmp_path)
    command: list[str | Path] = [promtool(), "test", "rules", tmp_path / "rules_test.yaml"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((DOCKER / "compose.yaml").read_text())
    return loaded


OURS = [name for name, service in compose()["services"].items() if service["image"] == "trimtab:local"]


@pytest.mark.parametrize("name", OURS)
def test_commands_of_the_compose_file_exist_with_their_flags(name: str) -> None:
    """The Docker engine is not needed to see that a flag is misspelt."""
    arguments = [str(argument) for argument in compose()["services"][name]["command"]]
    command: click.Command = cli
    context = click.Context(cli)
    while isinstance(command, click.Group):
        found = command.get_command(context, arguments[0])
        assert found is not None, arguments
        command, arguments = found, arguments[1:]
    flags = {flag for parameter in command.params for flag in parameter.opts}
    used = {argument.split("=")[0] for argument in arguments if argument.startswith("--")}
    assert used <= flags


def test_mounted_files_of_the_compose_file_exist() -> None:
    volumes = [volume for service in compose()["services"].values() for volume in service.get("volumes", [])]
    mounted = [DOCKER / volume.split(":")[0] for volume in volumes if volume.startswith("./")]
    assert mounted
    assert [path for path in mounted if not path.exists()] == []
