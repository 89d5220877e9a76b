"""Pods watched: changes in place, replaced and restarted pods, shortages; surges beside changes."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.demo.kubernetes.play import told
from engine.demo.kubernetes.summary import surges_seen
from engine.demo.kubernetes.walk import Surge
from engine.demo.kubernetes.watch import PodWatch

USAGE = {"web": np.array([0.3, 2.0**20])}


def pod(
    cpu: str = "1", actual: str | None = None, uid: str = "a", restarts: int = 0, name: str = "web-1"
) -> dict[str, Any]:
    container = {"resources": {"requests": {"cpu": cpu, "memory": "2Mi"}}}
    status = {"resources": {"requests": {"cpu": actual or cpu, "memory": "2Mi"}}, "restartCount": restarts}
    return {
        "metadata": {"name": name, "uid": uid, "generation": 1, "labels": {"app": "web"}},
        "spec": {"containers": [container]},
        "status": {"containerStatuses": [status]},
    }


def test_a_change_is_seen_and_when_the_kubelet_has_it() -> None:
    watch = PodWatch()
    for number, each in enumerate([pod(), pod("500m", "1"), pod("500m")]):
        watch.look([each], USAGE, float(number))
    (change,) = watch.changes
    assert (change.before[0], change.after[0], change.seen_s, change.actuated_s) == (1.0, 0.5, 1.0, 2.0)
    assert told(change) == "CPU 1000m → 500m"
    assert not watch.replaced
    assert watch.pods["web-1"].restarts == 0


def test_pods_of_the_first_look_are_not_new() -> None:
    watch = PodWatch()
    watch.look([pod(), pod(name="web-2", uid="b")], USAGE, 0.0)
    assert not watch.replaced
    watch.look([pod(), pod(name="web-3", uid="c")], USAGE, 1.0)
    assert watch.replaced == {"web-2", "web-3"}


def test_another_pod_of_the_same_name_and_a_restart_are_noticed() -> None:
    watch = PodWatch()
    watch.look([pod()], USAGE, 0.0)
    watch.look([pod(uid="z", restarts=1)], USAGE, 1.0)
    assert watch.replaced == {"web-1"}
    assert watch.pods["web-1"].restarts == 1


def test_shortages_count_looks_as_written_and_as_it_is() -> None:
    watch = PodWatch()
    for each in (pod("200m"), pod("200m"), pod("400m"), pod("400m")):
        watch.look([each], USAGE, 0.0)
    assert (watch.looks, watch.short_written.tolist(), watch.short_now.tolist()) == (4, [4, 0], [2, 0])


def test_a_surge_is_answered_by_the_first_raise_after_it() -> None:
    watch = PodWatch()
    for second, cpu in ((0.0, "1"), (1.0, "500m"), (3.0, "600m"), (4.0, "700m")):
        watch.look([pod(cpu)], USAGE, second)
    first, none = surges_seen([Surge("web", 2.0, 0.6), Surge("web", 5.0, 0.6)], watch.changes)
    assert first.changed_s == 1.0
    assert none.changed_s is None
