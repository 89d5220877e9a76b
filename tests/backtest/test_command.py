"""The command, from a file to files."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path

import numpy as np
import orjson
import pytest
from click.testing import CliRunner, Result

from engine.cli.backtest import backtest
from engine.errors import UserError
from engine.traces import Series
from tests.backtest.traces import trace

HEADER = "series_id,timestamp_s,cpu,mem\n"
DATA = trace(11, ["web,1", "<b>/x"], days=1.5, step_s=300.0)


def written(path: Path, series: list[Series]) -> Path:
    with gzip.open(path, "wt", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(HEADER.strip().split(","))
        for one in series:
            for time_s, value in zip(one.time_s, one.value, strict=True):
                rows.writerow([one.name, f"{time_s:g}", *("" if np.isnan(v) else repr(float(v)) for v in value)])
    return path


def called(*arguments: str) -> Result:
    return CliRunner().invoke(backtest, arguments, terminal_width=80)


def done(*arguments: str) -> str:
    result = called(*arguments)
    assert result.exception is None, result.exception
    assert result.exit_code == 0
    return result.stdout


def refusal(*arguments: str) -> str:
    error = called(*arguments).exception
    assert isinstance(error, UserError), error
    assert "\n" not in str(error)
    return str(error)


def test_files_and_table(tmp_path: Path) -> None:
    file = written(tmp_path / "t.csv.gz", DATA)
    out, found, plots = tmp_path / "out.csv.gz", tmp_path / "out.json", tmp_path / "plots"
    said = done(
        *("--trace", str(file), "--leads", "15m,4h", "--forecasts", str(out), "--json", str(found)),
        *("--plots", str(plots), "--score-last", "12h", "--score-skip", "6h"),
    )
    assert "trimtab" in said
    assert "last+mean-7-days" in said
    with gzip.open(out, "rt") as packed:
        rows = list(csv.DictReader(packed))
    assert list(rows[0]) == ["series_id", "resource", "origin_s", "target_s", "p50", "p95", "mean", "p05"]
    assert {(row["series_id"], row["resource"]) for row in rows} == {(s.name, r) for s in DATA for r in ("cpu", "mem")}
    assert {int(row["target_s"]) - int(row["origin_s"]) for row in rows} == {900, 14_400}
    assert all(int(row["origin_s"]) % 3600 == 0 for row in rows)
    assert all(0 <= float(row["p05"]) <= float(row["p50"]) <= float(row["p95"]) for row in rows)
    results = orjson.loads(found.read_bytes())
    assert (results["leads_s"], results["score_last_s"]) == ([900, 14_400], 43_200)
    mine = [r for r in results["series"] if r["model"] == "trimtab"]
    assert len(mine) == 2 * 2 * 2
    assert all(0 < r["scored"]["n"] < r["all"]["n"] and set(r["coverage"]) >= {"young", "night"} for r in mine)
    assert all(r["no_forecast"]["origins"] == r["no_forecast"]["young"] + r["no_forecast"]["silent"] for r in mine)
    forecasts = {m["model"]: m["forecasts"] for m in results["cost"]}
    assert forecasts["trimtab"] == len(rows)
    (row,) = [r for r in results["summary"] if (r["resource"], r["lead_s"], r["model"]) == ("cpu", 900, "last")]
    assert row["scored"]["mase"] == {"median": 1.0, "mean": 1.0}
    pages = sorted(page.name for page in plots.iterdir())
    assert pages == ["001-web-1.html", "002-b-x.html", "index.html", "plotly.min.js"]
    assert "&lt;b&gt;/x" in (plots / "index.html").read_text()
    assert "<b>/x" not in (plots / "002-b-x.html").read_text()


def test_the_same_run_writes_the_same_bytes(tmp_path: Path) -> None:
    file = written(tmp_path / "t.csv.gz", DATA[:1])
    for name in ("one.csv.gz", "two.csv.gz"):
        done("--trace", str(file), "--every", "2h", "--forecasts", str(tmp_path / name))
    assert (tmp_path / "one.csv.gz").read_bytes() == (tmp_path / "two.csv.gz").read_bytes()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "line 1: expected the header"),
        (HEADER, "holds no rows"),
        (HEADER + "a,600,1,1\na,300,1,1\n", "line 3: series a is not sorted by time"),
        (HEADER + "a,600,1,1\na,600,1,1\n", "line 3: series a has two rows of time 600"),
        (HEADER + "a,600,one,1\n", "line 2: expected a number in cpu, got 'one'"),
        (HEADER + "a,600,,\n", "has no value in any row"),
    ],
)
def test_bad_files(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "bad.csv"
    file.write_text(text)
    assert says in refusal("--trace", str(file))


def test_bad_options(tmp_path: Path) -> None:
    file = str(written(tmp_path / "t.csv.gz", DATA[:1]))
    assert "--model nonsense: expected one of auto-ets" in refusal("--trace", file, "--model", "nonsense")
    assert "--leads: expected a multiple of 5 minutes" in refusal("--trace", file, "--leads", "7m")
    assert "There is no directory" in refusal("--trace", file, "--json", str(tmp_path / "none" / "x.json"))
    assert "cannot be written" in refusal("--trace", file, "--every", "6h", "--forecasts", str(tmp_path))


def test_a_series_of_one_row(tmp_path: Path) -> None:
    file = tmp_path / "one.csv"
    file.write_text(HEADER + "a,600,1,\n")
    said = done("--trace", str(file), "--json", str(tmp_path / "o.json"), "--plots", str(tmp_path / "plots"))
    assert "Of all targets" in " ".join(said.split())
    results = orjson.loads((tmp_path / "o.json").read_bytes())
    assert [r["no_forecast"] for r in results["series"] if r["model"] == "trimtab"] == [
        {"origins": 1, "young": 1, "silent": 0}
    ] * 2
