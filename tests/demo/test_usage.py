"""Usage read from recorded events."""

from __future__ import annotations

import numpy as np

from engine.demo.trajectories import Trajectories
from engine.demo.usage import note_usage, span
from engine.messages import AnyEvent, ContainerSpec, Metrics, Roster

ROSTER = Roster(
    cluster="shop", slot=0, sent_s=0, roster="r", time_s=0,
    containers=[ContainerSpec(namespace="team-a", workload=w, container="main") for w in ("x", "y")],
)  # fmt: skip


def metrics(time_s: float, cpu: list[float | None], memory: list[float | None], roster: str = "r") -> Metrics:
    return Metrics(cluster="shop", slot=0, sent_s=time_s, roster=roster, time_s=time_s, cpu_max=cpu, memory_max=memory)


EVENTS: list[AnyEvent] = [
    ROSTER,
    metrics(300, [1.0, 2.0], [None, 5.0]),  # bucket 2 is [300, 600)
    metrics(500, [3.0, None], [None, 7.0]),
    metrics(900, [4.0, 1.0], [8.0, 9.0]),  # bucket 4; nothing in bucket 3
    metrics(900, [9.0, 9.0], [9.0, 9.0], roster="of another collector"),
]


def test_span_names_containers_and_buckets() -> None:
    assert span(EVENTS) == (["shop/team-a/x/main", "shop/team-a/y/main"], 2, 4)
    assert span([ROSTER]) == (["shop/team-a/x/main", "shop/team-a/y/main"], 0, -1)


def test_mean_and_peak_of_each_bucket() -> None:
    run = Trajectories.empty(*span(EVENTS))
    note_usage(EVENTS, run)
    np.testing.assert_array_equal(run.mean[0], [[2.0, np.nan], [np.nan, np.nan], [4.0, 8.0]])
    np.testing.assert_array_equal(run.mean[1], [[2.0, 6.0], [np.nan, np.nan], [1.0, 9.0]])
    np.testing.assert_array_equal(run.peak[0], [[3.0, np.nan], [np.nan, np.nan], [4.0, 8.0]])
