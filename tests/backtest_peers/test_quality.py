"""The quality benchmark: what is scored, what is kept, and the command on a trace of a few days."""

import gzip
import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from benchmarks.quality.__main__ import main
from benchmarks.quality.cases import DAY, Case, Source
from benchmarks.quality.compute import past
from benchmarks.quality.scoring import Record, over_series, records
from benchmarks.quality.store import Kept, _without_words, load, save
from engine.backtest.model import PeerForecast, Series, points


def case(days: float, name: str = "s") -> Case:
    return Case("source", Series(name, "cpu", DAY + 1, np.ones(int(days * DAY))))


@pytest.mark.parametrize(("days", "first_scored"), [(10, 3), (9, 2), (4, 2), (30, 23)])
def test_targets_of_the_last_week_but_never_of_the_first_two_days(days: int, first_scored: int) -> None:
    one = case(days)
    leads = np.array([24, 48])
    target = one.scored_origins[:, None] + leads - one.series.first
    assert (target.max(axis=1) >= first_scored * DAY).all()
    assert target[0, 1] < first_scored * DAY + 12
    assert (one.scored_origins % 12 == 0).all()
    assert (target[:, 0] < days * DAY).all()


@pytest.mark.parametrize("days", [3, 5, 9, 16, 40])
def test_offline_training_ends_before_the_first_scored_origin_or_stays_silent(days: int) -> None:
    one = case(days)
    training_end = one.series.first + len(past(one).mean) - 1
    assert training_end < one.cut - 47
    if days >= 14:
        assert training_end <= one.scored_origins[0]


def said(one: Case, value: float) -> Kept:
    return Kept(one.origins, points(np.full((len(one.origins), 2), value), 1e-6 * 2 * len(one.origins)))


def test_scores_and_the_ratio_worked_by_hand() -> None:
    """All actuals are 1: saying 1.1 has WAPE .1, saying .8 has .2, and trimtab's ratio is one half."""
    one = case(10)
    name = one.series.series_id
    found = {("trimtab", "source", name, "cpu"): said(one, 1.1), ("last", "source", name, "cpu"): said(one, 0.8)}
    made = {(r.model, r.lead_h): r for r in records([one], ["trimtab", "last"], found)}
    assert made["trimtab", 4].wape == pytest.approx(0.1)
    assert made["last", 4].wape == pytest.approx(0.2)
    assert made["last", 4].ratio == pytest.approx(0.5)
    assert made["last", 2].cpu_us == pytest.approx(1.0)
    assert made["last", 4].n == made["last", 4].targets == 7 * 24


def test_a_model_that_is_silent_is_compared_on_what_it_said() -> None:
    one = case(10)
    half = said(one, 0.8)
    half.said.p50[one.origins < one.origins[-1] - 3 * DAY] = np.nan
    keys = {("trimtab", "source", "s", "cpu"): said(one, 0.9), ("last", "source", "s", "cpu"): half}
    record = next(r for r in records([one], ["last"], keys) if r.lead_h == 4)
    assert 0 < record.n < record.targets
    assert record.ratio == pytest.approx(0.5)
    summary = over_series([record])
    assert summary is not None
    assert summary["said"] == pytest.approx(record.n / record.targets)


def test_pooled_coverage_weighs_forecasts_and_medians_weigh_series() -> None:
    def record(n: int, wape: float, covered: float) -> Record:
        return Record("m", "s", "x", "cpu", 4, True, n, n, wape, None, covered, covered, 1.0, None)

    found = over_series([record(100, 0.1, 0.9), record(300, 0.4, 1.0), record(100, 0.2, 0.9)])
    assert found is not None
    assert found["coverage_95"] == pytest.approx(0.96)
    assert found["median"] == pytest.approx(0.2)


def test_the_sample_is_the_first_by_name_with_anything_to_score() -> None:
    cases = tuple(case(days, name) for name, days in (("d", 9), ("b", 9), ("a", 1), ("c", 9)))
    chosen = Source("source", (), cases).sample("cpu", 2)
    assert [one.series.series_id for one in chosen] == ["b", "c"]


def test_what_is_kept_comes_back_and_a_half_written_file_is_not_seen(tmp_path: Path) -> None:
    one = case(5)
    path = tmp_path / "quality" / "x.npz"
    assert load(path) is None
    save(path, said(one, 0.3))
    kept = load(path)
    assert kept is not None
    np.testing.assert_array_equal(kept.said.p50, said(one, 0.3).said.p50)
    assert isinstance(kept.said, PeerForecast)
    assert [file.name for file in path.parent.iterdir()] == ["x.npz"]


def test_words_change_no_version_but_code_does() -> None:
    told = 'def f(x):\n    """Says."""\n    return x + 1  # why\n'
    assert _without_words(told) == _without_words("def f(x):\n    return x + 1\n")
    assert _without_words(told) != _without_words("def f(x):\n    return x + 2\n")


def write_trace(folder: Path) -> None:
    random = np.random.default_rng(1)
    (folder / "tiny").mkdir()
    with gzip.open(folder / "tiny" / "public.csv.gz", "wt") as file:
        file.write("series_id,timestamp_s,cpu,mem\n")
        for name in ("one", "two"):
            for bucket in range(4 * DAY):
                cpu = 2 + np.sin(2 * np.pi * bucket / DAY) + random.normal(0, 0.05)
                file.write(f"{name},{bucket * 300},{cpu:.5f},\n")


def test_the_command_prints_tables_and_takes_what_it_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_trace(tmp_path)
    monkeypatch.setenv("TRIMTAB_CACHE", str(tmp_path / "cache"))
    out = tmp_path / "out.json"
    models = "last,yesterday,holt-winters,trimtab"
    command = ["--traces", str(tmp_path), "--models", models, "--json", str(out), "--markdown", str(tmp_path / "o.md")]
    first = CliRunner().invoke(main, command, catch_exceptions=False)
    assert first.exit_code == 0, first.output
    stamps = {path: path.stat().st_mtime_ns for path in (tmp_path / "cache").rglob("*.npz")}
    assert len(stamps) == 4 * 2
    again = CliRunner().invoke(main, command, catch_exceptions=False)
    assert again.output == first.output
    assert {path: path.stat().st_mtime_ns for path in stamps} == stamps
    found = json.loads(out.read_text())
    wape = {(r["model"], r["lead_h"], r["series_id"]): r["wape"] for r in found["records"]}
    assert wape["yesterday", 4, "one"] < 0.5 * wape["last", 4, "one"]
    assert "| tiny | 2 |" in (tmp_path / "o.md").read_text()


def test_wrong_names_are_told_in_a_sentence(tmp_path: Path) -> None:
    write_trace(tmp_path)
    for wrong, expected in (
        (["--models", "oracle"], "--models oracle: expected some of"),
        (["--models", "last", "--sources", "mars"], "--sources mars: expected some of tiny"),
        (["--models", "last", "--traces", str(tmp_path / "no")], "There is no directory"),
    ):
        told = CliRunner().invoke(main, ["--traces", str(tmp_path), *wrong])
        assert told.exit_code == 2
        assert expected in told.output
        assert "Traceback" not in told.output
