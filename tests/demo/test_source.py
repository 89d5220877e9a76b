"""What is replayed, and what is said when it cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.demo.settings import DemoSettings
from engine.demo.source import Source
from engine.errors import UserError
from engine.settings import load


def settings(**flags: object) -> DemoSettings:
    return load(DemoSettings, flags)


def written(tmp_path: Path, series: int, days: float, cpu: float = 0.5) -> Path:
    path = tmp_path / "vms.csv"
    rows = [
        f"vm-{number},{bucket * 300},{cpu},2e8" for number in range(series) for bucket in range(round(days * 288))
    ]
    path.write_text("\n".join(["series_id,timestamp_s,cpu,mem", *rows]) + "\n")
    return path


def test_each_series_of_a_file_is_a_container(tmp_path: Path) -> None:
    source = Source.of(settings(trace=written(tmp_path, 3, 2.5)))
    assert (source.containers, source.start_s, source.end_s) == (3, 0, 2.5 * 86_400 - 300)
    assert source.derived == "3 series, each replayed as a container."
    assert "assumed" in source.assumed
    flags = source.flags()
    assert flags[flags.index("--containers") + 1] == "0"


def test_containers_can_be_derived_for_whole_days_and_it_says_so(tmp_path: Path) -> None:
    source = Source.of(settings(trace=written(tmp_path, 2, 2.5), containers=20))
    assert (source.containers, source.days) == (20, 2)
    assert "The 20 containers are derived from 2 real series (vm-0, vm-1)" in source.derived


def test_what_cannot_be_cores_is_scaled_and_it_says_so(tmp_path: Path) -> None:
    assert "scaled to a p99.9 of 2 cores" in Source.of(settings(trace=written(tmp_path, 1, 1, cpu=90))).derived


def test_days_are_those_that_fit_into_minutes(tmp_path: Path) -> None:
    path = written(tmp_path, 2, 10)
    assert Source.of(settings(trace=path)).end_s == 10 * 86_400 - 300
    # 1,000 containers are 288,000 rows a day: two whole days of 700,000
    assert Source.of(settings(trace=path, containers=1000)).days == 2
    assert Source.of(settings(trace=path, containers=1000, days=3)).days == 3


def test_the_data_set_needs_no_file() -> None:
    source = Source.of(settings())
    assert (source.containers, source.days) == (300, 7)
    assert "286 containers are derived" in source.derived
    assert "14 more are made up" in source.derived
    flags = source.flags()
    assert (flags[flags.index("--containers") + 1], "--dataset" in flags) == ("286", True)
    plan = source.plan()
    assert plan.start_s == source.start_s < plan.paced_s < plan.pilot_s < plan.end_s == source.end_s


@pytest.mark.parametrize(
    ("content", "words"),
    [("a,b\n1,2\n", "line 1"), ("series_id,timestamp_s,cpu,mem\nx,abc,1,1\n", "line 2"), ("", "line 1")],
)
def test_a_wrong_file_is_one_sentence(tmp_path: Path, content: str, words: str) -> None:
    path = tmp_path / "wrong.csv"
    path.write_text(content)
    with pytest.raises(UserError, match=words):
        Source.of(settings(trace=path))


def test_a_file_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be read"):
        Source.of(settings(trace=tmp_path / "absent.csv"))
