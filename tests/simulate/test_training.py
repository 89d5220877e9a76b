"""The training of the nowcast's networks: what they are shown, and that the gradient is one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.sizing.nowcast.collect import Examples, examples, windows
from benchmarks.sizing.nowcast.network import gradient, loss_of, quantiles, random
from benchmarks.sizing.nowcast.prior import rounded, write
from benchmarks.sizing.nowcast.train import train
from engine.core.nowcast.features import FEATURES
from engine.core.nowcast.network import LEVELS, Weights
from engine.core.nowcast.prior import unpack
from engine.core.nowcast.ratio import PAD
from engine.simulate.replay import scale_of
from engine.traces import Series


def made(seed: int, count: int = 400) -> Examples:
    rng = np.random.default_rng(seed)
    seen = rng.normal(size=(count, FEATURES)).astype(np.float32)
    return Examples("made", seen, (0.5 * seen[:, 0] + rng.normal(0, 0.3, count)).astype(np.float32))


def test_the_gradient_is_that_of_the_loss() -> None:
    some, rng = made(1, 50), np.random.default_rng(2)
    weights = Weights(*(array.astype(np.float64) for array in random(4, rng)))
    ones = np.ones(50, np.float32)
    _, slopes = gradient(weights, some.seen, some.target, ones, 0.0, rng)
    for part in range(len(weights)):
        moved = [array.copy() for array in weights]
        at = np.unravel_index(int(np.abs(slopes[part]).argmax()), slopes[part].shape)
        step = 1e-4
        moved[part][at] += step
        higher = gradient(Weights(*moved), some.seen, some.target, ones, 0.0, rng)[0]
        moved[part][at] -= 2 * step
        lower = gradient(Weights(*moved), some.seen, some.target, ones, 0.0, rng)[0]
        assert slopes[part][at] == pytest.approx((higher - lower) / (2 * step), rel=0.05, abs=1e-4)


def test_training_finds_what_there_is_to_find() -> None:
    network = train([made(3, 4000)], units=8, steps=400, dropped=0.0, seed=1, advance=lambda: None)
    found = quantiles(network, made(4).seen)
    assert loss_of(network, [made(4)]) < 0.6 * loss_of(random(8, np.random.default_rng(1)), [made(4)])
    covered = (made(4).target[:, None] <= found).mean(axis=0)
    assert covered == pytest.approx(np.array(LEVELS), abs=0.12)


def test_targets_are_the_highest_until_the_next_change(tmp_path: Path) -> None:
    time_s = 300.0 * np.arange(1, 12 * 288 + 1, dtype=np.float64)
    value = np.stack([np.random.default_rng(5).uniform(1, 2, len(time_s)), np.full(len(time_s), np.nan)], axis=1)
    name = next(f"s{k}" for k in range(20) if len(examples("x", [Series(f"s{k}", time_s[:60], value[:60])], 0)[0].seen))
    series = Series(name, time_s, value)
    five, thirty = examples("x", [series], 0)
    assert len(five.target) == 9 * 288 - 2, "but for three days at the end and two windows at the beginning"
    assert len(thirty.target) == pytest.approx(len(five.target) / 6, abs=1)
    used = value[:, 0] * scale_of(series)[0]
    level = used[:3].mean()  # when the third window has ended
    assert five.target[0] == pytest.approx(np.log((used[3] + PAD * level) / ((1 + PAD) * level)), abs=1e-3)


def test_windows_hold_their_end_but_not_their_begin() -> None:
    value = np.array([[amount, np.nan] for amount in (1.0, 5.0, 2.0, 3.0, 4.0)])
    series = Series("s", np.array([300.0, 301.0, 450.0, 600.0, 1200.0]), value)
    found = windows(series, 0)
    assert found is not None
    scale = scale_of(series)[0]
    assert found.first == 1
    assert found.high / scale == pytest.approx(np.array([1, 5, np.nan, 4]), nan_ok=True)
    assert found.count.tolist()[:2] == [1, 3]
    assert windows(series, 1) is None


def test_a_network_is_read_as_it_was_written(tmp_path: Path) -> None:
    network = rounded(random(8, np.random.default_rng(6)))
    write(network, tmp_path, 0, 300.0)
    scope: dict[str, object] = {}
    exec((tmp_path / "cpu_5_minutes.py").read_text(), scope)
    read = unpack(str(scope["WEIGHTS"]), 8)
    for one, other in zip(network, read, strict=True):
        assert (one == other).all()
