"""From records to the files of a repository."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from msgspec.structs import replace

from engine.codec import encode
from engine.gitops.export import export
from engine.gitops.overlay import resources
from engine.gitops.wanted import Wanted
from engine.messages import ContainerSpec, Decision, Roster, Size
from engine.units import GIB

NOW = Size(cpu_request=1.0, cpu_limit=2.0, memory_request=GIB)
THEN = Size(cpu_request=0.25, memory_request=GIB / 2)
WEB = ContainerSpec(namespace="shop", workload="web", container="app", size=NOW)


def decision(container: str, action: str = "resize_down", target: Size = THEN) -> Decision:
    return Decision(
        id="1", cluster="c", slot=0, container=f"c/{container}", action=action, reason="r", text="It used less.",  # type: ignore[arg-type]
        time_s=1.0, sampled_s=1.0, valid_until_s=2.0, current=NOW, target=target, monthly_saving_usd=12.5,
    )  # fmt: skip


def wanted(specs: list[ContainerSpec], *decisions: Decision) -> Wanted:
    found = Wanted("c")
    roster = Roster(cluster="c", slot=0, sent_s=1.0, roster="r", time_s=1.0, containers=specs)
    found.take_event("c/0", encode(roster))
    found.take_event("c/0", b"?")
    for each in decisions:
        found.take_decision(each.container, encode(each))
    return found


def test_an_overlay_with_a_patch_for_each_workload(tmp_path: Path) -> None:
    night = replace(WEB, workload="night.cronjob", workload_kind="CronJob")
    said = (decision("shop/web/app"), decision("shop/night.cronjob/app"))
    export(wanted([WEB, night], *said), tmp_path, "../../base")
    kustomization = yaml.safe_load((tmp_path / "shop/kustomization.yaml").read_text())
    assert kustomization["resources"] == ["../../base"]
    assert kustomization["patches"] == [
        {"path": "cronjob-night.yaml", "target": {"kind": "CronJob", "name": "night"}},
        {"path": "deployment-web.yaml", "target": {"kind": "Deployment", "name": "web"}},
    ]
    patch = yaml.safe_load((tmp_path / "shop/deployment-web.yaml").read_text())
    expected = {"requests": {"cpu": "250m", "memory": "512Mi"}, "limits": {"cpu": None}}
    assert patch["spec"]["template"]["spec"]["containers"] == [{"name": "app", "resources": expected}]
    job = yaml.safe_load((tmp_path / "shop/cronjob-night.yaml").read_text())
    assert job["apiVersion"] == "batch/v1"
    assert job["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"][0]["name"] == "app"


def test_the_text_of_a_pull_request(tmp_path: Path) -> None:
    agent = replace(WEB, workload="agent@m5.large", workload_kind="DaemonSet")
    export(wanted([WEB, agent], decision("shop/web/app"), decision("shop/agent@m5.large/app")), tmp_path, "b")
    text = (tmp_path / "pull-request.md").read_text()
    assert "1 containers; saves USD 12.50 a month" in text
    assert "| shop/web/app | cpu 1000m / 2000m, memory 1024Mi / – | cpu 250m / –, memory 512Mi / – | 12.50 |" in text
    assert "- shop/web/app: It used less." in text
    assert "- shop/agent@m5.large/app: a DaemonSet has one template for all types of nodes" in text


def test_the_difference_to_the_export_before(tmp_path: Path) -> None:
    first = export(wanted([WEB], decision("shop/web/app")), tmp_path, "b")
    assert "--- /dev/null\n+++ b/shop/deployment-web.yaml\n" in first.difference
    (tmp_path / "shop/mine.yaml").write_text("kind: Mine\n")
    assert export(wanted([WEB], decision("shop/web/app")), tmp_path, "b").difference == ""
    less = replace(THEN, cpu_request=0.2)
    second = export(wanted([WEB], decision("shop/web/app", target=less)), tmp_path, "b")
    assert "-            cpu: 250m\n+            cpu: 200m\n" in second.difference
    third = export(wanted([WEB]), tmp_path, "b")
    assert "+++ /dev/null" in third.difference
    assert [file.name for file in (tmp_path / "shop").iterdir()] == ["mine.yaml"]


def test_only_what_runs_and_was_ever_changed_is_exported() -> None:
    hold = decision("shop/web/app", "hold", NOW)
    assert wanted([WEB], hold).changes() == ([], [])
    (change,) = wanted([WEB], decision("shop/web/app"), hold).changes().changes
    assert change.wanted == THEN
    assert wanted([], decision("shop/web/app")).changes() == ([], [])
    assert wanted([WEB], decision("shop/web/app")).changes(frozenset({"other"})).changes == []


@pytest.mark.parametrize(
    ("now", "then", "expected"),
    [
        (Size(), Size(memory_limit=1e6), {"limits": {"memory": "1000000"}}),
        (Size(cpu_limit=1.0), Size(), {"limits": {"cpu": None}}),
        (Size(), Size(), {}),
    ],
)
def test_resources(now: Size, then: Size, expected: dict[str, dict[str, str]]) -> None:
    assert resources(now, then) == expected
