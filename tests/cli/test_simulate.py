from __future__ import annotations

import csv
import gzip
import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from engine.cli.simulate import simulate
from engine.errors import UserError
from engine.traces import read_trace


@pytest.fixture(scope="module")
def trace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("trace") / "usage.csv"
    rng = np.random.default_rng(1)
    with path.open("w") as file:
        file.write("series_id,timestamp_s,cpu,mem\n")
        for name in ("a", "b,c"):
            for bucket in range(1, 500):
                quoted = f'"{name}"' if "," in name else name
                file.write(f"{quoted},{300 * bucket},{rng.lognormal():.4f},{'' if name == 'a' else 5.5}\n")
    return path


def test_everything_is_written(trace: Path, tmp_path: Path) -> None:
    targets, scores, plots = tmp_path / "t.csv.gz", tmp_path / "s.json", tmp_path / "plots"
    arguments = ["--trace", str(trace), "--targets", str(targets), "--json", str(scores), "--plots", str(plots)]
    got = CliRunner().invoke(simulate, [*arguments, "--risk", "3%", "--compare", "krr", "--compare", "hindsight"])
    assert got.exit_code == 0, got.output
    assert "trimtab" in got.stdout
    assert "KRR, 7 days" in got.stdout
    with gzip.open(targets, "rt") as file:
        rows = list(csv.DictReader(file))
    assert {row["series_id"] for row in rows} == {"a", "b,c"}
    assert all(row["mem_target"] == "" for row in rows if row["series_id"] == "a")
    for one in read_trace(trace):
        times = [float(row["timestamp_s"]) for row in rows if row["series_id"] == one.name]
        assert times == sorted(times)
        assert not set(times) & set(one.time_s.tolist())  # a change is never dated at the sample that it rests on
    found = json.loads(scores.read_text())
    assert found["settings"]["risk"] == [0.03, 0.0005]
    assert {row["sizes"] for row in found["summary"]} == {
        "trimtab",
        "KRR, 7 days",
        "KRR, 14 days",
        "one size, hindsight",
    }
    assert found["series"][0]["trimtab"]["mem"] is None
    assert found["series"][1]["trimtab"]["mem"]["above"] == 0
    assert found["monthly_usd"]["trimtab"] > 0
    assert len(list(plots.glob("*.html"))) == 3
    assert "http" not in (plots / "index.html").read_text()


@pytest.mark.parametrize("risk", ["much", "0", "60%", "-1%"])
def test_a_risk_is_a_share(trace: Path, risk: str) -> None:
    with pytest.raises(UserError, match=r"--risk: expected a share of samples such as 0.5% or 0.005"):
        CliRunner().invoke(simulate, ["--trace", str(trace), "--risk", risk], catch_exceptions=False)


def test_no_recorded_targets(trace: Path) -> None:
    with pytest.raises(UserError, match=r"there is no vpa\*_targets.csv.gz beside"):
        CliRunner().invoke(simulate, ["--trace", str(trace), "--compare", "vpa"], catch_exceptions=False)
