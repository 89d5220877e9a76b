"""cgroup v2: golden texts of the kernel's files, a tree in a temporary folder, and this machine's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from agents.collector.sources.cgroup import CgroupSource, check_root, groups
from agents.collector.sources.cgroup_files import Reading, Sample, identity, reading, sample
from engine.errors import UserError
from engine.messages import Cluster, Metrics, Roster

CPU_STAT = """usage_usec 5000000
user_usec 4000000
system_usec 1000000
nr_periods 200
nr_throttled 20
throttled_usec 1500000
"""
EVENTS = "low 0\nhigh 0\nmax 14\noom 2\noom_kill 2\noom_group_kill 0\n"
STAT = "anon 70000000\nfile 30000000\ninactive_anon 4096\ninactive_file 20000000\nactive_file 10000000\n"
FILES = {
    "cpu.stat": CPU_STAT,
    "memory.current": "100000000\n",
    "memory.stat": STAT,
    "memory.events": EVENTS,
    "cpu.max": "50000 100000\n",
    "memory.max": "268435456\n",
}
POD = "kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod0f3a1b2c_4d5e_6f70_8192_a3b4c5d6e7f8.slice"
ID = "3f4e" + "0" * 60


def test_reading_of_a_group_with_all_controllers() -> None:
    assert reading(7.0, FILES) == Reading(7.0, 5_000_000, 200, 20, 80_000_000, 2, 0.5, 268_435_456.0)


def test_controllers_that_are_off_say_nothing() -> None:
    assert reading(7.0, {"cpu.stat": "usage_usec 9\nuser_usec 9\nsystem_usec 0\n"}) == Reading(7.0, 9)
    assert reading(7.0, FILES | {"cpu.max": "max 100000\n", "memory.max": "max\n"})[-2:] == (None, None)


def test_rates_between_two_looks() -> None:
    """3 s of CPU in 15 s; 30 of 120 periods throttled; one more kill."""
    before = Reading(100.0, 5_000_000, 200, 20, 1, 2)
    after = Reading(115.0, 8_000_000, 320, 50, 77, 3)
    assert sample(before, after) == Sample(cpu=0.2, memory=77, throttled=0.25, oom_kills=1)


def test_first_look_and_counters_that_began_anew_have_no_rates() -> None:
    after = Reading(115.0, 10, 5, 1, 77, 1)
    assert sample(None, after) == Sample(None, 77, None, 0)
    assert sample(Reading(100.0, 5_000_000, 200, 20, 1, 2), after) == Sample(None, 77, None, 0)


def test_no_quota_means_no_periods_and_no_share() -> None:
    assert sample(Reading(0.0, 0, 0, 0), Reading(10.0, 10_000_000, 0, 0)) == Sample(1.0, None, None, 0)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("system.slice/cron.service", ("system.slice", "cron.service", "cron.service")),
        ("init.scope", ("host", "init.scope", "init.scope")),
        (
            "user.slice/user-1000.slice/user@1000.service/app.slice",
            ("user.slice", "user-1000.slice-user-1000.service", "app.slice"),
        ),
        (f"{POD}/cri-containerd-{ID}.scope", ("kubepods", "pod-0f3a1b2c-4d5e-6f70-8192-a3b4c5d6e7f8", ID[:12])),
        (
            f"kubepods/besteffort/pod0f3a1b2c-4d5e-6f70-8192-a3b4c5d6e7f8/{ID}",
            ("kubepods", "pod-0f3a1b2c-4d5e-6f70-8192-a3b4c5d6e7f8", ID[:12]),
        ),
    ],
)
def test_identity_of_a_path(path: str, expected: tuple[str, str, str]) -> None:
    assert identity(path) == expected


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A service, a container of Kubernetes with a group of its own inside, and a slice without memory controller."""
    (tmp_path / "cgroup.controllers").write_text("cpu memory\n")
    (tmp_path / "cpu.stat").write_text(CPU_STAT)
    for path in ("system.slice/cron.service", f"{POD}/cri-containerd-{ID}.scope/init"):
        (tmp_path / path).mkdir(parents=True)
    for path in ("system.slice", "system.slice/cron.service", f"{POD}/cri-containerd-{ID}.scope"):
        for name, text in FILES.items():
            (tmp_path / path / name).write_text(text)
    (tmp_path / "plain").mkdir()
    (tmp_path / "plain" / "cpu.stat").write_text("usage_usec 100\n")
    return tmp_path


def test_leaves_and_whole_containers_are_measured(root: Path) -> None:
    assert sorted(groups(root)) == [f"{POD}/cri-containerd-{ID}.scope", "plain", "system.slice/cron.service"]


def test_two_scrapes_of_a_tree(root: Path) -> None:
    times = iter([1000.0, 1000.0, 1010.0])
    source = CgroupSource(root, Cluster(name="c", slots=1, declared_s=0.0), 15.0, lambda: next(times))
    roster, first = source.take().events
    assert isinstance(roster, Roster)
    assert isinstance(first, Metrics)
    names = [spec.workload for spec in roster.containers]
    cron = names.index("cron.service")
    assert (roster.containers[cron].size.cpu_limit, roster.containers[cron].size.memory_limit) == (0.5, 268_435_456.0)
    assert first.cpu_max == [None] * 3
    assert first.memory_max[cron] == 80_000_000.0
    assert first.memory_max[names.index("plain")] is None
    stat = root / "system.slice/cron.service/cpu.stat"
    stat.write_text(CPU_STAT.replace("5000000", "9000000").replace("nr_periods 200", "nr_periods 300"))
    (second,) = source.take().events
    assert isinstance(second, Metrics)
    assert second.cpu_max[cron] == 0.4
    assert second.roster == roster.roster
    assert source.next_s() == 1030.0


def test_a_group_that_comes_changes_the_roster(root: Path) -> None:
    source = CgroupSource(root, Cluster(name="c", slots=1, declared_s=0.0), 15.0, lambda: 1000.0)
    source.take()
    (root / "new").mkdir()
    (root / "new" / "cpu.stat").write_text("usage_usec 1\n")
    roster, _ = source.take().events
    assert isinstance(roster, Roster)
    assert len(roster.containers) == 4


def test_overdue_scrapes_are_left_out(root: Path) -> None:
    source = CgroupSource(root, Cluster(name="c", slots=1, declared_s=0.0), 15.0, lambda: 1000.0)
    assert source.skip_overdue(1014.0) == 0
    assert source.skip_overdue(1046.0) == 3
    assert source.next_s() == 1045.0


def test_cgroup_v1_is_said_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no cgroup v2 tree"):
        check_root(tmp_path)
    (tmp_path / "memory").mkdir()
    with pytest.raises(UserError, match="is cgroup v1"):
        check_root(tmp_path)
    (tmp_path / "unified").mkdir()
    (tmp_path / "unified" / "cgroup.controllers").write_text("")
    with pytest.raises(UserError, match="unified"):
        check_root(tmp_path)


def test_this_machines_own_tree() -> None:
    root = Path("/sys/fs/cgroup")
    try:
        check_root(root)
    except UserError as error:
        pytest.skip(str(error))
    source = CgroupSource(root, Cluster(name="c", slots=1, declared_s=0.0), 15.0, lambda: 1000.0)
    events = source.take().events
    assert isinstance(events[0], Roster)
    if not events[0].containers:
        pytest.skip(f"{root} has no groups")
    assert isinstance(events[1], Metrics)
    assert any(value is not None for value in events[1].memory_max)
