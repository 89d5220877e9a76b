"""Which pods are whose: whatever the order in which watches tell it, the result is the same."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from agents.collector.sources.kubernetes.index import Index, Workload, claims_names
from agents.collector.sources.kubernetes.kept import KeptPod
from agents.collector.sources.kubernetes.owners import KeptOwner
from engine.identity import slot_of
from tests.collector.kubernetes.objects import owner, pod

OWNERS: dict[tuple[str, str], KeptOwner] = {
    ("Deployment", "web"): owner(),
    ("ReplicaSet", "web-abc"): owner(("Deployment", "web")),
    ("StatefulSet", "web"): owner(),
    ("CronJob", "report"): owner(),
    ("Job", "report-1"): owner(("CronJob", "report")),
    ("Job", "once"): owner(),
    ("ReplicaSet", "bare"): owner(),
}
PODS = {
    p.name: p
    for p in (
        pod("web-abc-1", ("ReplicaSet", "web-abc"), labels={"pod-template-hash": "abc"}),
        pod("web-abc-2", ("ReplicaSet", "web-abc"), labels={"pod-template-hash": "abc"}),
        pod("web-0", ("StatefulSet", "web")),
        pod("report-1-x", ("Job", "report-1")),
        pod("once-x", ("Job", "once")),
        pod("bare-x", ("ReplicaSet", "bare")),
        pod("rollout-x", ("Rollout", "canary")),
        pod("static-n1", ("Node", "n1")),
        pod("alone"),
    )
}
EXPECTED = {
    "web": {"web-abc-1", "web-abc-2"}, "web.statefulset": {"web-0"}, "report": {"report-1-x"}, "once": {"once-x"},
    "bare": {"bare-x"}, "canary": {"rollout-x"}, "static-n1": {"static-n1"}, "alone": {"alone"},
}  # fmt: skip


class Told:
    """An index that is told changes as reflectors tell them."""

    def __init__(self) -> None:
        self.owners: dict[str, dict[str, KeptOwner]] = {kind: {} for kind, _ in OWNERS}
        self.pods: dict[str, KeptPod] = {}
        self.index = Index(4, self.owners)

    def owner(self, kind: str, name: str, now: KeptOwner | None) -> None:
        view, key = self.owners[kind], f"shop/{name}"
        before = view.pop(key, None)
        if now is not None:
            view[key] = now
        by = int(claims_names(kind, now)) - int(claims_names(kind, before))
        if by:
            self.index.claim(kind, key, by)
        self.index.owner(kind, key, self.pods)

    def pod(self, name: str, now: KeptPod | None) -> None:
        key = f"shop/{name}"
        before = self.pods.pop(key, None)
        if now is not None:
            self.pods[key] = now
        self.index.pod(key, before, now)

    def there(self, what: str | tuple[str, str]) -> None:
        if isinstance(what, tuple):
            self.owner(*what, OWNERS[what])
        else:
            self.pod(what, PODS[what])

    def gone(self, what: str | tuple[str, str]) -> None:
        if isinstance(what, tuple):
            self.owner(*what, None)
        else:
            self.pod(what, None)

    def names(self) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for key in self.pods:
            workload = self.index.workload_of(key)
            assert workload is not None
            assert key in set(self.index.pods_of(workload))
            found.setdefault(self.index.name_of(workload), set()).add(key.partition("/")[2])
        return found


@settings(max_examples=200)
@given(st.permutations([*OWNERS, *PODS]), st.lists(st.sampled_from([*OWNERS, *PODS]), max_size=10))
def test_in_any_order_and_after_any_coming_and_going(order: list[Any], again: list[Any]) -> None:
    told = Told()
    for what in order:
        told.there(what)
    for what in again:
        told.gone(what)
        told.there(what)
    assert told.names() == EXPECTED


def test_a_name_that_the_first_lets_go_of_is_the_others_and_both_are_made_anew() -> None:
    told = Told()
    told.pod("web-0", PODS["web-0"])
    told.owner("StatefulSet", "web", OWNERS["StatefulSet", "web"])
    workload = Workload("shop", "StatefulSet", "web")
    assert told.index.name_of(workload) == "web"
    told.index.dirty.clear()
    told.owner("Deployment", "web", OWNERS["Deployment", "web"])
    assert (told.index.name_of(workload), told.index.dirty) == ("web.statefulset", {workload})
    assert told.index.slot_of(workload) == slot_of("shop", "web.statefulset", 4)
    told.index.dirty.clear()
    told.owner("Deployment", "web", None)
    assert (told.index.name_of(workload), told.index.dirty) == ("web", {workload})


def test_a_replica_set_that_is_not_known_yet_does_not_hide_its_deployment() -> None:
    told = Told()
    told.pod("web-abc-1", PODS["web-abc-1"])
    assert told.index.workload_of("shop/web-abc-1") == Workload("shop", "Deployment", "web")


def test_nothing_is_kept_of_what_has_gone() -> None:
    told = Told()
    for name, one in PODS.items():
        told.pod(name, one)
    for name in PODS:
        told.pod(name, None)
    empty = (told.index._of_pod, told.index._pods, told.index._kinds, told.index._owned)
    assert empty == ({}, {}, {}, {})
