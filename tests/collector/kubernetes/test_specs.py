"""Rows of a roster out of pods, nodes and what bounds them."""

from __future__ import annotations

from typing import Any

import pytest

from agents.collector.sources.kubernetes.bounds import KeptQuota, KeptScaler
from agents.collector.sources.kubernetes.index import Workload
from agents.collector.sources.kubernetes.kept import KeptPod
from agents.collector.sources.kubernetes.kept_nodes import KeptNode
from agents.collector.sources.kubernetes.nodes import Nodes
from agents.collector.sources.kubernetes.policies import Policies
from agents.collector.sources.kubernetes.specs import Around, Place, Row, rows_of
from engine.messages import LimitRange, Size
from tests.collector.kubernetes.objects import container, node, owner, pod

WEB = Workload("shop", "Deployment", "web")
GIB = 2.0**30


def around(**more: Any) -> Around:
    nothing: dict[str, Any] = {"limits": [], "quotas": [], "scalers": [], "annotations": [], "template": "t"}
    return Around(**(nothing | {"in_place": True} | more))


def nodes(*found: KeptNode) -> Nodes:
    return Nodes({each.name: each for each in found or (node(),)})


def rows(*pods: KeptPod, of: Workload = WEB, there: Nodes | None = None, **more: Any) -> list[Row]:
    return rows_of(of, of.name, pods, there or nodes(), around(**more), Policies())


def test_replicas_are_those_that_run() -> None:
    """Not what is over, leaves or waits; one that waits alone has a row, for it may find no room."""
    over, leaves = pod("a", phase="Succeeded"), pod("b", deletionTimestamp="2026-11-26T12:00:00Z")
    waits = pod("c", phase="Pending", node="")
    (row,) = rows(pod("d"), over, leaves, waits)
    assert row.replicas == (Place("n1", ("shop", "d", "app"), "m5.large"),)
    assert (row.spec.replicas, row.spec.node, row.spec.node_type) == (1, "n1", "m5.large")
    assert [r.spec.replicas for r in rows(waits)] == [0]
    assert rows(over) == []
    assert [r.spec.replicas for r in rows(over, of=Workload("shop", "CronJob", "web"))] == [0]


def test_sizes_are_of_the_newest_template_and_what_most_pods_have() -> None:
    old = pod("a", labels={"pod-template-hash": "1"}, containers=[container(cpu="100m")])
    new = [
        pod(name, labels={"pod-template-hash": "2"}, creationTimestamp=f"2026-11-26T13:00:0{n}Z",
            containers=[container(cpu=cpu)])
        for n, (name, cpu) in enumerate([("b", "200m"), ("c", "200m"), ("d", "300m")])
    ]  # fmt: skip
    (row,) = rows(old, *new)
    assert (row.spec.size.cpu_request, row.spec.replicas) == (0.2, 4)


def test_sidecars_count_and_containers_that_end_do_not() -> None:
    first, sidecar = container("first"), container("proxy", restartPolicy="Always")
    found = rows(pod(spec={"initContainers": [first, sidecar]}))
    assert [row.spec.container for row in found] == ["app", "proxy"]


def test_a_daemon_set_has_a_row_for_each_type_of_node() -> None:
    agent = Workload("shop", "DaemonSet", "agent")
    there = nodes(node(), node("n2", "c5.large"), node("n3", "c5.large"))
    pods = [pod(f"a{n}", ("DaemonSet", "agent"), node=f"n{n}") for n in (1, 2, 3)]
    found = {row.spec.workload: row for row in rows(*pods, of=agent, there=there)}
    assert {name: row.spec.replicas for name, row in found.items()} == {"agent@m5.large": 1, "agent@c5.large": 2}
    assert found["agent@c5.large"].spec.node_type == "c5.large"


def test_the_commonest_type_of_node_and_where_each_replica_is() -> None:
    there = nodes(node(), node("n2", "c5.large"), node("n3", "c5.large"))
    (row,) = rows(pod("a"), pod("b", node="n2"), pod("c", node="n3"), there=there)
    assert (row.spec.node_type, row.spec.node) == ("c5.large", None)
    assert [place.node_type for place in row.replicas] == ["m5.large", "c5.large", "c5.large"]


def resizing(resource: str, policy: str) -> dict[str, str]:
    return {"resourceName": resource, "restartPolicy": policy}


@pytest.mark.parametrize(
    ("one", "server", "kubelet", "able"),
    [
        (container(), True, "v1.35.2", True),
        (container(), False, "v1.35.2", False),
        (container(), True, "v1.32.9-eks-3", False),
        (container(resizePolicy=[resizing("memory", "RestartContainer")]), True, "v1.35.0", False),
        (container(resizePolicy=[resizing("cpu", "NotRequired")]), True, "v1.35.0", True),
    ],
)
def test_in_place(one: dict[str, Any], server: bool, kubelet: str, able: bool) -> None:
    there = nodes(node(nodeInfo={"kubeletVersion": kubelet}))
    assert [row.spec.in_place for row in rows(pod(containers=[one]), there=there, in_place=server)] == [able]


