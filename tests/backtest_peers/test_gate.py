"""The network that is trained is the engine's, and its gradient is right."""

from __future__ import annotations

import runpy
from pathlib import Path

import numpy as np
import pytest

from benchmarks.quality.gate.collect import Examples
from benchmarks.quality.gate.network import Network, forecast, gradient
from benchmarks.quality.gate.prior import write
from benchmarks.quality.gate.train import batch_of, forecasts, pool, train
from engine.core.forecast import LEADS, gate_prior
from engine.core.forecast.mixture import combine
from tests.core.forecast.test_mixture import E, heard


def example(seed: int, rows: int = 40) -> Examples:
    said, rng = heard(seed, rows), np.random.default_rng(seed)
    said.predictions[:, :, 0] = 1
    actual = rng.lognormal(0, 1, said.error.shape)
    scored = np.ones(actual.shape, np.bool_)
    return Examples("made-up", str(seed), 0, True, said, actual, scored, np.full(rows, 1 / rows))


def test_the_engine_forecasts_what_was_trained() -> None:
    shipped = Network(
        gate_prior.FEATURE, gate_prior.CONTEXT, gate_prior.EMBEDDING, gate_prior.OUT, gate_prior.EXPERT,
        np.array([gate_prior.RECORD]),
    )  # fmt: skip
    one = example(1)
    assert forecasts(shipped, one) == pytest.approx(combine(one.heard)[0], rel=2e-3)


def test_the_gradient_is_that_of_the_loss() -> None:
    network = Network.random(E, 5, 5, 4, seed=2)
    batch = batch_of(pool([example(2)]), np.arange(40 * len(LEADS)))
    _, slopes = gradient(network, batch)
    rng, step = np.random.default_rng(3), 1e-6
    for place, slope in enumerate(slopes):
        direction, losses = rng.standard_normal(slope.shape), []
        for side in (step, -step):
            moved = [array.copy() for array in network.arrays()]
            moved[place] += side * direction
            losses.append(np.abs((forecast(Network(*moved), batch) - batch.actual) / batch.scale).mean())
        assert (losses[0] - losses[1]) / (2 * step) == pytest.approx((slope * direction).sum(), rel=1e-3, abs=1e-7)


def test_training_finds_who_is_right() -> None:
    one = example(4, rows=300)
    one.actual[:] = one.heard.predictions[:, :, 3]  # where that expert abstains nothing is known
    before = np.nanmean(np.abs(combine(one.heard)[0] - one.actual))
    network = train(pool([one]), hidden=4, steps=300, seed=0)
    assert np.nanmean(np.abs(forecasts(network, one) - one.actual)) < before / 2


def test_what_is_written_can_be_read(tmp_path: Path) -> None:
    network = Network.random(E, 5, 5, 4, seed=5)
    path = tmp_path / "gate_prior.py"
    write(network, path)
    found = runpy.run_path(str(path))
    for name, array in zip(("FEATURE", "CONTEXT", "EMBEDDING", "OUT", "EXPERT"), network.arrays(), strict=False):
        assert found[name] == pytest.approx(array, abs=6e-4)
