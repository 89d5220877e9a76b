"""`trimtab plan`, from the command line to files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import orjson
import pytest
from click.testing import CliRunner, Result

from engine.backtest.buckets import bucketed
from engine.backtest.moment import moment
from engine.cli.plan import plan
from engine.errors import UserError
from engine.moves.forecast import forecast_needs
from engine.units import BUCKET_S, GIB
from tests.backtest.test_command import written
from tests.backtest.traces import trace

(SERIES,) = trace(23, ["web"], days=2.5, step_s=300.0)
ORIGIN = int(SERIES.time_s[-1] // BUCKET_S) // 12 * 12 - 60


def called(*arguments: str) -> Result:
    return CliRunner(env={"COLUMNS": "160"}).invoke(plan, arguments)


def done(*arguments: str) -> str:
    result = called(*arguments)
    assert result.exception is None, result.exception
    return " ".join(result.stdout.split())


def test_the_example_saves_over_30_percent(tmp_path: Path) -> None:
    found, page = tmp_path / "plan.json", tmp_path / "plan.html"
    said = done("--example", "--json", str(found), "--plot", str(page))
    assert "r4.xlarge, the cheapest that fits always, costs 6.384: the plan saves 48.6 %, 94.29 USD a month." in said
    assert "at most 2 moves a day; 0.05 USD a restart" in said
    assert "nothing is kept for the system; cores count alike on every type." in said
    told = orjson.loads(found.read_bytes())["plan"]
    assert told["saving"] > 0.30
    assert told["moves"] == 2
    assert [each["type"] for each in told["stretches"]] == ["m5.large", "r4.xlarge", "m5.large"]
    assert [each["type"] for each in told["slots"]].count("r4.xlarge") == 10
    assert sum(each["usd"] for each in told["slots"]) + told["moves_usd"] == pytest.approx(told["total_usd"])
    assert "r4.xlarge" in page.read_text()


def test_more_candidates_never_cost_more(tmp_path: Path) -> None:
    path = tmp_path / "p.json"
    totals = []
    for arguments in ([], ["--types", "r4.xlarge", "--families", "m5,r4,c5,r5"]):
        done("--example", *arguments, "--json", str(path))
        totals.append(orjson.loads(path.read_bytes())["plan"]["total_usd"])
    assert totals[1] < totals[0]


def test_needs_from_a_file_and_a_price_by_hand(tmp_path: Path) -> None:
    file = tmp_path / "day.csv"
    file.write_text("time,cpu,memory_gib\n00:00,1,4\n")
    said = done("--needs", str(file), "--from", "m5.large", "--types", "c5.large", "--price", "c5.large=0.01")
    # 1 half hour of 0.048, 47 of 0.005, two restarts of 0.05, 5 minutes of either: 0.392, where c5.large alone is 0.240
    assert "00:30 00:00 c5.large all fits (memory 4 GiB), 0.086 USD an hour less" in said
    assert "the plan costs 63.3 % more, 4.62 USD a month; move to c5.large for good." in said
    assert "back, for the next day" in said
    assert "Staying on m5.large costs 2.304" in said


def test_spot_needs_consent_and_a_rate(tmp_path: Path) -> None:
    spot = ("--example", "--spot", "r4.xlarge=0.08")
    assert "--allow-spot" in str(called(*spot).exception)
    assert "--interruptions-per-hour" in str(called(*spot, "--allow-spot").exception)
    assert "r4.xlarge spot" in done(*spot, "--allow-spot", "--interruptions-per-hour", "0.01")


def test_node_groups(tmp_path: Path) -> None:
    file, found = tmp_path / "group.csv", tmp_path / "g.json"
    file.write_text("name,cpu,memory_gib,replicas\nweb,1,8,8\n")
    said = done("--group", str(file), "--families", "m5,r5", "--json", str(found))
    assert "Too small for the largest container" not in said
    assert "However they are packed, no other type could be cheaper than r5.large." in said
    groups = orjson.loads(found.read_bytes())["node_groups"]
    # 8 of 8 GiB: 2 on an r5.large (16 GiB, 2 vCPU, 0.126 USD an hour), so 4 nodes
    assert groups[0] == {
        "type": "r5.large", "nodes": 4, "bound": 4, "gap": 0.0, "usd_hour": pytest.approx(0.504),
        "bound_usd_hour": pytest.approx(0.504), "unfit": 0,
    }  # fmt: skip
    assert all(group["bound"] <= group["nodes"] for group in groups)


def test_needs_are_the_quantiles_of_the_forecast(tmp_path: Path) -> None:
    file = written(tmp_path / "t.csv.gz", [SERIES])
    needs = forecast_needs(file, "web", str(ORIGIN * BUCKET_S), 1.0, 1 / GIB, "p95")
    assert needs.amounts.shape == (48, 2)
    assert needs.start_s == ORIGIN * BUCKET_S
    # four hours ahead is the end of the eighth slot, and a lead that `trimtab explain` shows too
    for resource in (0, 1):
        explained = moment(bucketed(SERIES, np.ones(2)), resource, ORIGIN, 48).quantiles[95]
        assert needs.amounts[7, resource] == pytest.approx(explained, rel=1e-6)


def test_from_a_trace(tmp_path: Path) -> None:
    file = written(tmp_path / "t.csv.gz", [SERIES])
    service = ("--trace", str(file), "--series", "web", "--from", "m5.large", "--types", "r4.xlarge")
    # memory of 2e8 with units of 1e-7 GiB is about 20 GiB, which only r4.xlarge has
    said = done(*service, "--at", str(ORIGIN * BUCKET_S), "--cpu-cores-per-unit", "1", "--memory-gib-per-unit", "1e-8")
    assert "Needs: p95 of web, forecast from day" in said
    assert "m5.large, the cheapest that fits always, costs 2.304: the plan saves 0.0 %" in said
    assert "nothing was forecast for cpu of web: there was no sample within the hour before" in str(
        called(*service, "--at", str((ORIGIN + 900) * BUCKET_S)).exception
    )
    assert "nothing of the series web is known by then" in str(called(*service, "--at", "0").exception)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "Give one of --needs, --trace and --example"),
        (("--example", "--needs", "x.csv"), "Give one of --needs, --trace and --example"),
        (("--needs", "x.csv", "--types", "m5.large"), "--from: say which type serves now"),
        (("--needs", "x.csv", "--from", "m5.large"), "Give candidates with --types or --families"),
        (("--needs", "/none/x.csv", "--from", "m5.large", "--types", "c5.large"), "x.csv cannot be read"),
        (("--trace", "x.csv", "--from", "m5.large", "--types", "c5.large"), "--trace needs --series and --at"),
        (
            ("--example", "--types", "c5.large"),
            "the slot at 00:30 needs 1.6 cores and 14 GiB, and no candidate has both",
        ),
        (("--example", "--moves", "0"), "what fits cannot be there with 0 moves at most"),
        (("--example", "--moves", "1"), "1 moves at most do not lead back to m5.large at the end: try --no-return"),
        (("--example", "--arrival", "1h"), "m5.large is too small, and nothing else arrives within 60 minutes"),
        (("--example", "--json", "/none/x.json"), "There is no directory /none"),
    ],
)
def test_errors(arguments: tuple[str, ...], says: str) -> None:
    error = called(*arguments).exception
    assert isinstance(error, UserError), error
    assert says in str(error)
