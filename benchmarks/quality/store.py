"""Forecasts that were made once: kept in the user's cache by what they depend on, so that a run can be resumed."""

from __future__ import annotations

import ast
import hashlib
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Final

import numpy as np

import engine
from benchmarks.quality.cases import Case
from engine.backtest.model import Buckets, PeerForecast
from engine.broker.cache import cache_folder
from engine.errors import UserError

ENGINE: Final = Path(engine.__file__).parent
PEER_PARTS: Final = ("steps.py", "refit.py")
CODE: Final = {
    "trimtab": (
        "core/forecast",
        "core/window.py",
        "core/rows.py",
        "core/compiled.py",
        "backtest/asking.py",
        "backtest/buckets.py",
        "backtest/scales.py",
        "backtest/online.py",
        "backtest/slot_cost.py",
    ),
    "auto-ets": ("statsforecast_models.py", *PEER_PARTS),
    "mstl": ("statsforecast_models.py", *PEER_PARTS),
    "auto-theta": ("statsforecast_models.py", *PEER_PARTS),
    "holt-winters": ("river_models.py", *PEER_PARTS),
    "snarimax": ("river_models.py", *PEER_PARTS),
    "prophet": ("prophet_model.py", *PEER_PARTS),
    "lightgbm": ("lightgbm_model.py", "lightgbm_features.py", *PEER_PARTS),
}
"""The code that decides what a model says, below `engine` or `engine/backtest/peers`; else the naive rules."""
PACKAGE: Final = {
    "auto-ets": "statsforecast", "mstl": "statsforecast", "auto-theta": "statsforecast", "holt-winters": "river",
    "snarimax": "river", "prophet": "prophet", "lightgbm": "lightgbm",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Kept:
    """What a model said of a case at `origins`, and the CPU seconds that it took.

    `slot_us`: CPU µs of a forecast of trimtab where rows share the work with a slot; NaN for other models.
    """

    origins: Buckets
    said: PeerForecast
    slot_us: float = np.nan


def package_version(model: str) -> str:
    """Such as `river 0.26.1`; empty for our own code. Raises UserError where it is not installed."""
    name = PACKAGE.get(model)
    if name is None:
        return ""
    try:
        return f"{name} {metadata.version(name)}"
    except metadata.PackageNotFoundError:
        raise UserError(f"--models {model} needs {name}: pip install 'trimtab[peers]'.") from None


@cache
def code_version(model: str) -> str:
    """A digest of the model's code and of its package's version, the same on any machine with the same Python."""
    digest = hashlib.sha256(package_version(model).encode())
    parts = CODE.get(model, ("backtest/naive.py",))
    for part in parts:
        path = ENGINE / "backtest/peers" / part if model in PACKAGE else ENGINE / part
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            digest.update(_without_words(file.read_text()).encode())
    return digest.hexdigest()


def _without_words(code: str) -> str:
    """What runs of it: other comments or docstrings change no forecast."""
    tree = ast.parse(code)
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)) and ast.get_docstring(node) is not None:
            node.body = node.body[1:]
    return ast.dump(tree)


def place(model: str, case: Case, context: str) -> Path:
    """`context`: what else it depends on, such as the series that it was trained on."""
    key = hashlib.sha256(f"{code_version(model)} {case.digest} {context}".encode()).hexdigest()
    return cache_folder() / "quality" / model / f"{case.source}-{case.series.resource}-{key[:32]}.npz"


def load(path: Path) -> Kept | None:
    if not path.is_file():
        return None
    with np.load(path) as kept:
        said = PeerForecast(kept["p05"], kept["p50"], kept["p95"], kept["mean"], float(kept["cpu_seconds"]))
        return Kept(kept["origins"], said, float(kept["slot_us"]) if "slot_us" in kept else np.nan)


def save(path: Path, kept: Kept) -> None:
    """Atomic: a run that is stopped leaves no half file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_suffix(".part")
    said = kept.said
    with scratch.open("wb") as file:
        np.savez_compressed(
            file, origins=kept.origins, p05=said.p05, p50=said.p50, p95=said.p95, mean=said.mean,
            cpu_seconds=said.cpu_seconds, slot_us=kept.slot_us,
        )  # fmt: skip
    scratch.replace(path)
