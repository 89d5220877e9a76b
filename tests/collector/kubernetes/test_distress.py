"""What befell pods is told once, however often and however incompletely it is seen."""

from __future__ import annotations

from collections import Counter
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from agents.collector.sources.kubernetes.distress import News, news
from agents.collector.sources.kubernetes.index import Workload
from agents.collector.sources.kubernetes.kept import KeptPod, seconds
from agents.collector.sources.kubernetes.pending import KEPT_S, Pending
from agents.collector.sources.kubernetes.specs import Row
from engine.messages import ContainerSpec
from tests.collector.kubernetes.objects import NOW_S, pod

WEB = Workload("shop", "Deployment", "web")


def at(second: int) -> str:
    return f"2026-11-26T12:{second // 60:02d}:{second % 60:02d}Z"


def status(restarts: int, last: str = "", ended: int = 0, now: str = "", now_ended: int = 0) -> list[dict[str, Any]]:
    def terminated(reason: str, second: int) -> dict[str, Any]:
        return {"terminated": {"reason": reason, "exitCode": 137, "finishedAt": at(second)}} if reason else {}

    return [{"name": "app", "restartCount": restarts, "lastState": terminated(last, ended),
             "state": terminated(now, now_ended)}]  # fmt: skip


def test_a_kill_that_is_seen_before_the_restart_is_one_kill_and_one_restart() -> None:
    runs = pod(statuses=status(0))
    dead = pod(statuses=status(0, now="OOMKilled", now_ended=5))
    again = pod(statuses=status(1, last="OOMKilled", ended=5))
    assert news(runs, dead, NOW_S) == [News("oom_kills", "app", 1)]
    assert news(dead, again, NOW_S) == [News("restarts", "app", 1)]
    assert news(again, again, NOW_S) == []
    assert news(runs, again, NOW_S) == [News("oom_kills", "app", 1), News("restarts", "app", 1)]


def test_another_end_is_a_restart_and_no_kill() -> None:
    assert news(pod(statuses=status(0)), pod(statuses=status(3, "Error", 9)), NOW_S) == [News("restarts", "app", 3)]


def test_what_is_first_seen_counts_if_it_was_not_told_yet() -> None:
    killed = pod(statuses=status(7, "OOMKilled", 5))
    assert news(None, killed, NOW_S + 5.0) == []
    assert news(None, killed, NOW_S + 4.9) == [News("oom_kills", "app", 1), News("restarts", "app", 1)]
    assert news(pod(uid="another", statuses=status(2)), killed, NOW_S + 5.0) == []


def test_evictions_for_memory_and_pods_without_room() -> None:
    evicted = {"reason": "Evicted", "message": "The node was low on resource: memory. Threshold quantity: 100Mi"}
    disk = evicted | {"message": "The node was low on resource: ephemeral-storage."}
    assert news(pod(), pod(phase="Failed", status=evicted), NOW_S) == [News("evictions", None, 1)]
    assert news(pod(), pod(phase="Failed", status=disk), NOW_S) == []
    condition = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "lastTransitionTime": at(3)}
    waits = pod(phase="Pending", status={"conditions": [condition]})
    assert news(pod(phase="Pending"), waits, NOW_S) == [News("unschedulable", None, 1)]
    assert news(waits, waits, NOW_S) == []
    assert news(None, waits, NOW_S + 3.0) == []


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 100)), max_size=12), st.data())
def test_whatever_a_watch_leaves_out(ends: list[tuple[bool, int]], data: st.DataObject) -> None:
    """Any states of a container that ended again and again may be seen, some twice: all restarts are counted, and the
    kills that some state showed."""
    states, second = [pod(statuses=status(0))], 0
    for number, (killed, later) in enumerate(ends):
        second += later
        reason = "OOMKilled" if killed else "Error"
        states.append(pod(statuses=status(number + 1, reason, second)))
    seen = sorted(data.draw(st.lists(st.integers(0, len(states) - 1), min_size=1)))
    total: Counter[str] = Counter()
    before: KeptPod = states[0]
    for number in seen:
        for found in news(before, states[number], NOW_S):
            total[found.kind] += found.times
        before = states[number]
    assert total["restarts"] == seen[-1]
    assert total["oom_kills"] == sum(ends[number - 1][0] for number in set(seen) if number > 0)
    assert seconds(at(second)) == NOW_S + second


def test_what_is_pending_is_told_in_its_row_once() -> None:
    """Of a container its own; of a pod each of its containers'; what has no row yet waits for one."""
    app, log = (Row(ContainerSpec(namespace="shop", workload="web", container=name), ()) for name in ("app", "log"))
    pending = Pending()
    pending.add(WEB, [News("oom_kills", "app", 1), News("restarts", "log", 2), News("evictions", None, 1)], "", 0.0)
    assert pending.take([], 1.0) == {}
    found = pending.take([(WEB, app), (WEB, log)], 2.0)
    assert found == {"restarts": [0, 2], "oom_kills": [1, 0], "evictions": [1, 1]}
    assert pending.take([(WEB, app), (WEB, log)], 3.0) == {}
    pending.add(WEB, [News("oom_kills", "app", 1)], "", 10.0)
    pending.expire(10.0 + KEPT_S)
    assert pending.take([(WEB, app)], 11.0 + KEPT_S) == {}


def test_of_a_daemon_set_the_row_of_its_node_type() -> None:
    daemon = Workload("shop", "DaemonSet", "agent")
    rows = [
        (daemon, Row(ContainerSpec(namespace="shop", workload=f"agent@{t}", container="app", node_type=t), ()))
        for t in ("c5.large", "m5.large")
    ]
    pending = Pending()
    pending.add(daemon, [News("oom_kills", "app", 1)], "m5.large", 0.0)
    assert pending.take(rows, 1.0) == {"oom_kills": [0, 1]}
