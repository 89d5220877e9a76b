"""The simulated cluster: who owns a size, what is logged, several processes at once."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from msgspec.structs import replace

from agents.simulated.cluster import SimulatedCluster, Write
from engine.errors import UserError
from engine.messages import ContainerSpec, Size

WEB = "shop/default/web/app"
SMALL, LARGE = Size(cpu_request=0.1, memory_request=64e6), Size(cpu_request=0.5, memory_request=128e6)
SPEC = ContainerSpec(namespace="default", workload="web", container="app", size=SMALL, assumed=True)


@pytest.fixture
def cluster(tmp_path: Path) -> SimulatedCluster:
    made = SimulatedCluster(tmp_path / "cluster.sqlite")
    made.put([SPEC])
    return made


def test_what_was_put_is_there_in_its_order(cluster: SimulatedCluster) -> None:
    other = replace(SPEC, workload="api", replicas=3)
    cluster.put([other])
    assert cluster.containers() == [SPEC, other]
    assert cluster.current("shop/default/api/app") == SMALL
    assert cluster.current("shop/default/none/app") is None


def test_an_assumed_size_is_raised_until_an_executor_writes(cluster: SimulatedCluster) -> None:
    cluster.assume(WEB, LARGE)
    assert cluster.current(WEB) == LARGE
    cluster.write(WEB, "c1", SMALL)
    cluster.assume(WEB, LARGE)
    assert cluster.containers() == [replace(SPEC, size=SMALL, assumed=False)]
    assert cluster.last_command(WEB) == "c1"


def test_a_collector_that_starts_again_takes_back_no_size(cluster: SimulatedCluster) -> None:
    cluster.write(WEB, "c1", LARGE)
    cluster.put([replace(SPEC, replicas=2)])
    assert cluster.containers() == [replace(SPEC, size=LARGE, assumed=False, replicas=2)]
    assert cluster.last_command(WEB) == "c1"


def test_repeated_writes_are_all_logged_at_the_replays_time(cluster: SimulatedCluster) -> None:
    assert cluster.clock() is None
    cluster.set_clock(600.0)
    cluster.write(WEB, "c1", LARGE)
    cluster.set_clock(900.0)
    cluster.write(WEB, "c1", LARGE)
    assert cluster.writes() == [Write(WEB, "c1", 600.0, LARGE), Write(WEB, "c1", 900.0, LARGE)]


def test_the_version_changes_with_sizes_only(cluster: SimulatedCluster) -> None:
    versions = [cluster.version()]
    changes: list[Callable[[], None]] = [
        lambda: cluster.put([SPEC]),  # nothing new
        lambda: cluster.set_clock(5.0),
        lambda: cluster.assume(WEB, LARGE),
        lambda: cluster.assume(WEB, LARGE),  # nothing new
        lambda: cluster.write(WEB, "c1", SMALL),
    ]
    for change in changes:
        change()
        versions.append(cluster.version())
    assert [later - earlier for earlier, later in pairwise(versions)] == [0, 0, 1, 0, 1]


def test_an_unknown_container_is_an_error_and_leaves_no_trace(cluster: SimulatedCluster) -> None:
    with pytest.raises(KeyError):
        cluster.write("shop/default/none/app", "c1", SMALL)
    assert cluster.writes() == []


def test_a_file_belongs_to_one_cluster(cluster: SimulatedCluster) -> None:
    cluster.claim("shop")
    cluster.claim("shop")
    with pytest.raises(UserError, match="simulates cluster shop, not bank"):
        cluster.claim("bank")


def test_a_file_that_is_no_database_is_said_in_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("this is no database" * 100)
    with pytest.raises(UserError, match="cannot be used as a database"):
        SimulatedCluster(path)


def _write_many(path: Path, writer: int, count: int) -> None:
    cluster = SimulatedCluster(path)
    cluster.put([SPEC])
    for number in range(count):
        cluster.write(WEB, f"{writer}-{number}", Size(cpu_request=writer + number / 1000))
        cluster.assume(WEB, LARGE)


def test_processes_that_write_at_once_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "made" / "at" / "once.sqlite"
    spawn = multiprocessing.get_context("spawn")
    processes = [spawn.Process(target=_write_many, args=(path, writer, 50)) for writer in (1, 2, 3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0, 0]
    cluster = SimulatedCluster(path)
    writes = cluster.writes()
    assert len(writes) == len({write.command_id for write in writes}) == 150
    assert (cluster.last_command(WEB), cluster.current(WEB)) == (writes[-1].command_id, writes[-1].size)
    assert cluster.version() >= 151
