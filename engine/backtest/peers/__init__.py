"""Forecasters of other people, to be measured beside ours: each by its name, imported when it is asked for.

Their libraries come with `pip install 'trimtab[peers]'`.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from functools import partial

from engine.backtest.model import Peer

MODULES = {
    "auto-ets": "statsforecast_models",
    "mstl": "statsforecast_models",
    "auto-theta": "statsforecast_models",
    "holt-winters": "river_models",
    "snarimax": "river_models",
    "prophet": "prophet_model",
    "lightgbm": "lightgbm_model",
}


def _make(name: str) -> Peer:
    """Raises ImportError where the peer's library is not installed."""
    module = importlib.import_module(f"{__name__}.{MODULES[name]}")
    peer: Peer = module.MAKERS[name]()
    return peer


PEERS: dict[str, Callable[[], Peer]] = {name: partial(_make, name) for name in MODULES}
