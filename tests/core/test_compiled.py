"""Compiled functions: their cache is used and never stale, each has one set of types, processors do not matter."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np

from engine.core.forecast.robust import mean

CONSTANTS = "FACTOR = {factor}\n"
INNER = """
from engine.core.compiled import compiled
from constants import FACTOR

@compiled
def inner(x):
    return x * FACTOR
"""
OUTER = """
from engine.core.compiled import compiled
import inner

@compiled
def outer(x):
    return inner.inner(x) + 1

print(outer(1), sum(outer.stats.cache_hits.values()))
"""
EVERYTHING = """
import sys, zlib
import numpy as np
from numba.core.registry import CPUDispatcher
from engine.core.forecast import ForecastRows, forecast_at, observe
from engine.core.nowcast import NowcastRows, end_window, learn_price, note, requests, see
from engine.core.warm_up import warm_up

def signatures():
    modules = [module for name, module in sys.modules.items() if name.startswith("engine.")]
    functions = {f for module in modules for f in vars(module).values() if isinstance(f, CPUDispatcher)}
    return {f.__qualname__: len(f.signatures) for f in functions}

warm_up()
warm, state = signatures(), 0
for rows in (1, 2, 7):
    table, usage = ForecastRows.empty(rows), np.random.default_rng(1).random((15 * 24, rows, 2))
    usage[::3, 0] = np.nan
    for hour, values in enumerate(usage):
        observe(table, 12 * (hour + 1), values, values)
    forecast_at(table, 12 * len(usage), (3, 7))
    state = zlib.crc32(b"".join(array.tobytes() for array in table.arrays().values()), state)
    near, index = NowcastRows.empty(rows), np.arange(rows)
    for window, values in enumerate(usage):
        note(near, index, values)
        sight = see(near, end_window(near, window, index), values, values, 300.0)
        wanted = requests(near, sight, np.full(len(sight.row), 0.02), np.full(len(sight.row), np.nan))
        learn_price(near, index, values < 0.05, np.full((rows, 2), 0.02), 300.0)
    state = zlib.crc32(b"".join(array.tobytes() for array in [*near.arrays().values(), wanted.astype("f4")]), state)
print(max(warm.values()), signatures() == warm, state)
"""


def ran(directory: Path, *arguments: str, **variables: str) -> list[str]:
    """Words that a Python process printed which keeps its cache in this directory."""
    variables |= {"NUMBA_CACHE_DIR": str(directory / "cache"), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, *arguments]
    done = subprocess.run(command, env=os.environ | variables, check=True, capture_output=True, text=True, timeout=200)
    return done.stdout.split()


def test_what_is_compiled_is_kept_until_anything_in_it_changes(tmp_path: Path) -> None:
    for name, text in {"constants": CONSTANTS.format(factor=2), "inner": INNER, "outer": OUTER}.items():
        (tmp_path / f"{name}.py").write_text(text)
    outer = str(tmp_path / "outer.py")
    assert ran(tmp_path, outer) == ["3", "0"]
    assert ran(tmp_path, outer) == ["3", "1"]
    (tmp_path / "constants.py").write_text(CONSTANTS.format(factor=5))
    assert ran(tmp_path, outer) == ["6", "0"]
    assert ran(tmp_path, outer) == ["6", "1"]


def test_warming_up_compiles_all_and_each_function_once_and_any_processor_gives_the_same(tmp_path: Path) -> None:
    most, nothing_more, state = ran(tmp_path, "-c", EVERYTHING)
    assert (most, nothing_more) == ("1", "True")
    generic = {"NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": ""}  # without wide registers and fused operations
    assert ran(tmp_path, "-c", EVERYTHING, **generic) == ["1", "True", state]


def test_a_compiled_function_can_be_sent_to_another_process() -> None:
    assert pickle.loads(pickle.dumps(mean))(np.array([1, 3], np.float32)) == 2
