"""Annotations of workloads: the same policy, checked alike, by the lines of their manifest."""

from __future__ import annotations

from engine.messages import CpuLimit, Policy, Restart, Risk, Size, Window
from engine.policy import read_annotations, read_manifest

NIGHTS = Window(days=("mon", "tue", "wed", "thu", "fri"), from_="22:00", to="06:00", time_zone="Europe/Berlin")


def test_every_field() -> None:
    policy, problems = read_annotations(
        {
            "trimtab.io/autopilot": "full",
            "trimtab.io/floor": "{cpu: 50m, memory: 64Mi}",
            "trimtab.io/risk": "0.5%",
            "trimtab.io/windows": "mon-fri 22:00-06:00 Europe/Berlin; sat 00:00-24:00 UTC",
            "trimtab.io/cuts_only_in_windows": "true",
            "trimtab.io/restart": "{allowed: false}",
            "trimtab.io/families": "m5, r5",
            "trimtab.io/moves_a_day": "2",
            "trimtab.io/cpu_limit": "{ratio: 1.5}",
            "trimtab.io/keep_qos": "false",
            "trimtab.io/protected": "true",
            "example.com/other": "[",
        }
    )
    assert problems == []
    assert policy == Policy(
        autopilot="full",
        floor=Size(cpu_request=0.05, memory_request=64 * 2.0**20),
        risk=Risk(0.005, 0.005),
        windows=[NIGHTS, Window(days=("sat",), from_="00:00", to="24:00", time_zone="UTC")],
        cuts_only_in_windows=True,
        restart=Restart(allowed=False),
        families=["m5", "r5"],
        moves_a_day=2,
        cpu_limit=CpuLimit("ratio", 1.5),
        keep_qos=False,
        protected=True,
    )


def test_a_whole_policy() -> None:
    text = "autopilot: full\nwindows:\n- mon-fri 22:00-06:00 Europe/Berlin\n"
    assert read_annotations({"trimtab.io/policy": text}) == (Policy(autopilot="full", windows=[NIGHTS]), [])
    policy, problems = read_annotations({"trimtab.io/policy": text, "trimtab.io/protected": "true"})
    assert (policy.protected, policy.autopilot, problems) == (True, "full", [])


def test_what_is_wrong_is_left_out_and_the_rest_holds() -> None:
    policy, problems = read_annotations(
        {
            "trimtab.io/autopilot": "ful",
            "trimtab.io/protectd": "true",
            "trimtab.io/moves_a_day": "3",
            "trimtab.io/risk": "[",
            "trimtab.io/floor": "",
            "trimtab.io/policy": "{moves_a_day: 2}",
        }
    )
    assert policy == Policy(moves_a_day=3)
    assert sorted((problem.path, problem.text) for problem in problems) == [
        ("trimtab.io/autopilot", "expected one of observe, recommend, up_only, full, got 'ful'"),
        ("trimtab.io/floor", "expected YAML, got nothing"),
        ("trimtab.io/moves_a_day", "moves_a_day stands in trimtab.io/policy too"),
        ("trimtab.io/protectd", "unknown annotation, did you mean trimtab.io/protected?"),
        ("trimtab.io/risk", "not YAML: expected the node content, but found '<stream end>'"),
    ]


MANIFEST = """apiVersion: apps/v1
kind: Deployment
metadata:
  name: cart
  namespace: web
  annotations:
    trimtab.io/autopilot: ful
    trimtab.io/risk: "0.5"
    trimtab.io/protected: true
    trimtab.io/windows: "mon-fri 22:00-06:00 Europe/Berlim"
    trimtab.io/polcy: x
    trimtab.io/policy: |
      moves_a_day: 2
      floor: {cpu: 1x}
---
kind: List
items:
  - kind: CronJob
    metadata: {name: nightly, annotations: {trimtab.io/floor: "{cpu: 2, memory: 1Gb}"}}
  - kind: Service
    metadata: {name: plain}
---
kind: StatefulSet
metadata: {name: db, namespace: db, annotations: {trimtab.io/protected: "true"}}
"""


def test_lines_of_a_manifest() -> None:
    workloads, problems = read_manifest(MANIFEST)
    assert [problem.told("m.yaml") for problem in problems] == [
        "m.yaml:7:27: expected one of observe, recommend, up_only, full, got 'ful' - at trimtab.io/autopilot",
        "m.yaml:9:27: Kubernetes takes text only: put it in quotes - at trimtab.io/protected",
        "m.yaml:10:26: expected a time zone such as Europe/Berlin or UTC, got 'Europe/Berlim',"
        " did you mean Europe/Berlin? - at trimtab.io/windows[0]",
        "m.yaml:11:5: unknown annotation, did you mean trimtab.io/policy? - at trimtab.io/polcy",
        "m.yaml:14:20: '1x' is not an amount of CPU as Kubernetes writes it, such as 750m, 0.75 or 2"
        " - at trimtab.io/policy.floor.cpu",
        "m.yaml:19:81: '1Gb' is not an amount of memory as Kubernetes writes it, such as 512Mi, 2Gi, 1G or a number of"
        " bytes - at trimtab.io/floor.memory",
    ]
    assert [(each.namespace, each.name, each.kind) for each in workloads] == [
        ("web", "cart", "Deployment"), ("default", "nightly", "CronJob"), ("db", "db", "StatefulSet"),
    ]  # fmt: skip
    assert workloads[2].policy == Policy(protected=True)


def test_a_manifest_that_is_not_yaml() -> None:
    _, [problem] = read_manifest("kind: Deployment\nmetadata: {name: [}\n")
    assert problem.told("m.yaml").startswith("m.yaml:2:19: not YAML: ")