def test_windows_and_static_pods_are_not_resized_in_place() -> None:
    windows = nodes(node(labels={"kubernetes.io/os": "windows"}))
    assert not rows(pod(), there=windows)[0].spec.in_place
    assert not rows(pod(annotations={"kubernetes.io/config.mirror": "x"}))[0].spec.in_place


def test_the_largest_node_that_takes_the_pod_beside_daemon_sets_and_its_other_containers() -> None:
    """n1 has 2 cores; n2 has 8 and is tainted; n3 has 4 of another zone, of which a DaemonSet takes half a core."""
    there = nodes(
        node(), node("n2", cpu="8", spec={"taints": [{"key": "gpu", "effect": "NoSchedule"}]}),
        node("n3", cpu="4", labels={"zone": "b"}),
    )  # fmt: skip
    there.daemon("shop/agent", None, pod("agent", ("DaemonSet", "agent"), node="n3"))
    both = [container(), container("log", cpu="250m", memory="512Mi")]

    def most(**spec: Any) -> float | None:
        there.forget()
        largest = rows(pod(containers=both, spec=spec), there=there)[0].spec.node_largest
        return None if largest is None else largest.cpu_request

    assert most() == 4 - 0.5 - 0.25
    assert most(tolerations=[{"key": "gpu", "operator": "Exists"}]) == 8 - 0.25
    expression = {"key": "zone", "operator": "DoesNotExist"}
    terms = {"nodeSelectorTerms": [{"matchExpressions": [expression]}]}
    assert most(affinity={"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": terms}}) == 2 - 0.25
    assert most(nodeSelector={"zone": "c"}) is None


def test_what_is_around_the_workload() -> None:
    java = container(command=["java"], args=["-Xmx512m", "-jar", "x"])
    quotas = [KeptQuota(("BestEffort",), Size(cpu_request=1.0)), KeptQuota((), Size(cpu_request=3.0))]
    scalers = [KeptScaler("Deployment", "web", (("cpu", ""), ("memory", "log")))]
    limits = [LimitRange(min=Size(cpu_request=0.1)), LimitRange(min=Size(cpu_request=0.2), max=Size(cpu_limit=4.0))]
    annotations = [
        (("trimtab.io/autopilot", "observe"), ("trimtab.io/risk", "1%")), (("trimtab.io/autopilot", "full"),)
    ]  # fmt: skip
    (row,) = rows(
        pod(containers=[java], annotations={"trimtab.io/moves_a_day": "2", "other": "x"}),
        quotas=quotas, scalers=scalers, limits=limits, annotations=annotations,
    )  # fmt: skip
    spec = row.spec
    assert (spec.heap_bytes, spec.scaled_by, spec.template) == (GIB / 2, ["cpu"], "t")
    assert spec.quota_left == Size(cpu_request=3.0)
    assert spec.limit_range == LimitRange(min=Size(cpu_request=0.2), max=Size(cpu_limit=4.0))
    assert spec.policy is not None
    assert (spec.policy.autopilot, spec.policy.moves_a_day) == ("full", 2)
    assert spec.policy.risk is not None


def test_what_is_wrong_with_annotations_is_told_once() -> None:
    policies = Policies()
    for name in ("a", "b", "a"):
        one = pod(name, annotations={"trimtab.io/autopilot": "sideways"})
        rows_of(WEB, "web", [one], nodes(), around(), policies)
    assert policies.problems == 1


def template(image: str = "x:1", cpu: str = "1", **more: Any) -> dict[str, Any]:
    annotations = {f"{domain}/{key}": value for domain, (key, value) in more.pop("annotations", {}).items()}
    return {
        "metadata": {"annotations": annotations, "labels": more.pop("labels", {})},
        "spec": {"containers": [{"name": "app", "image": image, "resources": {"requests": {"cpu": cpu}}}], **more},
    }


def test_a_rollout_is_another_template_and_nothing_else() -> None:
    before = owner(template=template()).template
    same = [
        template(cpu="3"), template(nodeSelector={"a": "b"}), template(affinity={"nodeAffinity": {}}),
        template(labels={"controller-uid": "7"}),
        template(annotations={"kubectl.kubernetes.io": ("restartedAt", "now"), "trimtab.io": ("risk", "1%")}),
        template(annotations={"applied.trimtab.io": ("app", "{}")}),
    ]  # fmt: skip
    assert {owner(template=each).template for each in same} == {before}
    other = [
        template(image="x:2"), template(annotations={"checksum": ("config", "1")}), template(volumes=[{"name": "v"}]),
    ]  # fmt: skip
    assert before not in {owner(template=each).template for each in other}
    assert owner(template={}).template == ""
