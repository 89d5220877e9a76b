"""Jobs are sized between their runs, by the peaks of the last eight. Scrapes every minute; times from the hour."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from engine.core.decide.runs import demand_of_runs, peaks_of_runs
from engine.core.effects import Effects
from engine.messages import Approve, Command, ContainerSpec, Control, Decision, Outcome, Policy, Size
from engine.units import GIB
from tests.core.build import CLUSTER, CONTEXT, Log, autopilot, declare, metrics, roster

MIB = 2.0**20
HOUR = 3600.0
SPEC = ContainerSpec(
    namespace="web", workload="nightly", container="app", workload_kind="CronJob", node_type="m5.large",
    size=Size(cpu_request=1.0, memory_request=GIB), policy=Policy(autopilot="full"),
)  # fmt: skip
Use = Callable[[float], tuple[float, float] | None]


def every_hour(minutes: float, peaks: Sequence[tuple[float, float]]) -> Use:
    """Runs for so many minutes from each full hour, with these peaks in cores and GiB, one after the other."""
    return lambda time_s: peaks[int(time_s // HOUR) % len(peaks)] if time_s % HOUR < minutes * 60 else None


class Cluster:
    """A log with one job, whose commands are applied at once."""

    def __init__(self) -> None:
        self.log, self.decisions, self.commands = Log(), list[Decision](), list[Command]()
        self.log.add(declare())
        self.log.add(roster(0.0, [SPEC]))

    def run(self, use: Use, begin_s: float, end_s: float) -> None:
        for time_s in np.arange(begin_s, end_s, 60.0).tolist():
            used = use(time_s)
            cpu, memory = (None, None) if used is None else (used[0], used[1] * GIB)
            self._take(self.log.add(metrics(time_s, [SPEC], [cpu], [memory])))

    def _take(self, effects: Effects) -> None:
        self.decisions += effects.decisions
        for command in effects.commands:
            self.commands.append(command)
            self._take(self.log.add(applied(command)))


def applied(command: Command) -> Outcome:
    return Outcome(
        cluster=CLUSTER, slot=0, sent_s=command.time_s, container=command.container, command_id=command.id,
        status="applied", time_s=command.valid_until_s - 600.0, size=command.target,
    )  # fmt: skip


def test_a_run_is_over_after_ten_minutes_without_a_sample() -> None:
    cluster = Cluster()
    cluster.run(every_hour(20, [(0.4, 0.5), (0.6, 0.3)]), 0.0, 2 * HOUR + 300)
    peaks = peaks_of_runs(cluster.log.slot.decide, np.array([0]))[0]
    np.testing.assert_allclose(peaks[:, :3], np.array([[0.6, 0.4, np.nan], [0.3 * GIB, 0.5 * GIB, np.nan]]), rtol=2e-3)


def test_a_pause_of_less_than_ten_minutes_does_not_end_a_run() -> None:
    cluster = Cluster()
    cluster.run(lambda time_s: (0.4, 0.5) if time_s % 600 < 240 else None, 0.0, 2 * HOUR)
    assert np.isnan(peaks_of_runs(cluster.log.slot.decide, np.array([0]))[0, :, 1:]).all()


def test_a_job_is_resized_between_runs_only() -> None:
    """The peaks of its runs are 0.4 to 0.6 cores and 0.3 to 0.5 GiB: 5 % and 15 % above the highest are requested."""
    cluster = Cluster()
    cluster.run(every_hour(20, [(0.4, 0.5), (0.6, 0.3)]), 0.0, 6 * HOUR)
    assert cluster.commands
    for command in cluster.commands:
        assert command.reason == "run_based"
        assert 1800 <= command.time_s % HOUR < 2400, "ten minutes after the end of the run, at the next close"
        assert command.valid_until_s >= command.time_s + 600, "what it rests on is that nothing runs now"
    size = cluster.log.slot.placement.request[0]
    np.testing.assert_allclose(size, [0.6 * 1.05, 0.5 * 1.15 * GIB], rtol=3e-3)
    first = cluster.commands[0]
    assert first.time_s > 2 * HOUR, "a cut needs three runs"
    waiting = [d for d in cluster.decisions if d.reason == "waiting_for_run_end"]
    assert waiting
    assert all(d.action == "hold" for d in waiting)
    cut = next(d for d in cluster.decisions if d.action == "resize_down")
    assert "by its last 3 runs" in cut.text
    assert len(cut.evidence.memory.runs) == 3


def test_one_larger_run_is_remembered_for_eight() -> None:
    cluster = Cluster()
    peaks = [(0.4, 0.4)] * 4 + [(0.8, 0.8)] + [(0.4, 0.4)] * 12
    cluster.run(every_hour(15, peaks), 0.0, 17 * HOUR)
    raises = [c for c in cluster.commands if c.action == "resize_up"]
    assert [round(c.time_s / HOUR) for c in raises] == [4]
    assert raises[0].target.memory_request is not None
    assert abs(raises[0].target.memory_request / (0.8 * 1.15 * GIB) - 1) < 3e-3
    later = [c.time_s / HOUR for c in cluster.commands if c.time_s > raises[0].time_s]
    assert later
    assert min(later) > 12.0, "eight runs after it"


def test_a_recommendation_for_a_job_stands_until_the_next_run() -> None:
    cluster = Cluster()
    cluster.log.add(autopilot("recommend", "web/nightly"))
    cluster.run(every_hour(20, [(0.4, 0.5)]), 0.0, 3 * HOUR + 3000)
    offer = [d for d in cluster.decisions if d.disposition == "recommended"][-1]
    body = Approve(container=offer.container, decision_id=offer.id)
    [command] = cluster.log.add(Control(cluster=CLUSTER, slot=0, sent_s=3 * HOUR + 3000, body=body)).commands
    assert command.target == offer.target
    assert command.valid_until_s == 3 * HOUR + 3000 + 600
    cluster.run(every_hour(20, [(0.4, 0.5)]), 3 * HOUR + 3000, 4 * HOUR + 900)
    late = Control(cluster=CLUSTER, slot=0, sent_s=4 * HOUR + 900, body=body)
    assert cluster.log.add(late).decisions[0].reason == "approval_superseded"


def test_distress_does_not_wait_for_the_end_of_the_run() -> None:
    cluster = Cluster()
    cluster.run(every_hour(30, [(0.4, 0.5)]), 0.0, 5 * HOUR + 600)
    effects = cluster.log.add(metrics(5 * HOUR + 660, [SPEC], [0.4], [0.5 * GIB], oom_kills=[1]))
    assert [command.action for command in effects.commands] == ["rollback"], "a job's cut is watched for a week"
    assert effects.commands[0].target.memory_request == GIB


def test_demand_is_the_highest_run_with_a_margin() -> None:
    peaks = np.array([[[1.0, 2.0, np.nan], [np.nan] * 3]])
    demand = demand_of_runs(peaks, CONTEXT.sizing)
    assert demand[0, 0] == 2.1
    assert np.isnan(demand[0, 1])
