"""docker/kubernetes against the code: generated rules, flags, ports, probes, the image."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from agents.manifests.rbac import AGENTS, text
from engine.cli.main import cli
from tests.kubernetes.manifests import FOLDER, resolve

DOCKER = FOLDER.parent
PROGRAMS = ("collector", "executor", "webhook", "engine")


def program(name: str) -> dict[str, Any]:
    (found,) = [each for each in resolve(name) if each["kind"] in ("StatefulSet", "Deployment")]
    spec: dict[str, Any] = found["spec"]
    return spec


@pytest.mark.parametrize("agent", AGENTS)
def test_committed_rules_are_the_generated_ones(agent: str) -> None:
    """When this fails: python -m agents.manifests."""
    assert (FOLDER / agent / "rbac.yaml").read_text() == text(agent)


def test_observing_can_write_nothing_but_its_lease() -> None:
    objects = resolve("observe")
    rules = [rule for each in objects if each["kind"] in ("ClusterRole", "Role") for rule in each["rules"]]
    writing = [rule for rule in rules if not {*rule["verbs"]} <= {"get", "list", "watch"}]
    assert [rule["resources"] for rule in writing] == [["leases"]]
    names = [each["metadata"]["name"] for each in objects]
    assert not [name for name in names if "executor" in name or "webhook" in name]


@pytest.mark.parametrize("name", PROGRAMS)
def test_commands_and_settings_exist(name: str) -> None:
    for container in containers(program(name)):
        words = [word for word in container["args"] if not word.startswith("-")]
        flags = [word.partition("=")[0] for word in container["args"] if word.startswith("--")]
        words = [word for word in words if "/" not in word]
        answer = CliRunner().invoke(cli, [*words, "--help"])
        assert answer.exit_code == 0, answer.output
        assert [flag for flag in flags if flag not in answer.output] == []
    (settings,) = [each["data"] for each in resolve("namespace") if each["kind"] == "ConfigMap"]
    known = "".join(CliRunner().invoke(cli, [*words, "--help"]).output for words in (["execute"], ["engine"]))
    assert [key for key in settings if key not in known] == []


@pytest.mark.parametrize("name", PROGRAMS)
def test_ports_probes_volumes_and_image(name: str) -> None:
    spec = program(name)
    pod = spec["template"]["spec"]
    (container,) = pod["containers"]
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    dockerfile = (DOCKER / "Dockerfile").read_text()
    assert ports["http"] == int(re.search(r"TRIMTAB_HTTP_PORT=(\d+)", dockerfile)[1])  # type: ignore[index]
    assert pod["securityContext"]["runAsUser"] == int(re.search(r"--uid (\d+)", dockerfile)[1])  # type: ignore[index]
    served = (Path(__file__).parents[2] / "engine" / "http.py").read_text()
    for probe, path in (("livenessProbe", "/live"), ("readinessProbe", "/ready")):
        assert container[probe]["httpGet"] == {"path": path, "port": "http"}
        assert f'"{path}"' in served
    volumes = [*pod["volumes"], *({"name": each["metadata"]["name"]} for each in spec.get("volumeClaimTemplates", ()))]
    for each in containers(spec):
        assert each["image"] in (DOCKER / "compose.yaml").read_text()
        assert each["securityContext"]["readOnlyRootFilesystem"]
        assert {mount["name"] for mount in each["volumeMounts"]} <= {volume["name"] for volume in volumes}
    for service in (made for made in resolve(name) if made["kind"] == "Service"):
        assert {port["targetPort"] for port in service["spec"]["ports"]} == {*ports}
        assert service["spec"]["selector"] == spec["template"]["metadata"]["labels"]


def containers(spec: dict[str, Any]) -> list[dict[str, Any]]:
    pod = spec["template"]["spec"]
    return [*pod.get("initContainers", []), *pod["containers"]]
