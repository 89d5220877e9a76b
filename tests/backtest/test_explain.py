"""An explanation is of the very forecast that the backtest makes, and knows nothing of what came after."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from engine.backtest.buckets import bucketed
from engine.backtest.moment import FAN, bucket_at, moment
from engine.backtest.run import run
from engine.cli.explain import explain
from engine.errors import UserError
from engine.units import BUCKET_S
from tests.backtest.test_command import written
from tests.backtest.traces import PLAN, cut, trace

(SERIES,) = trace(23, ["web"], days=2.5, step_s=300.0)
ORIGIN = int(SERIES.time_s[-1] // BUCKET_S) // 12 * 12 - 60


@pytest.mark.parametrize("resource", [0, 1])
def test_it_explains_the_forecast_of_the_backtest(resource: int) -> None:
    found = moment(bucketed(SERIES), resource, ORIGIN, 24)
    online = run([bucketed(SERIES)], PLAN)[resource].online
    (row,) = np.flatnonzero(online.origins == ORIGIN)
    said = online.forecast
    assert found.quantiles[5] == said.p05[row, 1]
    assert found.quantiles[50] == said.p50[row, 1]
    assert found.quantiles[95] == said.p95[row, 1]
    assert found.fan[FAN.index(24)].tolist() == [said.p05[row, 1], said.p50[row, 1], said.p95[row, 1]]
    assert found.came == found.series.mean[ORIGIN + 24 - found.series.first]


def test_experts_surround_the_median_with_weights_of_one() -> None:
    found = moment(bucketed(SERIES), 0, ORIGIN, 48)
    speaking = [expert for expert in found.experts if expert.said is not None]
    assert sum(expert.weight for expert in speaking) == pytest.approx(1.0)
    assert [e.weight for e in speaking] == sorted((e.weight for e in speaking), reverse=True)
    assert min(e.said or 0.0 for e in speaking) <= found.quantiles[50] <= max(e.said or 0.0 for e in speaking)
    ordered = [found.quantiles[level] for level in (5, 50, 90, 95, 99)]
    assert ordered == sorted(ordered)


def test_what_comes_later_changes_nothing() -> None:
    early = cut(SERIES, ORIGIN * BUCKET_S)
    one, other = moment(bucketed(SERIES), 0, ORIGIN, 48), moment(bucketed(early), 0, ORIGIN, 48)
    assert (one.quantiles, one.experts, one.shift) == (other.quantiles, other.experts, other.shift)
    assert not np.isnan(one.came)
    assert np.isnan(other.came)


def test_too_young_says_why() -> None:
    found = moment(bucketed(SERIES), 0, int(SERIES.time_s[0] // BUCKET_S) + 2, 48)
    assert (found.why_not, found.experts) == ("fewer than 3 buckets of 5 minutes had been seen", [])


def test_times() -> None:
    assert bucket_at("1200") == bucket_at("1499.5") == 4
    assert bucket_at("2022-07-01T12:02") == bucket_at("2022-07-01T14:02+02:00") == 1_656_676_800 // 300
    for text in ("noon", "nan", ""):
        with pytest.raises(UserError, match="--at: expected seconds or a date"):
            bucket_at(text)


def called(tmp_path: Path, *arguments: str) -> Result:
    file = written(tmp_path / "t.csv.gz", [SERIES])
    return CliRunner().invoke(explain, ["--trace", str(file), *arguments], terminal_width=80)


def test_the_command(tmp_path: Path) -> None:
    page = tmp_path / "why.html"
    at = str(ORIGIN * BUCKET_S)
    result = called(tmp_path, "--series", "web", "--at", at, "--resource", "mem", "--lead", "2h", "--plot", str(page))
    assert result.exception is None, result.exception
    assert f"({at} s) to day" in result.stdout
    assert "2 h ahead" in result.stdout
    assert "weight" in result.stdout
    assert "experts, by weight" in page.read_text()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--series", "wob", "--at", "0"), "has no series 'wob'; try web."),
        (("--series", "web", "--at", "0"), "--at: the series web has cpu from"),
        (("--series", "web", "--at", "9e9"), "--at: the series web has cpu from"),
        (("--series", "web", "--at", "0", "--lead", "3d"), "--lead: expected at most 24 hours"),
    ],
)
def test_errors(tmp_path: Path, arguments: tuple[str, ...], says: str) -> None:
    error = called(tmp_path, *arguments).exception
    assert isinstance(error, UserError), error
    assert says in str(error)
