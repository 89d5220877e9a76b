"""`trimtab export prometheus` against a real Prometheus: what is written is what was used, by whom."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from engine.budget.sheet import read_sheet
from engine.cli.export import export
from engine.errors import UserError
from engine.messages import Size
from engine.traces import Series, read_trace
from engine.units import DAY_S
from tests.collector.prometheus.server import PrometheusServer
from tests.collector.prometheus.shop import MIB, START_S, past

END_S = START_S + 2 * DAY_S
WITHOUT_STATE = [line for line in past() if not line[0].startswith("kube_")]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrometheusServer]:
    with PrometheusServer(tmp_path_factory.mktemp("prometheus"), past()) as started:
        yield started


def run(server: PrometheusServer, folder: Path, *more: str) -> Result:
    """Raises UserError."""
    arguments = ["prometheus", "--url", server.url, "--out", str(folder / "usage.csv.gz"), "--until", str(END_S)]
    result = CliRunner().invoke(export, [*arguments, "--days", "2", *more], catch_exceptions=True)
    if result.exception is not None:
        raise result.exception
    return result


def exported(folder: Path) -> dict[str, Series]:
    return {series.name: series for series in read_trace(folder / "usage.csv.gz", strict=True)}


def at(series: Series, hour: float) -> tuple[float, float]:
    """CPU and memory of the step that holds the middle of that hour since the start."""
    row = int(np.flatnonzero(series.time_s >= START_S + (hour + 0.5) * 3600)[0])
    return round(float(series.value[row, 0]), 4), float(series.value[row, 1])


def test_usage_by_workload(server: PrometheusServer, tmp_path: Path) -> None:
    result = run(server, tmp_path)
    trace = exported(tmp_path)
    assert sorted(trace) == [
        "shop/db/postgres", "shop/report/job", "shop/toolbox/shell", "shop/web/app", "system/agent@c5.xlarge/agent",
        "system/agent@m5.large/agent", "twins/same.statefulset/app", "twins/same/app",
    ]  # fmt: skip
    web = trace["shop/web/app"]
    assert at(web, 3) == (0.4, 100 * MIB), "the largest replica, by resource"
    assert at(web, 30) == (0.7, 70 * MIB), "the pod that came after the rollout"
    assert at(trace["system/agent@c5.xlarge/agent"], 5) == (0.3, 60 * MIB)
    assert at(trace["twins/same.statefulset/app"], 5) == (0.6, 20 * MIB)
    assert "8 containers of 8 workloads in 3 namespaces" in result.output
    assert "guessed" not in result.output


def test_rows_stand_in_the_bucket_that_they_are_of(server: PrometheusServer, tmp_path: Path) -> None:
    """The stairs rise on the hour: no step of an hour has the hour's before or after."""
    run(server, tmp_path)
    web = exported(tmp_path)["shop/web/app"]
    day = web.between(START_S, START_S + DAY_S)
    assert len(day.time_s) == 288
    assert set((day.time_s % 300).tolist()) == {299.0}
    hour = ((day.time_s - START_S) // 3600).astype(int)
    assert np.allclose(day.value[1:, 0], 0.1 * (1 + hour[1:]), atol=1e-5)  # the first has no scrape before it


def test_a_job_that_ran_ten_minutes_is_there(server: PrometheusServer, tmp_path: Path) -> None:
    run(server, tmp_path)
    report = exported(tmp_path)["shop/report/job"]
    assert 2 <= len(report.time_s) <= 3
    assert report.time_s[0] >= START_S + 1.5 * DAY_S - 300
    assert np.nanmax(report.value[:, 1]) == 300 * MIB


def test_sheet(server: PrometheusServer, tmp_path: Path) -> None:
    """The latest word on a size holds: web's is that of the rollout; db has none; both are in the sheet."""
    run(server, tmp_path, "--sheet", str(tmp_path / "requests.csv"))
    sheet = read_sheet(tmp_path / "requests.csv")
    assert sheet["shop/web/app"].size == Size(0.8, 2.0, 128 * MIB, 256 * MIB)
    assert sheet["shop/report/job"].size == Size(0.5, 1.0, 256 * MIB, 512 * MIB)
    assert sheet["shop/db/postgres"].size == Size()
    assert [sheet[f"shop/{name}"].replicas for name in ("web/app", "db/postgres", "report/job")] == [2, 1, 1]
    assert sheet["shop/web/app"].node is None, "two replicas are on two nodes"
    assert (sheet["shop/db/postgres"].node, sheet["shop/db/postgres"].node_type) == ("node-1", "m5.large")
    assert sheet["system/agent@c5.xlarge/agent"].node == "node-2"
    assert set(sheet) == set(exported(tmp_path))


def test_budget_reads_both(server: PrometheusServer, tmp_path: Path) -> None:
    from engine.cli.budget import budget

    run(server, tmp_path, "--sheet", str(tmp_path / "requests.csv"))
    files = ["--from", str(tmp_path / "usage.csv.gz"), "--sheet", str(tmp_path / "requests.csv")]
    result = CliRunner().invoke(budget, [*files, "--csv", str(tmp_path / "budget.csv")], catch_exceptions=False)
    assert result.exit_code == 0
    with (tmp_path / "budget.csv").open(newline="") as file:
        lines = {line["series_id"]: line for line in csv.DictReader(file)}
    assert (lines["shop/db/postgres"]["no_cpu_request"], lines["shop/web/app"]["no_cpu_request"]) == ("1", "0")
    web = lines["shop/web/app"]
    assert (web["replicas"], web["cpu_request"], web["memory_request"]) == ("2", "1.6", str(256 * 2**20))


def test_a_step_of_a_minute_and_one_namespace(server: PrometheusServer, tmp_path: Path) -> None:
    run(server, tmp_path, "--step", "60s", "--days", "0.5", "--namespace", "twins")
    trace = exported(tmp_path)
    assert sorted(trace) == ["twins/same.statefulset/app", "twins/same/app"]
    assert len(trace["twins/same/app"].time_s) == 720
    assert math.isclose(float(trace["twins/same/app"].value[300, 0]), 0.4, rel_tol=1e-6)


def test_a_server_that_allows_few_samples_is_asked_for_less(tmp_path: Path) -> None:
    with PrometheusServer(tmp_path / "small", past(), "", "--query.max-samples=20000") as small:
        run(small, tmp_path)
    trace = exported(tmp_path)
    assert len(trace["shop/toolbox/shell"].time_s) == 576
    assert at(trace["shop/web/app"], 30) == (0.7, 70 * MIB)


def test_without_kube_state_metrics_names_are_guessed(tmp_path: Path) -> None:
    with PrometheusServer(tmp_path / "bare", WITHOUT_STATE) as bare:
        result = run(bare, tmp_path, "--sheet", str(tmp_path / "requests.csv"))
    assert {"shop/web/app", "shop/db/postgres", "system/agent/agent"} <= set(exported(tmp_path))
    assert "guessed by their names" in result.output


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        (["--selector", 'cluster="elsewhere"'], "has no container_memory_working_set_bytes"),
        (["--url", "http://127.0.0.1:9"], "does not answer"),
        (["--headers", "nonsense"], "expected NAME: VALUE"),
        (["--bearer-token-file", "/nowhere"], "cannot be read"),
        (["--user", "anna"], "go together"),
        (["--step", "10m"], "less than or equal to 300"),
        (["--selector", "cluster=prod"], "--selector"),
    ],
)
def test_what_a_person_must_mend(
    server: PrometheusServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flags: list[str], sentence: str
) -> None:
    monkeypatch.setattr("agents.collector.sources.prometheus.api.PAUSE_S", 0.01)
    with pytest.raises(UserError, match=sentence):
        run(server, tmp_path, *flags)
    assert not list(tmp_path.glob("usage*")), "nothing half written is left"
