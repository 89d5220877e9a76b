"""The figures beside VPA's, of made-up looks and changes."""

from __future__ import annotations

import numpy as np

from benchmarks.quality.kubernetes.scores import TRIMTAB, Scores, delays, row, table
from benchmarks.quality.kubernetes.targets import Targets
from engine.demo.kubernetes.walk import Surge


def vpa(name: str, cpu: str) -> dict[str, object]:
    target = {"cpu": cpu, "memory": "262144k"}
    status = {"recommendation": {"containerRecommendations": [{"containerName": "app", "target": target}]}}
    return {"metadata": {"name": name}, "status": status}


def test_targets_are_noted_when_they_change() -> None:
    targets = Targets()
    targets.look([{"metadata": {"name": "web.quick"}}], 0.0)
    for second, cpu in ((1.0, "25m"), (2.0, "25m"), (3.0, "813m")):
        targets.look([vpa("web.quick", cpu)], second)
    memory = 262_144_000.0
    assert targets.changes == [
        (1.0, "quick", "web", None, (0.025, memory)),
        (3.0, "quick", "web", (0.025, memory), (0.813, memory)),
    ]


def test_only_looks_at_which_all_have_a_size_count() -> None:
    scores, usage = Scores(), np.array([0.5, 100.0])
    scores.add(usage, (1.0, 90.0), "web", {("quick", "web"): (0.4, 200.0)})
    assert scores.looks == 0
    scores.add(usage, (1.0, 90.0), "web", {("quick", "web"): (0.4, 200.0), ("default", "web"): (0.6, 100.0)})
    assert (scores.looks, scores.short[TRIMTAB].tolist(), scores.short["quick"].tolist()) == (1, [0, 1], [1, 0])
    assert scores.slack["default"].tolist() == [np.float64(0.6) - 0.5, 0.0]


def test_a_step_is_followed_by_a_raise_of_five_percent_and_no_first_target_is_one() -> None:
    events = [
        (5.0, "quick", "web", None, (0.2, 1.0)),
        (12.0, "quick", "web", (0.2, 1.0), (0.205, 1.0)),
        (14.0, "quick", "web", (0.205, 1.0), (0.4, 1.0)),
    ]
    steps = [Surge("web", 4.0, 0.5), Surge("web", 20.0, 0.9)]
    assert delays("quick", events, steps) == [10.0, None]
    assert "| VPA 1.7, interval 5 s | 10, – |" in table([row("quick", Scores(), events, steps)])
